"""The service over its private socket: photos, queue, faults."""

from __future__ import annotations

import asyncio
import os
import signal
import threading

import pytest

from fake_engine import cloaked
from fawkes_host.protocol import errors
from fawkes_host.protocol.messages import (
    Ack,
    Cancel,
    Chunk,
    ClientHello,
    Cloak,
    End,
    EngineNews,
    HostHello,
    Progress,
    Result,
    Status,
    StatusRequest,
    Stop,
    encode,
)
from fawkes_host.service import server, settings
from processes import order, until

SLOW = b"steps=20000,step_s=0.02 "
"""Longer than any test waits."""


def test_photo_is_cloaked_by_level_and_policy_with_its_receipt(served):
    client = served.client()
    seen = []
    photo = client.cloak(
        b"steps=5,step_s=0.06 face", "low", "strip", progress=lambda *step: seen.append(step)
    )
    assert photo.data == cloaked(b"steps=5,step_s=0.06 face", "low", "strip")
    assert (photo.status, photo.cached) == ("cloaked", False)
    assert (photo.receipt.level, photo.receipt.policy) == ("low", "strip")
    assert photo.receipt.faces[0].box == (1.0, 2.0, 3.0, 4.0)
    fractions = [fraction for _, fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert ("cloak", 0.8, 1) in seen


@pytest.mark.slow
def test_photo_of_the_largest_size_goes_both_ways(served):
    data = bytes(100 << 20)
    photo = served.client().cloak(data)
    assert photo.data == cloaked(data)


def test_same_photo_comes_from_the_cache_at_every_level_once(served):
    client = served.client()
    data = os.urandom(1000)
    first, again = client.cloak(data, "high"), client.cloak(data, "high")
    assert (first.cached, again.cached) == (False, True)
    assert (again.data, again.receipt) == (first.data, first.receipt)
    assert client.cloak(data, "low").cached is False


def test_cache_knows_for_whom_a_format_was_replaced(served):
    client = served.client()
    data = os.urandom(1000)
    jpeg_alone = ("image/jpeg", "image/png")
    first = client.cloak(data, accept=jpeg_alone)
    assert first.data == cloaked(data, accept=jpeg_alone)
    assert client.cloak(data).cached is False
    assert client.cloak(data, accept=("image/jpeg", "image/heic", "image/avif")).cached is True
    again = client.cloak(data, accept=("image/webp", "image/jpeg"))
    assert (again.cached, again.data) == (True, first.data)


def test_photo_without_a_face_is_never_kept(served):
    client = served.client()
    data = b"fate=no_face " + os.urandom(1000)
    for _ in range(2):
        photo = client.cloak(data)
        assert (photo.data, photo.status, photo.cached) == (data, "no_face", False)
    for path in (served.folder / "cache").rglob("*"):
        assert path.is_dir() or data[13:] not in path.read_bytes()


@pytest.mark.parametrize(
    ("fate", "code"),
    [
        ("damaged", errors.DamagedImage),
        ("memory", errors.OutOfMemory),
        ("bug", errors.InternalError),
    ],
)
def test_error_of_the_engine_reaches_the_client_and_the_next_photo_works(served, fate, code):
    client = served.client()
    with pytest.raises(code):
        client.cloak(b"fate=%s face" % fate.encode())
    assert client.cloak(b"face").data == cloaked(b"face")


def test_running_photo_is_cancelled_and_so_is_a_waiting_one(served):
    link = served.link()
    link.send_photo(SLOW, "running")
    link.expect_running("running")
    link.send_photo(SLOW + b"2", "waiting")
    link.send(Cancel(id="waiting"))
    assert link.error("waiting").code == "cancelled"
    link.send(Cancel(id="running"))
    assert link.error("running").code == "cancelled"
    link.send_photo(b"face")
    assert link.expect(Result, "a").status == "cloaked"


def test_cancelled_upload_takes_no_room(served):
    link = served.link()
    link.send(order(bytes(1000)))
    link.send(Cancel(id="a"))
    assert link.error().code == "cancelled"
    link.send(StatusRequest())
    assert link.expect(Status).bytes_held == 0


def test_cancel_of_what_is_not_in_flight_is_no_fault(served):
    link = served.link()
    link.send(Cancel(id="never"))
    link.send(End(id="never"))
    link.send(Chunk(id="never", index=0, data=b"x"))
    link.send(StatusRequest())
    message = link.receive(60)
    assert isinstance(message, Status)


@pytest.mark.parametrize("stage", ["arriving", "waiting", "running"])
def test_deadline_holds_at_every_stage(served, stage):
    link = served.link()
    if stage == "waiting":
        link.send_photo(SLOW, "first")
        link.expect_running("first")
    if stage == "arriving":
        link.send(order(SLOW, deadline_s=0.1))
    else:
        link.send_photo(SLOW + stage.encode(), deadline_s=0.1)
    error = link.error()
    assert (error.code, error.parameters) == ("deadline_exceeded", {"seconds": 0.1})
    link.close()
    served.client().cloak(b"after " + stage.encode())


@pytest.mark.slow
def test_progress_of_the_running_photo_never_pauses(served):
    link = served.link()
    link.send_photo(b"steps=2,step_s=0.7 face" + os.urandom(8))
    count = 0
    while not isinstance(message := link.receive(60), Result):
        count += isinstance(message, Progress)
    # 1.4 s at one in 250 ms at least, of which the engine itself tells two.
    assert count >= 5


def test_clients_take_turns(served):
    crowd, late = served.link(), served.link()
    for number in range(6):
        crowd.send_photo(b"steps=4,step_s=0.05 %d" % number + os.urandom(8), f"p{number}")
    crowd.expect_running("p0")
    finished = []

    def wait(link, photos) -> None:
        for photo in photos:
            link.expect(Result, photo)
            finished.append(photo)

    thread = threading.Thread(target=wait, args=[crowd, [f"p{number}" for number in range(6)]])
    thread.start()
    late.send_photo(b"late" + os.urandom(8), "late")
    wait(late, ["late"])
    thread.join()
    assert finished.index("late") < 4


@pytest.mark.parametrize(
    ("frames", "detail"),
    [
        ([Chunk(id="a", index=0, data=b"fac"), End(id="a")], "3 of 4 bytes"),
        ([Chunk(id="a", index=0, data=b"face!")], "more bytes than announced"),
        ([Chunk(id="a", index=1, data=b"face")], "chunk 1 instead of 0"),
        ([Chunk(id="a", index=0, data=b"FACE"), End(id="a")], "SHA-256 differs"),
    ],
)
def test_damaged_transfer_ends_the_photo_and_not_the_client(served, frames, detail):
    link = served.link()
    link.send(order(b"face"))
    for frame in frames:
        link.send(frame)
    error = link.error()
    assert (error.code, error.parameters["detail"]) == ("transfer_damaged", detail)
    link.send_photo(b"face")
    assert link.expect(Result)


def test_sizes_are_judged_before_a_byte_is_sent(served):
    link = served.link()
    link.send(Cloak(id="none", size=0, sha256="0" * 64))
    assert link.error("none").code == "empty_input"
    link.send(Cloak(id="much", size=(100 << 20) + 1, sha256="0" * 64))
    assert link.error("much").code == "too_many_bytes"


def test_id_in_flight_is_refused_without_touching_its_photo(served):
    link = served.link()
    link.send(order(b"face"))
    link.send(order(b"face"))
    assert link.error(None).id is None
    link.send(Chunk(id="a", index=0, data=b"face"))
    link.send(End(id="a"))
    assert link.expect(Result, "a")


def test_messages_before_hello_are_refused(served):
    connection = served.endpoint.connect()
    with connection:
        connection.send(encode(order(b"face")), text=True)
        assert '"hello_first"' in connection.recv(60)
        connection.send(encode(ClientHello(protocol=9)), text=True)
        assert '"protocol":1' in connection.recv(60)
        assert '"protocol_unsupported"' in connection.recv(60)
        connection.send(encode(order(b"face")), text=True)
        refused = connection.recv(60)
        assert '"protocol_unsupported"' in refused
        assert '"id":"a"' in refused


def test_frame_above_a_mebibyte_closes_its_connection_only(served):
    other = served.link()
    connection = served.endpoint.connect()
    with connection:
        connection.send(bytes((1 << 20) + 1))
        with pytest.raises(Exception, match="1009"):
            connection.recv(60)
    other.send_photo(b"face")
    assert other.expect(Result)


def test_photos_of_a_client_that_goes_are_dropped(served):
    link = served.link()
    for number in range(3):
        link.send_photo(SLOW + b"%d" % number, f"p{number}")
    link.expect_running("p0")
    link.connection.socket.shutdown(2)
    other = served.link()
    other.send(StatusRequest())
    until(lambda: _photos(served) == (0, 0, False))
    other.send_photo(b"face")
    assert other.expect(Result)


def _photos(world) -> tuple[int, int, bool]:
    with world.link() as link:
        link.send(StatusRequest())
        found = link.expect(Status)
        return found.photos_waiting, found.bytes_held, found.photo_running


def test_client_that_does_not_read_keeps_nobody_waiting(served):
    """Its results stay with it; more than its share of them is refused."""
    deaf = served.link()
    for number in range(3):
        deaf.send_photo(os.urandom(20 << 20), f"p{number}")
    client = served.client()
    assert client.cloak(b"face").data == cloaked(b"face")


def test_log_names_no_photo_and_quotes_nothing(served):
    link = served.link()
    link.send_photo(b"fate=bug my holiday", "holiday-jpg")
    assert link.error("holiday-jpg").code == "internal"
    link.send(Cloak(id="holiday-jpg", size=-1, sha256="holiday"))
    link.error("holiday-jpg")
    text = served.log()
    assert "internal" in text
    assert "holiday" not in text
    assert "secret text" not in text


def test_queue_that_is_full_says_so_at_once(world):
    world.set(FAWKES_QUEUE_PHOTOS="4")
    world.serve()
    first, second, third = world.link(), world.link(), world.link()
    for number in range(2):
        first.send(order(b"face", f"p{number}"))
        second.send(order(b"face", f"p{number}"))
    third.send(order(b"face"))
    third.send(Chunk(id="a", index=0, data=b"face"))
    third.send(End(id="a"))
    error = third.error()
    assert (error.code, error.parameters) == ("busy", {"waiting": 4})
    first.close()
    until(lambda: _photos(world)[1] == 8)
    third.send_photo(b"face")
    assert third.expect(Result)


def test_killed_engine_is_reported_and_the_next_photo_works(world):
    world.serve()
    running, waiting = world.link(), world.link()
    until(lambda: world.hello().engine == "ready")
    running.send_photo(SLOW)
    running.expect_running()
    waiting.send_photo(b"face")
    waiting.expect(Progress, "a")
    (pid,) = world.engine_pids()
    os.kill(pid, signal.SIGKILL)
    error = running.error()
    assert (error.code, error.parameters) == ("engine_crashed", {"detail": "SIGKILL"})
    until(lambda: waiting.expect(EngineNews).problem == "engine_crashed")
    assert waiting.expect(Result).status == "cloaked"
    running.send_photo(b"another face")
    assert running.expect(Result)
    with world.link() as link:
        link.send(StatusRequest())
        assert link.expect(Status).engine_restarts == 1
    assert len(world.engine_pids()) == 1


@pytest.mark.slow
def test_photo_that_kills_the_engine_takes_no_other_along(world):
    world.serve()
    link = world.link()
    for number in range(3):
        link.send_photo(b"fate=die %d" % number, f"bad{number}")
        link.send_photo(b"face %d" % number, f"good{number}")
    for number in range(3):
        assert link.error(f"bad{number}").code == "engine_crashed"
        assert link.expect(Result, f"good{number}")


def test_engine_that_cannot_warm_up_is_told_and_tried_again(world):
    world.set(FAKE_WARM_UP_FATE="weights", FAKE_WARM_UP_S="0.5")
    world.serve()
    link = world.link()
    link.send_photo(b"face", "a")
    link.send_photo(b"face 2", "b")
    first = link.error("a")
    assert (first.code, first.parameters) == ("weights_missing", {"network": "dlib_resnet"})
    assert link.error("b").code == "weights_missing"
    assert world.log().count("the engine ended") == 1
    assert world.link().hello.problem == "weights_missing"
    until(lambda: not world.engine_pids())
    link.send_photo(b"face 3", "a")
    assert link.error("a").code == "weights_missing"


def test_engine_that_dies_while_warming_up_is_a_crash(world):
    world.set(FAKE_WARM_UP_FATE="die")
    world.serve()
    link = world.link()
    link.send_photo(b"face")
    error = link.error()
    assert (error.code, error.parameters) == ("engine_crashed", {"detail": "status 7"})


def test_photo_may_come_while_the_engine_warms_up(world):
    world.set(FAKE_WARM_UP_S="0.5")
    world.serve()
    link = world.link()
    link.send_photo(b"face")
    stages = []
    while not isinstance(message := link.receive(60), Result):
        if isinstance(message, Progress):
            stages.append(message.stage)
    assert "warming" in stages


@pytest.mark.slow
def test_idle_service_leaves_and_takes_its_engine_along(world):
    world.set(FAWKES_IDLE_MINUTES="0.005")
    service = world.serve()
    link = world.link()
    link.send_photo(b"steps=10,step_s=0.1 longer than the service may be idle")
    assert link.expect(Result)
    with pytest.raises(errors.ServiceLost):
        while True:
            link.receive(60)
    assert service.wait(60) == 0
    until(lambda: not world.engine_pids())
    assert not world.endpoint.path.exists()


def test_stop_finishes_what_has_arrived_and_refuses_the_rest(world):
    service = world.serve()
    link, other = world.link(), world.link()
    link.send_photo(b"steps=10,step_s=0.05 running", "running")
    link.send_photo(b"waiting", "waiting")
    link.send(order(b"half", "half"))
    link.expect(Ack, "waiting")
    other.send(Stop())
    assert link.error("half").code == "shutting_down"
    other.send_photo(b"face", "late")
    assert other.error("late").code == "shutting_down"
    results = {link.expect(Result).id for _ in range(2)}
    assert results == {"running", "waiting"}
    assert service.wait(60) == 0


@pytest.mark.parametrize("way", ["stop", "SIGTERM", "SIGINT"])
def test_stop_now_gives_everything_up(world, way):
    service = world.serve()
    link = world.link()
    link.send_photo(SLOW)
    link.expect_running()
    if way == "stop":
        link.send(Stop(now=True))
    else:
        service.send_signal(getattr(signal, way))
    assert link.error().code == "shutting_down"
    assert service.wait(60) == 0
    until(lambda: not world.engine_pids())


@pytest.mark.slow
def test_cache_outlives_the_service_and_goes_when_it_is_switched_off(world):
    first = world.serve()
    world.client().cloak(b"face")
    until(lambda: list((world.folder / "cache").rglob("[0-9a-f]" * 64)))
    first.terminate()
    first.wait()
    second = world.serve()
    assert world.client().cloak(b"face").cached is True
    second.terminate()
    second.wait()
    world.set(FAWKES_CACHE="false")
    world.serve()
    assert world.client().cloak(b"face").cached is False
    assert [path for path in (world.folder / "cache").rglob("*") if path.is_file()] == []


@pytest.mark.slow
def test_hello_that_wakes_starts_an_engine_that_did_not_start(world):
    world.set(FAKE_WARM_UP_FATE="weights")
    world.serve()
    until(lambda: world.hello().problem)
    until(lambda: not world.engine_pids())
    link = world.link()
    assert isinstance(link.hello, HostHello)
    assert link.expect(EngineNews).engine == "warming"


@pytest.mark.slow
def test_engine_that_does_not_stop_is_ended(world, monkeypatch):
    monkeypatch.setattr(server, "ABANDON_SECONDS", 0.2)
    loop = asyncio.new_event_loop()
    service = loop.run_until_complete(_make_service(world))
    thread = threading.Thread(target=lambda: loop.run_until_complete(service.run()))
    thread.start()
    until(world.endpoint.alive)
    link = world.link()
    link.send_photo(b"steps=100000,step_s=0.01,fate=deaf face")
    link.expect_running()
    (pid,) = world.engine_pids()
    link.send(Cancel(id="a"))
    assert link.error().code == "cancelled"
    link.send_photo(b"face")
    assert link.expect(Result)
    pids = world.engine_pids()
    link.send(Stop())
    thread.join()
    loop.close()
    assert pids != [pid]


async def _make_service(world) -> server.Service:
    return server.Service(settings.load(), world.endpoint, None)

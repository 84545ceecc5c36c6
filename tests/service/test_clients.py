"""Clients of the service side by side, and what a wrong one can do."""

from __future__ import annotations

import os
import threading

import pytest

from fawkes_host.protocol.messages import (
    Chunk,
    ClientHello,
    Cloak,
    End,
    Result,
    Status,
    StatusRequest,
    encode,
)
from tests.support.fake_engine import cloaked
from tests.support.processes import order, until

SLOW = b"steps=20000,step_s=0.02 "
"""Longer than any test waits."""


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


def test_photos_that_wait_are_enrolled_before_the_next_is_cloaked(world):
    world.serve()
    link = world.link()
    link.send_photo(b"steps=20,step_s=0.05 ", "first")
    link.expect_running("first")
    for number in range(3):
        link.send_photo(b"face %d" % number, f"p{number}")
    seen = [
        link.expect(Result, name).receipt.faces[0].other_photos
        for name in ("first", "p0", "p1", "p2")
    ]
    assert seen == [0, 2, 2, 2]


@pytest.mark.parametrize("arrives", [True, False])
def test_photo_waits_a_moment_for_one_that_is_still_arriving(world, arrives):
    world.serve()
    link = world.link()
    until(lambda: world.hello().engine == "ready")
    link.send(order(b"face", "slow"))
    link.send_photo(b"another", "a")
    if arrives:
        link.send(Chunk(id="slow", index=0, data=b"face"))
        link.send(End(id="slow"))
    assert link.expect(Result, "a").receipt.faces[0].other_photos == arrives


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

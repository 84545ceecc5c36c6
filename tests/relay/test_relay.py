"""The relay as a browser sees it: a process, two pipes."""

from __future__ import annotations

import json
import os
import signal
import struct

import pytest

from fawkes_host.protocol import errors
from tests.support.fake_engine import cloaked
from tests.support.processes import until

POLLUTING = """
import builtins, os, sys
real = builtins.__import__
def polluting(name, *rest):
    if name.split(".")[0] in ("msgspec", "json", "websockets", "fawkes_host"):
        print("noise", flush=True)
        os.write(1, b"more noise")
    return real(name, *rest)
from fawkes_host.relay.main import main
builtins.__import__ = polluting
main()
"""


def codes(relay, count: int) -> list[str]:
    return [relay.receive("error")["code"] for _ in range(count)]


def test_photo_goes_through_a_relay_that_finds_no_service(world):
    relay = world.relay("chrome-extension://abcdefghijklmnopabcdefghijklmnop/")
    assert relay.hello()["engine"] == "cold"
    relay.send_photo("a", b"a face", level="high", policy="keep")
    result, data = relay.receive_photo("a")
    assert data == cloaked(b"a face", "high", "keep")
    assert (result["status"], result["receipt"]["level"]) == ("cloaked", "high")
    assert result["receipt"]["faces"][0]["similarity"] == {"a": 0.5}


def test_day_of_the_last_photo_is_kept_but_for_private_ones(world, monkeypatch):
    relay = world.relay()
    relay.hello()
    relay.send_photo("a", b"a face", private=True)
    relay.receive_photo("a")
    assert not list(world.folder.rglob("last-photo"))
    relay.send_photo("b", b"another face")
    relay.receive_photo("b")
    (kept,) = world.folder.rglob("last-photo")
    assert kept.read_bytes() == b""


def test_relay_has_doctor_look_and_tells_no_paths(world):
    relay = world.relay()
    relay.hello(wake=False)
    relay.send(type="doctor")
    relay.send(type="doctor")
    checks = relay.receive("doctor")["checks"]
    assert {"python", "packages", "folders"} <= {one["check"] for one in checks}
    assert {one["state"] for one in checks} <= {"ok", "warning", "broken"}
    assert all(set(one) == {"check", "state"} for one in checks)
    assert world.service_pids() == []


def test_relay_answers_hello_before_any_service_and_ends_at_the_end_of_file(world):
    relay = world.relay()
    assert relay.hello(wake=False)["protocol"] == 1
    assert relay.close() == 0
    assert world.service_pids() == []


def test_relay_that_only_looks_tells_the_state_of_a_service_that_runs(served):
    relay = served.relay()
    hello = relay.hello(wake=False)
    assert (hello["engine"], hello["devices"]) == ("ready", ["Fake"])


def test_relay_does_not_believe_the_state_that_a_killed_service_left(world):
    service = world.serve()
    until(lambda: world.hello().engine == "ready")
    service.kill()
    service.wait()
    assert world.relay().hello(wake=False)["engine"] == "cold"


def test_status_without_a_service_starts_none(world):
    relay = world.relay()
    relay.hello(wake=False)
    relay.send(type="status")
    assert relay.receive("status")["running"] is False
    assert world.service_pids() == []


def test_status_is_that_of_the_service(served):
    relay = served.relay()
    relay.hello(wake=False)
    relay.send(type="status")
    status = relay.receive("status")
    assert (status["running"], [status["pid"]]) == (True, served.service_pids())
    assert status["memory_bytes"] > 0


def test_nothing_but_frames_reaches_stdout_whatever_imports_print(served):
    relay = served.relay(script=POLLUTING)
    relay.hello()
    relay.send_photo("a", b"a face")
    assert relay.receive_photo("a")[1] == cloaked(b"a face")
    relay.close()
    noise = (served.folder / "relay.err").read_text()
    assert "noise" in noise
    assert "more noise" in noise


def test_relay_imports_nothing_heavy(served):
    script = """
import sys, threading
import fawkes_host.relay.main, fawkes_host.relay.forwarder, fawkes_host.service.client
heavy = {"numpy", "tensorflow", "keras", "PIL", "click", "rich", "asyncio", "mtcnn"}
print(sorted(heavy & set(sys.modules)), file=sys.stderr)
"""
    served.relay(script=script).close()
    assert (served.folder / "relay.err").read_text().endswith("[]\n")


def test_interleaved_photos_do_not_mix(served):
    relay = served.relay().ready()
    photos = {f"p{number}": os.urandom(1_200_000 + number) for number in range(4)}
    for photo, data in photos.items():
        relay.send_photo(photo, data)
    for photo, data in photos.items():
        assert relay.receive_photo(photo)[1] == cloaked(data)


def test_every_chunk_is_acknowledged(served):
    relay = served.relay().ready()
    relay.send_photo("a", bytes(1_200_000))
    assert [relay.receive("ack", id="a")["index"] for _ in range(3)] == [0, 1, 2]


def test_bad_frames_get_codes_and_the_next_frame_an_answer(served):
    relay = served.relay()
    relay.hello(wake=False)
    for frame in (
        b"hello",
        b"\xff\xff",
        b"",
        b"[" * 50_000,
        b'{"type":"upload"}',
        b'{"type":"stop"}',
    ):
        relay.send_bytes(struct.pack("=I", len(frame)) + frame)
        assert codes(relay, 1) == ["bad_message"], frame[:20]
    size = (1 << 20) + 1
    relay.send_bytes(struct.pack("=I", size) + bytes(size))
    assert codes(relay, 1) == ["frame_too_large"]
    assert relay.hello(wake=False)["engine"] == "ready"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        pytest.param(b"{", "bad_message", id="not JSON"),
        pytest.param(b'{"type":"status"}', "hello_first", id="not a hello"),
        pytest.param(b" " * ((1 << 20) + 1), "frame_too_large", id="too large"),
    ],
)
def test_bad_first_frame_gets_a_code_and_the_next_frame_an_answer(world, frame, code):
    relay = world.relay()
    relay.send_bytes(struct.pack("=I", len(frame)) + frame)
    assert codes(relay, 1) == [code]
    assert relay.hello(wake=False)["protocol"] == 1


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(struct.pack("=I", 0xFFFFFFFF), id="a length nobody sends"),
        pytest.param(struct.pack("=I", 100) + b"{", id="an end inside a frame"),
    ],
)
def test_stream_out_of_step_ends_the_relay_with_a_code(world, stream):
    relay = world.relay()
    relay.hello(wake=False)
    relay.send_bytes(stream)
    relay.process.stdin.close()
    assert codes(relay, 1) == ["out_of_step"]
    assert relay.process.wait(10) == 1


def test_bad_message_ends_its_photo_once_and_no_other(served):
    relay = served.relay().ready()
    relay.send(type="cloak", id="a", size=4, sha256="0" * 64)
    relay.send(type="chunk", id="a", index="zero", data="AAAA")
    relay.send(type="cancel", id="a")
    relay.send(type="cloak", id="bad", size=-1, sha256="0" * 64)
    relay.send_photo("b", b"a face")
    assert relay.receive_photo("b")[1] == cloaked(b"a face")
    assert relay.receive("error", id="a")["code"] == "bad_message"
    assert relay.receive("error", id="bad")["code"] == "bad_message"
    assert [one for one in relay._backlog if one["type"] == "error"] == []


def test_other_protocol_is_answered_and_everything_after_it_refused(world):
    relay = world.relay()
    relay.send(type="hello", protocol=2)
    assert relay.receive("hello")["protocol"] == 1
    at_once = relay.receive("error")
    assert (at_once["code"], at_once["id"]) == ("protocol_unsupported", None)
    relay.send_photo("a", b"a face")
    error = relay.receive("error", id="a")
    assert (error["code"], error["parameters"]) == (
        "protocol_unsupported",
        {"protocol": 2, "supported": 1},
    )
    assert relay.hello(wake=False)["engine"] == "cold"
    assert world.service_pids() == []


@pytest.mark.slow
def test_ten_relays_at_once_start_one_service(world):
    relays = [world.relay() for _ in range(10)]
    for number, relay in enumerate(relays):
        relay.send(type="hello", protocol=1)
        relay.send_photo("a", b"face %d" % number)
    for number, relay in enumerate(relays):
        assert relay.receive_photo("a")[1] == cloaked(b"face %d" % number)
    assert len(world.service_pids()) == 1
    assert world.log().count("listening") == 1


def test_service_outlives_the_relay_that_started_it(world):
    first = world.relay().ready()
    os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait()
    (pid,) = world.service_pids()
    second = world.relay().ready()
    second.send(type="status")
    assert second.receive("status")["pid"] == pid


def test_killed_service_is_reported_and_the_next_photo_finds_another(world):
    relay = world.relay().ready()
    (pid,) = world.service_pids()
    relay.send_photo("a", b"steps=1000,step_s=0.05 a face")
    relay.send_photo("b", b"b face")
    relay.receive("progress", id="a", stage="cloak")
    os.kill(pid, signal.SIGKILL)
    assert relay.receive("error", id="a")["code"] == "service_lost"
    assert relay.receive("error", id="b")["code"] == "service_lost"
    assert relay.receive("engine", engine="cold")
    until(lambda: not world.engine_pids())
    relay.send_photo("a", b"another face")
    assert relay.receive_photo("a")[1] == cloaked(b"another face")
    assert world.service_pids() != [pid]


@pytest.mark.slow
def test_service_that_left_is_replaced_without_a_word(world):
    relay = world.relay().ready()
    (pid,) = world.service_pids()
    os.kill(pid, signal.SIGTERM)
    assert relay.receive("engine", engine="cold")
    relay.send_photo("a", b"a face")
    assert relay.receive_photo("a")[1] == cloaked(b"a face")


def test_service_that_cannot_start_tells_why(world):
    config = world.folder / "config" / "fawkes-host"
    config.mkdir()
    (config / "settings.json").write_text('{"max_clients": 0}')
    relay = world.relay()
    relay.hello()
    assert relay.receive("engine")["problem"] == errors.BadSetting.code
    relay.send_photo("a", b"a face")
    error = relay.receive("error", id="a")
    assert error["code"] == "bad_setting"
    assert error["parameters"]["name"] == "max_clients"
    (config / "settings.json").unlink()
    relay.send_photo("b", b"b face")
    assert relay.receive_photo("b")[1] == cloaked(b"b face")


@pytest.mark.slow
def test_relay_whose_browser_dies_while_it_waits_for_the_service_ends(world):
    world.set(FAKE_WARM_UP_S="30")
    relay = world.relay()
    relay.hello()
    relay.send_photo("a", bytes(20_000_000))
    relay.close()
    until(lambda: relay.process.poll() is not None)
    until(lambda: "photo 1" not in world.log())


def test_arguments_are_ignored(served):
    relay = served.relay("--help", "/etc/passwd", "fawkes@example.org", "; touch x")
    assert relay.hello(wake=False)["type"] == "hello"
    assert not (served.folder / "x").exists()


def test_conversation_of_the_golden_frames(world):
    from tests.protocol.test_messages import frames

    golden = frames("conversation")
    relay = world.relay()
    for message in golden["client"]:
        body = json.dumps(message).encode()
        relay.send_bytes(struct.pack("=I", len(body)) + body)
    for message in golden["host"]:
        found = relay.receive(message["type"])
        assert found.keys() == message.keys()

"""Engines that die, hang or never start, and the service that outlives them."""

from __future__ import annotations

import asyncio
import os
import signal
import threading

import pytest

from fawkes_host.protocol.messages import (
    Cancel,
    EngineNews,
    HostHello,
    Progress,
    Result,
    Status,
    StatusRequest,
    Stop,
)
from fawkes_host.service import photo_work, server, settings
from tests.support.processes import until

SLOW = b"steps=20000,step_s=0.02 "
"""Longer than any test waits."""


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


@pytest.mark.parametrize(("fate", "restarts"), [("die", 1), ("damaged", 0)])
def test_photo_that_is_bad_to_look_at_harms_no_other(world, fate, restarts):
    world.serve()
    link = world.link()
    link.send_photo(b"steps=20,step_s=0.05 ", "first")
    link.expect_running("first")
    link.send_photo(b"face", "good")
    link.send_photo(b"look=%b " % fate.encode(), "bad")
    for name in ("first", "good", "bad"):
        assert link.expect(Result, name).status == "cloaked"
    link.send(StatusRequest())
    assert link.expect(Status).engine_restarts == restarts


@pytest.mark.slow
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
    monkeypatch.setattr(photo_work, "ABANDON_SECONDS", 0.2)
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

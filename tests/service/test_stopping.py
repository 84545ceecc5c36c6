"""How the service ends, and what it leaves."""

from __future__ import annotations

import signal

import pytest

from fawkes_host.protocol import errors
from fawkes_host.protocol.messages import (
    Ack,
    Result,
    Stop,
)
from tests.support.processes import order, until

SLOW = b"steps=20000,step_s=0.02 "
"""Longer than any test waits."""


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

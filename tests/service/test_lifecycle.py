"""One service a user, however it is started and ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fawkes_host.protocol.errors import AlreadyRunning, BadSetting, ServiceUnavailable
from fawkes_host.protocol.messages import Stop
from fawkes_host.service import client, endpoint, lifecycle
from tests.support.processes import until


def test_service_is_started_once_and_found_afterwards(world):
    assert lifecycle.ensure_running(world.endpoint) is True
    assert lifecycle.ensure_running(world.endpoint) is False
    assert len(world.service_pids()) == 1


def test_socket_of_a_killed_service_is_in_nobodys_way(world):
    first = world.serve()
    first.kill()
    first.wait()
    assert world.endpoint.path.exists()
    until(lambda: not world.endpoint.alive())
    assert lifecycle.ensure_running(world.endpoint) is True
    assert world.link().hello.protocol == 1


@pytest.mark.slow
def test_second_service_leaves_the_first_alone(world):
    world.serve()
    second = subprocess.run([sys.executable, "-m", "fawkes_host.service"], check=False)
    assert second.returncode == 1
    with pytest.raises(AlreadyRunning), lifecycle.service_lock(world.endpoint):
        pass
    assert world.link().hello.protocol == 1


@pytest.mark.slow
def test_service_waits_for_one_that_is_leaving(world):
    leaving = lifecycle.FileLock(world.endpoint.folder / "service.lock")
    world.endpoint.folder.mkdir(mode=0o700)
    assert leaving.acquire()
    follower = subprocess.Popen([sys.executable, "-m", "fawkes_host.service"])
    world.services.append(follower)
    assert follower.poll() is None
    leaving.release()
    until(world.endpoint.alive)


def test_lock_goes_with_its_holder(world):
    path = world.folder / "lock"
    script = f"""
import sys, pathlib
from fawkes_host.service.lifecycle import FileLock
lock = FileLock(pathlib.Path({str(path)!r}))
print(lock.acquire(), flush=True)
sys.stdin.read()
"""
    holder = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout.readline() == b"True\n"
        lock = lifecycle.FileLock(path)
        assert not lock.acquire()
        holder.kill()
        holder.wait()
        assert lock.acquire()
        lock.release()


def test_reason_for_not_starting_is_told(world):
    world.set(FAWKES_MAX_CLIENTS="none")
    with pytest.raises(BadSetting) as reason:
        lifecycle.ensure_running(world.endpoint)
    assert reason.value.parameters["name"] == "max_clients"


def test_port_that_is_taken_is_told(world):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        world.set(FAWKES_TCP_PORT=str(port))
        told = rf"127\.0\.0\.1:{port}: Address already in use"
        with pytest.raises(ServiceUnavailable, match=told):
            lifecycle.ensure_running(world.endpoint)


def test_service_runs_apart_from_its_starter(world):
    lifecycle.ensure_running(world.endpoint)
    (pid,) = world.service_pids()
    assert os.getsid(pid) == pid
    process = Path(f"/proc/{pid}")
    assert str((process / "cwd").readlink()) == "/"
    assert {str((process / "fd" / fd).readlink()) for fd in "012"} == {"/dev/null"}


@pytest.mark.slow
def test_leftover_of_another_protocol_is_replaced(world, monkeypatch):
    world.serve()
    (old,) = world.service_pids()
    real = client.Link._greet

    def greet(self, wake):
        hello = real(self, wake)
        with_pid = world.service_pids()
        return client.HostHello(
            protocol=0 if with_pid == [old] else 1, version=hello.version, engine=hello.engine
        )

    monkeypatch.setattr(client.Link, "_greet", greet)
    with client.connect(world.endpoint) as link:
        assert link.hello.protocol == 1
    assert world.service_pids() not in ([], [old])


def test_wait_until_gone_tells_whether_it_is(world):
    world.serve()
    assert lifecycle.wait_until_gone(world.endpoint, 0.05) is False
    world.link().send(Stop())
    assert lifecycle.wait_until_gone(world.endpoint, 60) is True


@pytest.mark.parametrize("state", ["", "[]", '{"engine": "hot"}'])
def test_state_file_that_makes_no_sense_is_a_cold_engine(world, state):
    world.serve()
    until(lambda: world.hello().engine == "ready")
    (world.endpoint.folder / "state.json").write_text(state)
    assert endpoint.peek(world.endpoint) == {}
    assert world.relay().hello(wake=False)["engine"] == "cold"

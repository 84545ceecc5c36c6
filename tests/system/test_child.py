"""What both ends of a pipe to a process of ours share."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fawkes_host.system import child

ECHO = """
import os, sys
from fawkes_host.system import child
incoming, outgoing = child.take_stdio()
print("printed")
os.write(1, b"written")
size, raw = child.unpack_head(os.read(incoming, child.HEAD_BYTES))
for part in child.pack(os.read(incoming, size), os.read(incoming, raw)):
    os.write(outgoing, part)
os.write(outgoing, sys.stdin.read().encode())
"""


@pytest.mark.parametrize("stderr", [subprocess.PIPE, None])
def test_messages_go_through_and_nothing_that_is_printed(stderr):
    options = {} if stderr else {"preexec_fn": lambda: __import__("os").close(2)}
    head, raw = child.pack(b"message", memoryview(b"raw"))
    done = subprocess.run(
        [sys.executable, "-c", ECHO],
        input=head + bytes(raw),
        stdout=subprocess.PIPE,
        stderr=stderr,
        check=False,
        **options,
    )
    assert done.stdout == head + bytes(raw)
    if stderr:
        assert b"written" in done.stderr
        assert b"printed" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("stops", ["service", "engine", "relay"])
def test_processes_that_hold_photos_leave_no_dump(world, stops):
    service = world.serve()
    relay = world.relay().ready()
    pids = {"service": service.pid, "relay": relay.process.pid, "engine": world.engine_pids()[0]}
    limits = Path(f"/proc/{pids[stops]}/limits").read_text()
    (line,) = (line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert set(line.split()[4:6]) <= {"0", "1"}


def test_environment_is_bare(monkeypatch):
    monkeypatch.setenv("SOME_SECRET", "of another program")
    monkeypatch.setenv("HOME", "/home/somebody")
    found = child.bare_environment({"A": "b"})
    assert found["A"] == "b"
    assert found["HOME"] == "/home/somebody"
    assert "SOME_SECRET" not in found


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ending_names_the_signal():
    assert child.ending(-signal.SIGKILL) == "SIGKILL"
    assert child.ending(3) == "status 3"
    assert child.ending(-999) == "status -999"

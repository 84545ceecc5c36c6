"""A client sends nothing to a service that is not its user's own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fawkes_host.protocol.errors import UnsafeFolder
from fawkes_host.service import client, endpoint, lifecycle, stop
from fawkes_host.system import folders

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only root can act as another user"
)

NOBODY = 65534

LISTENER = """
import os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
listener = socket.socket(fileno=int(sys.argv[1]))
listener.listen()
print("listening", flush=True)
while True:
    client, _ = listener.accept()
    client.settimeout(10)
    try:
        while got := client.recv(65536):
            print(got, flush=True)
    except OSError:
        pass
    client.close()
"""


@pytest.fixture
def impostor(world, tmp_path):
    """Another user's program that listens where the service would; what it hears is told."""
    processes = []

    def listen(path: Path) -> subprocess.Popen[str]:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            made = subprocess.Popen(
                [sys.executable, "-I", "-c", LISTENER, str(listener.fileno())],
                stdout=subprocess.PIPE,
                text=True,
                pass_fds=[listener.fileno()],
            )
        processes.append(made)
        assert made.stdout.readline() == "listening\n"
        return made

    yield listen
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def heard(impostor: subprocess.Popen[str]) -> str:
    impostor.kill()
    return impostor.communicate()[0]


def ways(place: endpoint.Endpoint):
    yield place.alive
    yield place.connect
    yield lambda: client.connect(place)
    yield lambda: lifecycle.ensure_running(place)
    yield lambda: stop.end(place)


def test_who_listens_is_asked_before_the_first_byte(world, impostor):
    place = world.endpoint
    planted = impostor(place.path)
    assert folders.check_private(place.folder)  # All is well but for who listens.
    for way in ways(place):
        with pytest.raises(UnsafeFolder, match="another user listens there"):
            way()
    assert endpoint.peek(place) == {"engine": "cold", "problem": "unsafe_folder"}
    assert planted.poll() is None  # And nobody was killed.
    assert heard(planted) == ""


def test_relay_says_so_and_sends_nothing(world, impostor):
    planted = impostor(world.endpoint.path)
    relay = world.relay()
    assert relay.hello()["problem"] == "unsafe_folder"
    relay.send_photo("a", b"face")
    assert relay.receive("error", id="a")["code"] == "unsafe_folder"
    assert heard(planted) == ""


@pytest.mark.parametrize("by", ["a long path", "a folder of somebody else"])
def test_planted_runtime_folder_is_a_coded_error(world, impostor, short_path, by):
    if by == "a long path":
        world.set(TMPDIR="/tmp", XDG_RUNTIME_DIR=str(short_path / ("x" * 100)))
        planted_folder = endpoint.default().folder
    else:
        planted_folder = short_path / "theirs" / "fawkes-host"
        world.set(XDG_RUNTIME_DIR=str(planted_folder.parent))
    place = endpoint.default()
    assert place.folder == planted_folder
    try:
        planted = impostor(place.path)
        for folder in {place.folder, planted_folder}:
            os.chown(folder, NOBODY, NOBODY)
        if by != "a long path":
            os.chown(planted_folder.parent, NOBODY, NOBODY)
        for way in ways(place):
            with pytest.raises(UnsafeFolder, match="another user"):
                way()
        assert heard(planted) == ""
        told = subprocess.run(
            [sys.executable, "-m", "fawkes_host.cli.main", "status"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in told.stderr
        assert "other users" in told.stderr
    finally:
        if by == "a long path":
            place.path.unlink(missing_ok=True)
            place.folder.rmdir()

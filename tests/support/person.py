"""Somebody who installs the program: a home, a Python, and what runs in it."""

from __future__ import annotations

import os
import shutil
import signal
import site
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fawkes_host.service.endpoint import UnixEndpoint
from tests.support.running import running

ROOT = Path(__file__).parents[2]
SERVICE = "fawkes_host.service"
WAIT_S = 60.0

OF_OTHERS = (
    ".cache/chromium/",
    ".cache/fontconfig/",
    ".cache/mesa_shader_cache",
    ".cache/mozilla/",
    ".config/chromium/",
    ".config/mozilla/",
    ".mozilla/",
    ".pki/",
    "firefox/",
    "firefox.log",
    "run/dconf/",
)
"""What browsers and libraries keep in a home."""


def until(true: Callable[[], object], timeout_s: float = WAIT_S) -> object:
    """Waits for something that is bound to happen."""
    give_up = time.monotonic() + timeout_s
    while not (found := true()):
        assert time.monotonic() < give_up, f"never happened: {true}"
        time.sleep(0.02)
    return found


class Person:
    """``home`` and everything in it; nothing of the machine's own user is touched."""

    def __init__(self, home: Path, python: Path) -> None:
        self.home = home
        self.python = python
        home.mkdir(parents=True)
        self.runtime = home / "run"
        self.runtime.mkdir(mode=0o700)
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("XDG_", "FAWKES_", "PYTHON", "KERAS_", "MPL"))
        } | {"HOME": str(home), "XDG_RUNTIME_DIR": str(self.runtime), "FAWKES_DEVICE": "cpu"}

    def command(self, *arguments: str | Path) -> list[str]:
        return [str(self.python), "-m", "fawkes_host.cli.main", *map(str, arguments)]

    def run(self, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """``fawkes-host`` with these arguments, in this home."""
        return subprocess.run(
            self.command(*arguments),
            env={**self.environment, **variables},
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )

    def serve(self, version: str = "") -> int:
        """Starts the service as a relay does; its process.  ``version``: as one of another."""
        code = ["-m", SERVICE]
        if version:
            script = f"import fawkes_host; fawkes_host.__version__ = {version!r};"
            code = ["-c", f"{script} from {SERVICE}.__main__ import main; main()", SERVICE]
        process = subprocess.Popen(
            [str(self.python), "-P", *code],
            env=self.environment,
            cwd=self.home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        endpoint = UnixEndpoint(self.runtime / "fawkes-host")
        until(lambda: endpoint.alive() or process.poll() is not None)
        assert process.poll() is None
        self.started = process
        return process.pid

    def services(self) -> list[int]:
        """The services that run in this home, engines not included."""
        return running(SERVICE, "XDG_RUNTIME_DIR", str(self.runtime))

    def files(self) -> list[str]:
        """Everything in the home but folders, by its path."""
        return sorted(str(p.relative_to(self.home)) for p in self.home.rglob("*") if not p.is_dir())

    def left(self) -> list[str]:
        """The files that neither a browser nor a library has made."""
        return [
            name
            for name in self.files()
            if not name.startswith(OF_OTHERS) or Path(name).name.startswith("org.fawkes")
        ]

    def close(self) -> None:
        for pid in self.services():
            os.kill(pid, signal.SIGKILL)
        if hasattr(self, "started"):
            self.started.wait(WAIT_S)
        until(lambda: not self.services())


def build_wheel(folder: Path) -> Path:
    """The wheel of a copy of what git knows of this checkout."""
    pip(sys.executable, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def make_venv(folder: Path) -> Path:
    """A virtual environment with the wheel, and with the packages of this one within reach.

    TensorFlow alone has 600 MB, so what the wheel needs is not installed again: a path file
    leads to the packages of the Python that runs the tests.  Path files in *that* folder are
    not read, so that its editable fawkes-host stays out of sight.
    """
    wheel = build_wheel(folder / "wheel")
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    python = venv / "bin" / "python"
    pip(sys.executable, "--python", python, "install", "--no-deps", wheel)
    (packages,) = venv.glob("lib/python*/site-packages")
    lent = [path for path in site.getsitepackages() if Path(path).is_dir()]
    (packages / "lent.pth").write_text("".join(f"{path}\n" for path in lent))
    return venv


def pip(python: str | Path, *arguments: str | Path) -> None:
    """Runs pip, which may ask no index for anything."""
    command = [python, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    done = subprocess.run(
        [*map(str, command), *map(str, arguments)],
        env={**os.environ, "PIP_NO_INDEX": "1", "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def copy_venv(venv: Path, target: Path) -> Path:
    """The virtual environment for a test that breaks it, as if it had been made in ``target``."""
    shutil.copytree(venv, target, symlinks=True)
    for program in (target / "bin").iterdir():
        if program.name.startswith("fawkes-") or program.name.startswith("activate"):
            text = program.read_text()
            program.write_text(text.replace(str(venv), str(target)))
    return target


def as_written(path: Path) -> tuple[int, int]:
    """What a new file, or new content, would change.  A look at it changes when it was read."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


@pytest.fixture
def person(short_path: Path) -> Iterator[Person]:
    """Runs the checkout's code."""
    made = Person(short_path / "home", Path(sys.executable))
    made.environment["PYTHONPATH"] = ":".join(
        str(ROOT / name) for name in ("host", "models", "install")
    )
    yield made
    made.close()


@pytest.fixture
def two_browsers(person: Person) -> None:
    """Chromium and Firefox are on the PATH, whatever this machine has."""
    programs = person.home.parent / "bin"
    programs.mkdir()
    for name in ("chromium", "firefox"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    person.environment["PATH"] = str(programs)

"""What every test may use."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.support.missing import HOW_TO_INSTALL

pytest_plugins = ["tests.browser.matrix_report", "tests.browser.patience", "tests.support.workers"]

# Machines are shared: a deadline for an example would measure the neighbours.
hypothesis.settings.register_profile("fawkes", deadline=None)
hypothesis.settings.load_profile("fawkes")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True, scope="session")
def private_folders(tmp_path_factory: pytest.TempPathFactory):
    """Nothing a test does may reach the user's own settings, cache or secret."""
    home = tmp_path_factory.mktemp("home")
    kept = dict(os.environ)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        folder = home / name.lower()
        folder.mkdir(mode=0o700)
        os.environ[name] = str(folder)
    yield home
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture
def short_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder short enough for a socket in it, whose path may have about 100 bytes."""
    return tmp_path_factory.mktemp("s")


@pytest.fixture(scope="session")
def photos_of_people() -> Path:
    """A folder with one folder a person, of photos with one clear face each."""
    folder = os.environ.get("FAWKES_FACES")
    if not folder:
        pytest.skip(
            "photos of real people are not part of the project: set FAWKES_FACES to a folder of "
            "them, one folder a person"
        )
    return Path(folder)


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A screen of its own for Firefox, whose clipboard has no pictures without one."""
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip(f"Xvfb is not installed; {HOW_TO_INSTALL}")
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [program, "-displayfd", str(writing), "-screen", "0", "1280x1200x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as pipe:
        number = pipe.readline().strip()
    yield f":{number}"
    process.terminate()
    process.wait()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Any]:
    """The driver of Chromium; a thread can have but one."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        yield running

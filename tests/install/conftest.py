"""A person with a home of their own, and the wheel as they would get it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .person import ROOT, Person, make_venv


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    """Runs the checkout's code."""
    made = Person(tmp_path / "home", Path(sys.executable))
    made.environment["PYTHONPATH"] = ":".join(
        str(ROOT / name) for name in ("host", "models", "install")
    )
    yield made
    made.close()


@pytest.fixture(scope="session")
def wheel_venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel in it, to be left as it is."""
    return make_venv(tmp_path_factory.mktemp("people"))


@pytest.fixture
def two_browsers(person: Person) -> None:
    """Chromium and Firefox are on the PATH, whatever this machine has."""
    programs = person.home.parent / "bin"
    programs.mkdir()
    for name in ("chromium", "firefox"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    person.environment["PATH"] = str(programs)

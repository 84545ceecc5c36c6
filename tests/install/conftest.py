"""The wheel, as a person would get it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.person import make_venv, person, two_browsers

__all__ = ["person", "two_browsers", "wheel_venv"]


@pytest.fixture(scope="session")
def wheel_venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel in it, to be left as it is."""
    return make_venv(tmp_path_factory.mktemp("people"))

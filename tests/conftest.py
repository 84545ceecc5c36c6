"""What every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

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


@pytest.fixture(scope="session")
def photos_of_people() -> Path:
    """A folder with one folder a person, of photos with one clear face each."""
    folder = os.environ.get("FAWKES_FACES")
    if not folder:
        pytest.skip("FAWKES_FACES is not set: photos of real people are not part of the project")
    return Path(folder)

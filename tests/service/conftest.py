from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from processes import World


@pytest.fixture
def world(tmp_path, monkeypatch):
    """One user's folders, with an engine that needs no networks; all processes end with it."""
    made = World(tmp_path, monkeypatch)
    yield made
    made.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A world whose service runs and is warm, for tests that leave it that way."""
    with pytest.MonkeyPatch.context() as patch:
        made = World(tmp_path_factory.mktemp("served"), patch)
        made.serve()
        made.relay().ready()
        yield made
        assert len(made.service_pids()) == 1
        assert len(made.engine_pids()) == 1
        made.close()

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

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

# The converters and the training are programs beside the package, not a part of it.
sys.path[:0] = [str(ROOT / "models" / "convert"), str(ROOT / "models" / "train")]


@pytest.fixture(scope="session")
def faces() -> Path:
    """The folder of benchmark photos, one folder a person."""
    folder = os.environ.get("FAWKES_FACES")
    if not folder:
        pytest.skip("FAWKES_FACES does not name the folder of benchmark faces")
    return Path(folder)

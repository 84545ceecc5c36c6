"""Photos of one real person, cloaked each by itself and together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fawkes_host.engine import installation
from fawkes_host.engine.album import cosines, mean_person
from fawkes_host.engine.levels import LEVELS
from fawkes_host.engine.pipeline import Engine
from fawkes_host.photo.decode import Limits, decode

POSTED, KEPT = 4, 6
"""Photos that are cloaked, and others that a tracker asks with."""


def embedded(engine: Engine, data: bytes):
    """The largest face of a photo."""
    return engine._look(decode(data, Limits()), data, Limits()).embeddings[0]


@pytest.mark.slow
def test_together_they_are_less_like_the_person(photos_of_people: Path, monkeypatch):
    monkeypatch.setattr(installation, "secret", lambda: b"the same installation each time, 32")
    engine = Engine()
    folders = (sorted(folder.glob("*.jpg")) for folder in sorted(photos_of_people.iterdir()))
    files = next(found for found in folders if len(found) >= POSTED + KEPT)
    photos = [file.read_bytes() for file in files[: POSTED + KEPT]]
    posted = photos[:POSTED]
    person = mean_person([embedded(engine, data) for data in photos[POSTED:]])

    def likeness() -> float:
        results = [engine.cloak(data, LEVELS["mid"]).data for data in posted]
        seen = [cosines(embedded(engine, data), person) for data in results]
        return float(np.mean([list(cosine.values()) for cosine in seen]))

    alone = likeness()
    for data in posted:
        engine.look_at(data)
    together = likeness()
    assert together < alone - 0.01

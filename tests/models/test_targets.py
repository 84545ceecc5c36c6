"""Targets are averages of a population, the same clusters under every network."""

from __future__ import annotations

import numpy as np

from fawkes_models import store, targets
from fawkes_models.registry import SURROGATES


def test_every_network_has_the_same_number_of_unit_targets() -> None:
    found = targets.load()
    assert list(found) == list(SURROGATES)
    assert len({len(rows) for rows in found.values()}) == 1
    for name, rows in found.items():
        assert rows.dtype == np.float32
        assert rows.shape[1] == store.load(name).embedding_size
        assert len(rows) >= 32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)


def test_targets_lie_around_the_centre_and_apart_from_each_other() -> None:
    for name, rows in targets.load().items():
        centre = store.load(name).centre
        # A mean of unit vectors is shorter than 1, and points where they do.
        assert 0 < np.linalg.norm(centre) < 1
        assert (rows @ centre).mean() > 0
        off = rows - centre
        off /= np.linalg.norm(off, axis=1, keepdims=True)
        cosines = off @ off.T
        np.fill_diagonal(cosines, -1)
        assert cosines.max() < 0.99
        assert abs(cosines[cosines > -1].mean()) < 0.2


def test_clusters_are_the_same_people_under_every_network() -> None:
    # Who resembles whom under one network resembles under another, more than chance.
    similarities = []
    for name, rows in targets.load().items():
        off = rows - store.load(name).centre
        off /= np.linalg.norm(off, axis=1, keepdims=True)
        similarities.append((off @ off.T)[np.triu_indices(len(off), 1)])
    agreement = np.corrcoef(similarities)
    assert agreement.min() > 0.3

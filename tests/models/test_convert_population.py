"""Statistics of a population: means, and nobody alone."""

from __future__ import annotations

import numpy as np

import population


def test_centre_is_the_mean_of_unit_embeddings_under_each_network() -> None:
    random = np.random.default_rng(3)
    rows = {
        name: population.normalise(random.normal(size=(12, d))) for name, d in (("a", 6), ("b", 8))
    }
    summary = population.summarise(list(rows), list(rows.values()))
    assert list(summary) == ["a/centre", "b/centre"]
    for name, embeddings in rows.items():
        np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1)
        np.testing.assert_allclose(summary[f"{name}/centre"], embeddings.mean(0), rtol=1e-5)

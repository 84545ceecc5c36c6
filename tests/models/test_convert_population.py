"""Statistics of a population: means, clusters of people, and nobody alone."""

from __future__ import annotations

import numpy as np

import population


def unit(rows: np.ndarray) -> np.ndarray:
    return population.normalise(rows)


def people_around(directions: np.ndarray, people: int, seed: int) -> np.ndarray:
    """``people`` unit vectors close to each of ``directions``."""
    noise = np.random.default_rng(seed).normal(size=(len(directions) * people, directions.shape[1]))
    return unit(np.repeat(directions, people, axis=0) + 0.05 * noise)


def test_clusters_on_the_sphere_are_found() -> None:
    labels = population.cluster_on_sphere(people_around(np.eye(5), people=8, seed=1), clusters=5)
    groups = labels.reshape(5, 8)
    assert (groups == groups[:, :1]).all()
    assert len(set(groups[:, 0])) == 5


def test_a_small_cluster_is_not_written() -> None:
    crowd = people_around(np.eye(4)[:3], people=10, seed=2)
    loner = np.eye(4)[3:]
    rows = unit(np.concatenate([crowd, loner]))
    summary = population.summarise(["net"], [rows], np.arange(len(rows)), clusters=4)
    assert len(summary["net/targets"]) == 3
    assert (summary["net/targets"] @ loner.T).max() < 0.5


def test_centre_is_the_mean_of_photos_and_targets_are_means_of_people() -> None:
    first, second = people_around(np.eye(6)[:3], 4, seed=3), people_around(np.eye(8)[:3], 4, seed=4)
    people = np.arange(12)
    doubled = np.concatenate([people, people[:4]])  # the first four have two photos each
    summary = population.summarise(
        ["a", "b"], [first[doubled], second[doubled]], doubled, clusters=3
    )
    np.testing.assert_allclose(summary["a/centre"], first[doubled].mean(0), rtol=1e-5)

    expected = {
        name: unit(rows.reshape(3, 4, -1).mean(1)) for name, rows in (("a", first), ("b", second))
    }
    order = (summary["a/targets"] @ expected["a"].T).argmax(1)
    assert sorted(order) == [0, 1, 2]
    for name in ("a", "b"):  # the same row is the same people under every network
        np.testing.assert_allclose(summary[f"{name}/targets"], expected[name][order], atol=1e-5)

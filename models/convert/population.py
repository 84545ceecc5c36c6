"""Makes ``weights/population.safetensors`` from any folder of faces.

    python models/convert/population.py FOLDER [--clusters 64]

``FOLDER`` holds one folder a person, each with photos of that person alone.
What is kept are averages: for every network the mean embedding of the
population (its centre), and the mean embedding of each of a few dozen clusters
of people (targets to pull towards).  No cluster is written that holds fewer
than ``MIN_PEOPLE``, so that no row is an individual's embedding.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

import alignment
from fawkes_models.network import Network
from fawkes_models.registry import POPULATION, SURROGATES
from fawkes_models.store import WEIGHTS_FOLDER, load_uncentred

Floats = NDArray[np.float64]

MIN_PEOPLE = 3
"""Fewer people in a cluster, and its mean would tell too much of each."""

_BATCH = 16
_RESTARTS = 8
_MAX_ROUNDS = 100


def embed_people(folder: Path, networks: list[Network]) -> tuple[list[Floats], NDArray[np.int64]]:
    """L2-normalised embeddings [n, d] under each network, and whose they are, int64 [n].

    Photos in which no face is found are left out and named on stderr.
    """
    import tensorflow as tf

    forwards = [tf.function(network, reduce_retracing=True) for network in networks]
    rows: list[list[NDArray[np.float32]]] = [[] for _ in networks]
    people: list[str] = []
    found = alignment.find_faces(alignment.list_photos(folder))
    while batch := list(itertools.islice(found, _BATCH)):
        people += [path.parent.name for path, _, _ in batch]
        for embedded, forward, network in zip(rows, forwards, networks, strict=True):
            template, size = network.template, network.input_size
            chips = [alignment.cut_chip(photo, at, template, size) for _, photo, at in batch]
            embedded.append(forward(tf.constant(np.stack(chips))).numpy())
    if not people:
        raise ValueError(f"no face in any photo of {folder}")
    embeddings = [normalise(np.concatenate(embedded).astype(np.float64)) for embedded in rows]
    return embeddings, np.unique(people, return_inverse=True)[1]


def normalise(rows: Floats) -> Floats:
    """Every row of ``rows`` [n, d], scaled to length 1."""
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def mean_by_group(rows: Floats, groups: NDArray[np.int64]) -> Floats:
    """Row g is the mean of the ``rows`` [n, d] whose group is g."""
    return np.stack([rows[groups == group].mean(0) for group in range(groups.max() + 1)])


def cluster_on_sphere(points: Floats, clusters: int, seed: int = 0) -> NDArray[np.int64]:
    """Spherical k-means (Dhillon & Modha, 2001): a cluster for each of ``points`` [n, d].

    Points are unit vectors.  The best of a few seeded starts; deterministic.
    """
    random = np.random.default_rng(seed)
    best, best_fit = np.zeros(len(points), np.int64), -np.inf
    for _ in range(_RESTARTS):
        means = points[random.choice(len(points), clusters, replace=False)]
        labels = np.full(len(points), -1)
        for _ in range(_MAX_ROUNDS):
            similarity = points @ means.T
            found = similarity.argmax(1)
            if (found == labels).all():
                break
            labels = found
            for cluster in range(clusters):
                members = points[labels == cluster]
                if len(members):
                    means[cluster] = members.mean(0)
                else:  # an empty cluster takes the point that fits worst
                    means[cluster] = points[similarity.max(1).argmin()]
            means = normalise(means)
        fit = float((points * means[labels]).sum())
        if fit > best_fit:
            best, best_fit = labels, fit
    return best


def summarise(
    names: list[str], embeddings: list[Floats], people: NDArray[np.int64], clusters: int
) -> dict[str, NDArray[np.float32]]:
    """``NAME/centre`` [d] and ``NAME/targets`` [k, d]; k ≤ ``clusters``."""
    centres = [rows.mean(0) for rows in embeddings]
    # Every network has the same say in who resembles whom.
    joint = normalise(
        np.hstack(
            [
                normalise(mean_by_group(normalise(rows - centre), people))
                for rows, centre in zip(embeddings, centres, strict=True)
            ]
        )
    )
    labels = cluster_on_sphere(joint, clusters)
    kept = [c for c in range(clusters) if (labels == c).sum() >= MIN_PEOPLE]
    summary: dict[str, NDArray[np.float32]] = {}
    for name, rows, centre in zip(names, embeddings, centres, strict=True):
        by_person = mean_by_group(rows, people)
        targets = normalise(np.stack([by_person[labels == c].mean(0) for c in kept]))
        summary[f"{name}/centre"] = centre.astype(np.float32)
        summary[f"{name}/targets"] = targets.astype(np.float32)
    return summary


def main() -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Make the statistics of a population.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clusters", type=int, default=64)
    parser.add_argument("--output", type=Path, default=WEIGHTS_FOLDER / POPULATION.name)
    arguments = parser.parse_args()
    names = list(SURROGATES)
    embeddings, people = embed_people(arguments.folder, [load_uncentred(name) for name in names])
    summary = summarise(names, embeddings, people, arguments.clusters)
    data = save(dict(sorted(summary.items())))
    arguments.output.write_bytes(data)
    kept = len(summary[f"{names[0]}/targets"])
    print(f"{len(people)} faces of {people.max() + 1} people, {kept} clusters")
    print(f"{len(data)} bytes  {hashlib.sha256(data).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

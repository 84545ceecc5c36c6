"""Tells how well a trained surrogate still recognises people, and how little it gives way.

    python models/train/assess.py NETWORK [FILE] --faces FOLDER [--radius 0.5]

``FOLDER`` holds one folder a person; ``FILE`` is what ``train.py`` wrote, and without one the
surrogate that ships is assessed.  Prints one JSON object: the share of photos whose nearest other
photo is the same person's, and the mean similarity between what its teacher (the surrogate that
ships; for ``student`` all of them) says of a face and what this one says of it, unchanged and after
an adversary's change.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import alignment
import student
from fawkes_models import store
from fawkes_models.network import Network
from fawkes_models.registry import SURROGATES
from robust import Adversary, perturb, signature
from teachers import load_with_teachers

BATCH = 12
ADVERSARY_STEPS = 5


def nearest_is_the_same(embeddings: NDArray[np.float32], people: NDArray[np.str_]) -> float:
    """The share of ``embeddings`` [n, d], of unit length, whose nearest other has the same of
    ``people`` [n]."""
    similarity = embeddings @ embeddings.T
    np.fill_diagonal(similarity, -1.0)
    return float((people[similarity.argmax(1)] == people).mean())


def assess(
    network: Network,
    target: NDArray[np.float32],
    chips: NDArray[np.float32],
    people: NDArray[np.str_],
    radius: float,
) -> dict[str, float]:
    """The figures for ``chips`` [n, s, s, 3], RGB 0..255, of ``people`` [n]; ``target`` [n, d] is
    what the teachers say of them."""
    see = _build_see(network, Adversary(radius, ADVERSARY_STEPS))
    noise = np.random.default_rng(0).normal(size=(*chips.shape[:3], 1)).astype(np.float32)
    parts = [slice(start, start + BATCH) for start in range(0, len(chips), BATCH)]
    seen = [see(chips[part], target[part], noise[part]) for part in parts]
    embeddings, unchanged, changed = (
        np.concatenate([part.numpy() for part in column]) for column in zip(*seen, strict=True)
    )
    return {
        "nearest_is_the_same": round(nearest_is_the_same(embeddings, people), 4),
        "similarity": round(float(unchanged.mean()), 4),
        "similarity_under_attack": round(float(changed.mean()), 4),
    }


def _build_see(network: Network, adversary: Adversary) -> Any:
    import tensorflow as tf

    @tf.function(autograph=False, input_signature=signature(network))
    def see(chips: Any, target: Any, noise: Any) -> Any:
        def embed(chips: Any) -> Any:
            return network.centred(network(chips))

        def likeness(embeddings: Any) -> Any:
            return tf.reduce_sum(embeddings * target, -1)

        embeddings = embed(chips)
        attacked = embed(perturb(embed, target, chips, noise, adversary))
        return embeddings, likeness(embeddings), likeness(attacked)

    return see


def cut_chips(
    folder: Path, networks: Sequence[Network]
) -> tuple[list[NDArray[np.float32]], NDArray[np.str_]]:
    """Chips float32 [n, s, s, 3] of the photos below ``folder``, for each of ``networks``, and
    whose they are.

    Raises ``ValueError`` where none shows a face.
    """
    chips: list[list[NDArray[np.float32]]] = [[] for _ in networks]
    people = []
    for path, photo, landmarks in alignment.find_faces(alignment.list_photos(folder)):
        for own, network in zip(chips, networks, strict=True):
            size, template = network.input_size, network.template
            own.append(alignment.cut_chip(photo, landmarks, template, size))
        people.append(path.parent.name)
    if not people:
        raise ValueError(f"no face in any photo of {folder}")
    return [np.stack(own) for own in chips], np.array(people)


def main() -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Assess a trained surrogate.")
    parser.add_argument("network", choices=[*SURROGATES, student.NAME])
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--radius", type=float, default=0.5, help="grey levels, root mean square")
    arguments = parser.parse_args()
    network, teachers = load_with_teachers(arguments.network)
    try:
        if arguments.file:
            network = store.retrained(network, arguments.file)
        (chips, *theirs), people = cut_chips(arguments.faces, [network, *teachers.networks])
    except (OSError, ValueError) as error:
        parser.error(str(error))
    target = teachers.say(theirs)
    print(json.dumps(assess(network, target, chips, people, arguments.radius)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Tells how well a trained surrogate still recognises people, and how little it gives way.

    python models/train/assess.py NETWORK [FILE] --faces FOLDER [--radius 0.5]

``FOLDER`` holds one folder a person; ``FILE`` is what ``train.py`` wrote, and without one the
surrogate that ships is assessed.  Prints one JSON object: the share of photos whose nearest other
photo is the same person's, and the mean similarity between what the surrogate that ships says of a
face and what this one says of it, unchanged and after an adversary's change.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import alignment
from fawkes_models import store
from fawkes_models.network import Network
from fawkes_models.registry import SURROGATES
from robust import Adversary, perturb, signature

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
    original: Network,
    chips: NDArray[np.float32],
    people: NDArray[np.str_],
    radius: float,
) -> dict[str, float]:
    """The figures for ``chips`` [n, s, s, 3], RGB 0..255, of ``people`` [n]."""
    see = _build_see(network, original, Adversary(radius, ADVERSARY_STEPS))
    noise = np.random.default_rng(0).normal(size=(*chips.shape[:3], 1)).astype(np.float32)
    starts = range(0, len(chips), BATCH)
    seen = [see(chips[s : s + BATCH], noise[s : s + BATCH]) for s in starts]
    embeddings, unchanged, changed = (
        np.concatenate([part.numpy() for part in column]) for column in zip(*seen, strict=True)
    )
    return {
        "nearest_is_the_same": round(nearest_is_the_same(embeddings, people), 4),
        "similarity": round(float(unchanged.mean()), 4),
        "similarity_under_attack": round(float(changed.mean()), 4),
    }


def _build_see(network: Network, original: Network, adversary: Adversary) -> Any:
    import tensorflow as tf

    @tf.function(autograph=False, input_signature=signature(network))
    def see(chips: Any, noise: Any) -> Any:
        def embed(chips: Any) -> Any:
            return network.centred(network(chips))

        def likeness(embeddings: Any) -> Any:
            return tf.reduce_sum(embeddings * target, -1)

        target = original.centred(original(chips))
        embeddings = embed(chips)
        attacked = embed(perturb(embed, target, chips, noise, adversary))
        return embeddings, likeness(embeddings), likeness(attacked)

    return see


def cut_chips(folder: Path, network: Network) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    """Chips float32 [n, s, s, 3] of the photos below ``folder``, and whose they are.

    Raises ``ValueError`` where none shows a face.
    """
    chips, people = [], []
    for path, photo, landmarks in alignment.find_faces(alignment.list_photos(folder)):
        chips.append(alignment.cut_chip(photo, landmarks, network.template, network.input_size))
        people.append(path.parent.name)
    if not chips:
        raise ValueError(f"no face in any photo of {folder}")
    return np.stack(chips), np.array(people)


def main() -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Assess a trained surrogate.")
    parser.add_argument("network", choices=list(SURROGATES))
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--radius", type=float, default=0.5, help="grey levels, root mean square")
    arguments = parser.parse_args()
    original = store.load(arguments.network)
    try:
        network = store.retrained(original, arguments.file) if arguments.file else original
        chips, people = cut_chips(arguments.faces, original)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    print(json.dumps(assess(network, original, chips, people, arguments.radius)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

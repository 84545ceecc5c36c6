"""Makes ``weights/population.safetensors`` from any folder of faces.

    python models/convert/population.py FOLDER [--only NAME…]

``FOLDER`` holds one folder a person, each with photos of that person alone.
What is kept is an average for every network: the mean embedding of the
population (its centre).  With ``--only`` all other networks' centres stay as they
are, to the bit.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

import alignment
from fawkes_models.network import Network
from fawkes_models.registry import NETWORKS, POPULATION
from fawkes_models.store import WEIGHTS_FOLDER, load_uncentred, read_population

Floats = NDArray[np.float64]

_BATCH = 16


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


def summarise(names: Sequence[str], embeddings: Sequence[Floats]) -> dict[str, NDArray[np.float32]]:
    """``NAME/centre`` [d] of every network's embeddings [n, d]."""
    return {
        f"{name}/centre": rows.mean(0).astype(np.float32)
        for name, rows in zip(names, embeddings, strict=True)
    }


def main() -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Make the statistics of a population.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--output", type=Path, default=WEIGHTS_FOLDER / POPULATION.name)
    parser.add_argument("--only", nargs="+", choices=NETWORKS, metavar="NAME")
    arguments = parser.parse_args()
    names = arguments.only or list(NETWORKS)
    embeddings, people = embed_people(arguments.folder, [load_uncentred(name) for name in names])
    summary = summarise(names, embeddings)
    if arguments.only:
        summary = dict(read_population()) | summary
    data = save(dict(sorted(summary.items())))
    arguments.output.write_bytes(data)
    print(f"{len(people)} faces of {people.max() + 1} people")
    print(f"{len(data)} bytes  {hashlib.sha256(data).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

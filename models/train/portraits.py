"""Portraits to train on: the face of every photo, in one size and place, and nobody's who judges.

Found once and kept in a file, since finding faces takes longer than a training run's start may.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import alignment

PORTRAIT_PX = 288
TEMPLATE = np.array([(108, 126), (180, 126), (144, 167), (114, 209), (174, 209)], np.float32)
"""Where the landmarks belong in a portrait: the chips of all networks, turned and shifted, lie
within."""

JUDGED_PEOPLE = Path(__file__).parent / "judged_people.txt"
"""Names of the folders of people whom evaluations judge by, one a line."""


@dataclass(frozen=True)
class Portraits:
    """``pixels`` uint8 [n, s, s, 3], RGB; ``landmarks`` float32 [n, 5, 2] in them."""

    pixels: NDArray[np.uint8]
    landmarks: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.pixels)


def read_judged_people(file: Path = JUDGED_PEOPLE) -> frozenset[str]:
    """The names of those who are never trained on."""
    return frozenset(file.read_text("utf-8").split())


def list_photos_to_train_on(folders: Sequence[Path], judged: frozenset[str]) -> list[Path]:
    """The photos below ``folders``, one folder a person, but for those of ``judged`` people."""
    photos = [photo for folder in folders for photo in alignment.list_photos(folder)]
    return [photo for photo in photos if judged.isdisjoint(photo.parts)]


def gather(photos: Sequence[Path], kept: Path) -> Portraits:
    """The portraits of ``photos``, found now or read from the file ``kept`` of an earlier run.

    Photos without a face are left out and named on stderr.  Raises ``ValueError`` where none has
    one.
    """
    names = "\n".join(str(photo) for photo in photos)
    digest = hashlib.sha256(names.encode()).hexdigest()
    if kept.exists():
        with np.load(kept) as file:
            if str(file["photos"]) == digest:
                return Portraits(file["pixels"], file["landmarks"])
    portraits = _find(photos)
    kept.parent.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(".part.npz")
    np.savez(part, photos=digest, pixels=portraits.pixels, landmarks=portraits.landmarks)
    part.replace(kept)
    return portraits


def _find(photos: Sequence[Path]) -> Portraits:
    pixels, places = [], []
    for _, photo, landmarks in alignment.find_faces(photos):
        chip = alignment.cut_chip(photo, landmarks, TEMPLATE, PORTRAIT_PX)
        pixels.append(np.clip(np.rint(chip), 0, 255).astype(np.uint8))
        to_portrait = alignment.fit_similarity(landmarks, TEMPLATE.astype(np.float64))
        places.append(landmarks @ to_portrait[:, :2].T + to_portrait[:, 2])
    if not pixels:
        raise ValueError("no face in any of the photos to train on")
    return Portraits(np.stack(pixels), np.stack(places).astype(np.float32))

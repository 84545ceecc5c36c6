"""Folders of people's photos, and the faces in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine.decode import decode
from fawkes_host.engine.detect import detect
from fawkes_host.protocol.errors import FawkesError

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})


@dataclass(frozen=True)
class PersonPhoto:
    """One photo of one person."""

    person: str
    path: Path


def find_photos(folder: Path) -> list[PersonPhoto]:
    """Return the photos of a folder that has one folder a person, in a stable order."""
    return [
        PersonPhoto(person.name, path)
        for person in sorted(folder.iterdir())
        if person.is_dir()
        for path in sorted(person.iterdir())
        if path.suffix.lower() in PHOTO_SUFFIXES
    ]


class Landmarks:
    """The landmarks of each photo's largest face, kept in a file since finding them takes long."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, list[list[float]] | None] = {}
        if file.exists():
            self._known = json.loads(file.read_text("utf-8"))

    def find(self, data: bytes) -> tuple[NDArray[np.uint8], NDArray[np.float32] | None]:
        """Return a photo's pixels uint8 [h, w, 3] and the landmarks float32 [5, 2] of its largest
        face, or ``None`` where the photo shows none."""
        pixels = decode(data).pixels
        key = hashlib.sha256(data).hexdigest()
        if key not in self._known:
            faces = detect(pixels)
            self._known[key] = faces[0].landmarks.tolist() if faces else None
        found = self._known[key]
        return pixels, None if found is None else np.array(found, np.float32)

    def save(self) -> None:
        """Write what has been found."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps(self._known), "utf-8")
        part.replace(self._file)


def faces_of(
    photos: list[PersonPhoto], landmarks: Landmarks, tell: Callable[[str], None]
) -> list[tuple[PersonPhoto, NDArray[np.uint8], NDArray[np.float32]]]:
    """Return pixels and landmarks of every photo that shows a face; tell of those that do not."""
    found = []
    for photo in photos:
        try:
            pixels, points = landmarks.find(photo.path.read_bytes())
        except FawkesError as error:
            tell(f"{photo.path}: {error}")
            continue
        if points is None:
            tell(f"{photo.path}: no face found")
            continue
        found.append((photo, pixels, points))
    return found

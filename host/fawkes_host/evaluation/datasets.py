"""Folders of people's photos, the faces in them, and which photos a person posts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine.detect import detect
from fawkes_host.photo.sandbox.client import decode
from fawkes_host.system.files import write_atomically

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})

FEWEST_PROBES = 5
"""So many photos of a person are never posted: they ask whether the person is known."""


@dataclass(frozen=True)
class PersonPhoto:
    """One photo of one person."""

    person: str
    path: Path


@dataclass(frozen=True)
class Person:
    """Someone whose photos are cloaked.

    ``posted`` are the originals of what is posted, in the order of posting; ``probes`` are never
    posted.
    """

    name: str
    posted: tuple[PersonPhoto, ...]
    probes: tuple[PersonPhoto, ...]


def find_photos(folder: Path) -> list[PersonPhoto]:
    """Return the photos of a folder that has one folder a person, in a stable order."""
    return [
        PersonPhoto(person.name, path)
        for person in sorted(folder.iterdir())
        if person.is_dir()
        for path in sorted(person.iterdir())
        if path.suffix.lower() in PHOTO_SUFFIXES
    ]


def choose_people(
    photos: Sequence[PersonPhoto], reserved: int, wanted: int, seed: int
) -> list[Person]:
    """Return so many people, a seeded choice of those who have ``reserved`` photos to post and
    probes besides; where they are too few, then also people who post fewer, and most of theirs
    first."""
    by_name: dict[str, list[PersonPhoto]] = {}
    for photo in photos:
        by_name.setdefault(photo.person, []).append(photo)
    full = [name for name, own in by_name.items() if len(own) >= reserved + FEWEST_PROBES]
    if wanted < len(full):
        chosen = sorted(np.random.default_rng(seed).choice(full, wanted, replace=False).tolist())
    else:
        rest = [n for n, own in by_name.items() if n not in full and len(own) > FEWEST_PROBES]
        rest.sort(key=lambda name: -len(by_name[name]))
        chosen = full + rest[: wanted - len(full)]
    people = []
    for name in chosen:
        own = by_name[name]
        posts = min(reserved, len(own) - FEWEST_PROBES)
        people.append(Person(name, tuple(own[:posts]), tuple(own[posts:])))
    return people


class Landmarks:
    """The landmarks of each photo's largest face, kept in a file since finding them takes long."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, list[list[float]] | None] = {}
        self._changed = False
        if file.exists():
            self._known = json.loads(file.read_text("utf-8"))

    def find(self, data: bytes) -> NDArray[np.float32] | None:
        """Return the landmarks float32 [5, 2] of the largest face of a photo, or ``None`` where it
        shows none.  Raises the errors of ``decode``."""
        key = hashlib.sha256(data).hexdigest()
        if key not in self._known:
            faces = detect(decode(data).pixels)
            self._known[key] = faces[0].landmarks.tolist() if faces else None
            self._changed = True
        found = self._known[key]
        return None if found is None else np.array(found, np.float32)

    def save(self) -> None:
        """Write what has been found."""
        if not self._changed:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._file, json.dumps(self._known).encode())
        self._changed = False

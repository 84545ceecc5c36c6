"""Whom decoys shall be taken for: a person, as the surrogates see them and as a camera does.

Of photos nothing is kept but where faces are and what the surrogates see: there may be thousands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine import align
from fawkes_host.engine.album import SAME_PERSON, Embeddings, PhotoFaces, likeness, mean_person


@dataclass(frozen=True, eq=False)
class Portrait:
    """One face: ``pixels`` uint8 [h, w, 3] of its crop alone, with ``landmarks`` float32 [5, 2] in
    it, and what the surrogates see of it."""

    pixels: NDArray[np.uint8] = field(repr=False)
    landmarks: NDArray[np.float32]
    embedding: Embeddings = field(repr=False)

    @classmethod
    def cut(
        cls, pixels: NDArray[np.uint8], landmarks: NDArray[np.float32], embedding: Embeddings
    ) -> Portrait:
        """Return that of a face with ``landmarks`` [5, 2] in a photo uint8 [h, w, 3]."""
        crop = align.face_crop(landmarks, pixels.shape[1], pixels.shape[0])
        corner = np.array([crop.left, crop.top], np.float32)
        return cls(pixels[crop.slices].copy(), landmarks - corner, embedding)


@dataclass(frozen=True)
class Likeness:
    """A person: ``embedding`` is what their photos have in common, ``places`` are their faces as
    (photo, face), of which there are none where only embeddings were kept."""

    embedding: Embeddings
    places: tuple[tuple[int, int], ...] = ()


def likeness_in(photos: Sequence[PhotoFaces]) -> Likeness | None:
    """Return who is on most of the photos; ``None`` where no photo shows a face."""
    places = tuple(find_person([photo.embeddings for photo in photos]))
    if not places:
        return None
    return Likeness(mean_person(photos[photo].embeddings[face] for photo, face in places), places)


def likeness_among(faces: Sequence[Embeddings]) -> Likeness:
    """Return the one of remembered faces who has most of them; ``faces`` has at least one."""
    members = find_person([[face] for face in faces])
    return Likeness(mean_person(faces[photo] for photo, _ in members))


def find_person(photos: Sequence[Sequence[Embeddings]]) -> list[tuple[int, int]]:
    """Return who is on most of the photos, as (photo, face) for each on which they are.

    ``photos`` holds the faces of each, largest first; nobody is found where none has a face.
    """
    most: list[tuple[int, int]] = []
    for number, faces in enumerate(photos):
        for which, face in enumerate(faces):
            found = [(number, which)]
            for other, others in enumerate(photos):
                if other == number or not others:
                    continue
                alike = [likeness(face, one) for one in others]
                best = int(np.argmax(alike))
                if alike[best] >= SAME_PERSON:
                    found.append((other, best))
            if len(found) > len(most):
                most = sorted(found)
    return most


def pair(
    donors: Sequence[NDArray[np.float32]], portraits: Sequence[NDArray[np.float32]]
) -> list[int | None]:
    """Return for each donor's face the number of a portrait whose head is held alike, both given by
    their landmarks [5, 2].

    Each portrait comes up about as often as the others, so that decoys together show the person
    from all sides.  Without portraits each has none.
    """
    if not portraits:
        return [None] * len(donors)
    used = np.zeros(len(portraits), int)
    chosen: list[int | None] = []
    for donor in donors:
        gaps = [_misfit(portrait, donor) for portrait in portraits]
        place = min(range(len(portraits)), key=lambda i: (used[i], gaps[i]))
        used[place] += 1
        chosen.append(place)
    return chosen


def _misfit(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return how far landmarks [5, 2] lie from others once they are aligned, in shares of their
    spread."""
    moved = align.apply(align.similarity(one, other), one)
    spread = np.linalg.norm(other - other.mean(axis=0))
    return float(np.linalg.norm(moved - other) / spread)

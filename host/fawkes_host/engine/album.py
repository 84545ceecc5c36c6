"""Photos that were enrolled, and who is on them.

One photo's embedding holds the person and the moment: pose, light, expression.  A cloak that moves
a face against it spends part of its budget on the moment, which other photos do not share.  The
mean over several photos is nearer to the person, so each of them protects the others
(``docs/experiments``).

An album is held in memory; ``remembered`` has those whom the user asked to remember.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine.detect import Face

SAME_PERSON = 0.5
"""Two faces are one person's from this mean cosine on, over the surrogates: of two photos of one
person 94 % are, and of two people's one pair in 5,000.  A wrong pair only weakens a cloak."""

SAME_PICTURE = 0.95
"""From here on they are one picture, saved twice, which tells nothing new."""

PHOTOS = 2000
"""An album holds so many; what was enrolled longest ago goes first.  A face takes 6 KB."""

Embeddings = Mapping[str, NDArray[np.float32]]
"""For each surrogate the centred unit embedding [d] of one face."""


@dataclass(frozen=True)
class PhotoFaces:
    """The faces of one photo, and what the surrogates see of each."""

    faces: tuple[Face, ...]
    embeddings: tuple[Embeddings, ...]
    doubtful: int = 0
    """Places that may show a face, and were not taken for one."""


class Album:
    """The faces of photos; a photo's key is its content's digest.

    ``remembered`` returns faces of people who are known without a photo in it.
    """

    def __init__(self, remembered: Callable[[], Sequence[Embeddings]] = tuple) -> None:
        self._remembered = remembered
        self._photos: OrderedDict[bytes, PhotoFaces] = OrderedDict()

    def __len__(self) -> int:
        return len(self._photos)

    def add(self, photo: bytes, found: PhotoFaces) -> None:
        """Put a photo in, or to the front again."""
        self._photos[photo] = found
        self._photos.move_to_end(photo)
        if len(self._photos) > PHOTOS:
            self._photos.popitem(last=False)

    def get(self, photo: bytes) -> PhotoFaces | None:
        """Return the faces of a photo, if it is in."""
        return self._photos.get(photo)

    def others(self, photo: bytes, face: Embeddings) -> list[Embeddings]:
        """Return the faces on other photos, and of those remembered, that are the same
        person's."""
        nearest = self._nearest(photo, face) + list(self._remembered())
        return [other for other in nearest if _same_person(face, other)]

    def remembered(self) -> list[Embeddings]:
        """Return the faces of people whom the user had remembered."""
        return list(self._remembered())

    def recurring(self) -> list[Embeddings]:
        """Return the faces of people who are on two photos or more."""
        return [
            face
            for photo, found in self._photos.items()
            for face in found.embeddings
            if any(_same_person(face, other) for other in self._nearest(photo, face))
        ]

    def _nearest(self, photo: bytes, face: Embeddings) -> list[Embeddings]:
        """Return of every other photo the face most like this one: a person is on it once."""
        others = [found.embeddings for key, found in self._photos.items() if key != photo]
        return [max(faces, key=partial(likeness, face)) for faces in others if faces]


def mean_person(faces: Iterable[Embeddings]) -> Embeddings:
    """Return the unit mean of one person's faces, for each surrogate."""
    faces = tuple(faces)
    sums = {name: np.sum([face[name] for face in faces], axis=0) for name in faces[0]}
    return {
        name: (total / np.linalg.norm(total)).astype(np.float32) for name, total in sums.items()
    }


def same_picture(one: Embeddings, other: Embeddings) -> bool:
    """Tell whether two faces are one face on one picture, perhaps saved twice."""
    return likeness(one, other) >= SAME_PICTURE


def cosines(one: Embeddings, other: Embeddings) -> dict[str, float]:
    """Return the similarity of two faces for each surrogate, 1 for the same one."""
    return {name: float(one[name] @ other[name]) for name in one}


def likeness(one: Embeddings, other: Embeddings) -> float:
    """Return the mean similarity of two faces over the surrogates."""
    return float(np.mean(list(cosines(one, other).values())))


def _same_person(one: Embeddings, other: Embeddings) -> bool:
    """Tell whether two faces are one person's, on two pictures."""
    return SAME_PERSON <= likeness(one, other) < SAME_PICTURE

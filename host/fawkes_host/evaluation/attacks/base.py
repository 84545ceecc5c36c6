"""What the attacks that are compared share: files in, files out, each photo by itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine.detect import Face, detect
from fawkes_host.photo.decode import Photo
from fawkes_host.photo.metadata import Policy
from fawkes_host.photo.sandbox.client import decode, encode_with_notices


class Attack(ABC):
    """One way of cloaking that learns nothing from other photos of a person."""

    batch = 1
    """Photos that are made together."""

    def enrol(self, photos: Sequence[bytes]) -> None:  # noqa: B027
        """Look at none of them."""

    @abstractmethod
    def make(self, photos: Sequence[bytes]) -> list[bytes]:
        """Return the cloaked files."""


class FaceAttack(Attack):
    """One that changes each face of a photo in turn."""

    def make(self, photos: Sequence[bytes]) -> list[bytes]:
        return [self._make(decode(data)) for data in photos]

    def _make(self, photo: Photo) -> bytes:
        pixels = photo.pixels
        for face in detect(photo.pixels):
            pixels = self.change_face(pixels, photo, face)
        return encode_with_notices(photo, pixels, Policy.STRIP).data

    @abstractmethod
    def change_face(self, pixels: NDArray[np.uint8], photo: Photo, face: Face) -> NDArray[np.uint8]:
        """Return pixels uint8 [h, w, 3], in which other faces may be changed, with this one changed
        too; ``photo`` is the original."""

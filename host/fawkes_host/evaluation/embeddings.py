"""Embeddings, each computed once and kept: every table and curve shares them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fawkes_host.evaluation.datasets import Landmarks
from fawkes_host.evaluation.recognisers import Embeddings, Recogniser, cut_chip, unit
from fawkes_host.evaluation.transforms import TRANSFORMS
from fawkes_host.photo.sandbox.client import decode
from fawkes_host.protocol.errors import FawkesError
from fawkes_host.system.files import write_atomically

SAVE_EVERY = 200


@dataclass(frozen=True)
class Picture:
    """A photo's file, and what happens to it before a tracker sees it."""

    path: Path
    transform: str | None = None


class EmbeddingStore:
    """What one recogniser makes of pictures."""

    def __init__(self, recogniser: Recogniser, landmarks: Landmarks, folder: Path) -> None:
        self.recogniser = recogniser
        self._landmarks = landmarks
        self._file = folder / f"{recogniser.name}-{recogniser.fingerprint}.npz"
        self._known: dict[str, Embeddings] = {}
        if self._file.exists():
            with np.load(self._file) as kept:
                self._known = dict(zip(kept["keys"].tolist(), kept["embeddings"], strict=True))
        self._new = 0

    def embed(
        self,
        pictures: Sequence[Picture],
        on_each: Callable[[int], None] | None = None,
    ) -> list[Embeddings | None]:
        """Return an embedding float32 [d] of length one for each picture, or ``None`` where the
        tracker finds no face.  ``on_each`` hears how many are done."""
        found: list[Embeddings | None] = []
        for number, picture in enumerate(pictures, start=1):
            data = picture.path.read_bytes()
            key = hashlib.sha256(data).hexdigest() + (picture.transform or "")
            if key not in self._known:
                chip = self.chip(picture, data)
                if chip is None:
                    found.append(None)
                    continue
                self._known[key] = unit(self.recogniser.embed(chip[None])[0])
                self._new += 1
                if self._new >= SAVE_EVERY:
                    self.save()
            found.append(self._known[key])
            if on_each is not None:
                on_each(number)
        self.save()
        return found

    def chip(self, picture: Picture, data: bytes | None = None) -> NDArray[np.uint8] | None:
        """Return the recogniser's chip of a picture, uint8 [s, s, 3], or ``None``.

        The face is looked for in the file; through a transform its landmarks are carried along,
        since transforms move nothing but the scale.
        """
        data = picture.path.read_bytes() if data is None else data
        try:
            points = self._landmarks.find(data)
        except FawkesError:
            return None
        if points is None:
            return None
        pixels = decode(data).pixels
        if picture.transform is not None:
            height, width = pixels.shape[:2]
            pixels = TRANSFORMS[picture.transform](pixels)
            scale = np.array([pixels.shape[1] / width, pixels.shape[0] / height])
            points = ((points + 0.5) * scale - 0.5).astype(np.float32)
        return cut_chip(pixels, points, self.recogniser)

    def save(self) -> None:
        """Write what is known."""
        if not self._new:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        content = io.BytesIO()
        keys = np.array(list(self._known))
        np.savez(content, keys=keys, embeddings=np.stack(list(self._known.values())))
        write_atomically(self._file, content.getvalue())
        self._new = 0

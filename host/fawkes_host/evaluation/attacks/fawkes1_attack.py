"""Fawkes 1.0 from file to file: the largest face of each photo, its optimiser, its merge."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine.detect import detect
from fawkes_host.evaluation.attacks.base import Attack
from fawkes_host.evaluation.attacks.fawkes1 import FAWKES_LEVELS, Fawkes1
from fawkes_host.evaluation.attacks.fawkes1_merge import frame_box
from fawkes_host.photo.metadata import Policy
from fawkes_host.photo.sandbox.client import decode, encode_with_notices


class Fawkes1Attack(Attack):
    """Fawkes 1.0: the largest face of each photo."""

    batch = 6

    def __init__(
        self, optimiser: Fawkes1, level: str, kept: dict[str, Any], stretched: bool
    ) -> None:
        """``stretched`` is the fault of its merge; ``kept`` is shared by attacks, so that both
        merges take one optimisation."""
        self._optimiser = optimiser
        self._level = FAWKES_LEVELS[level]
        self._kept = kept
        self._stretched = stretched

    def make(self, photos: Sequence[bytes]) -> list[bytes]:
        decoded = [decode(data) for data in photos]
        keys = [hashlib.sha256(data).hexdigest() + self._level.name for data in photos]
        self._optimise({k: d.pixels for k, d in zip(keys, decoded, strict=True)})
        made = []
        for photo, key, data in zip(decoded, keys, photos, strict=True):
            if self._kept[key] is None:
                made.append(data)
                continue
            frame, chip, cloaked = self._kept[key]
            pixels = frame.merge(photo.pixels, chip, cloaked, self._stretched)
            made.append(encode_with_notices(photo, pixels, Policy.STRIP).data)
        return made

    def _optimise(self, photos: dict[str, NDArray[np.uint8]]) -> None:
        """Keep frame, chip and cloaked chip of every photo, ``None`` where there is no face."""
        found = []
        for key, pixels in photos.items():
            if key in self._kept:
                continue
            faces = detect(pixels)
            if not faces:
                self._kept[key] = None
                continue
            frame = frame_box(faces[0])
            found.append((key, frame, frame.cut(pixels)))
        if found:
            chips = np.stack([chip for _, _, chip in found])
            changed = self._optimiser.optimise(chips, self._level)
            for (key, frame, chip), cloaked in zip(found, changed, strict=True):
                self._kept[key] = (frame, chip, cloaked)

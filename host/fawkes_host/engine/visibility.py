"""How visible a change of a face is, and whether that is within a level's budget.

Three measures together, since each alone can be gamed: SSIMULACRA2 lets smooth skin pay for busy
hair, FLIP does not see structure, and both overlook a few strong blotches, which ΔE shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import flip, ssimulacra2

VIEWED_PX = 512
"""Crops with a longer edge are judged as a screen shows them, shrunk to this.  At full size a
change that is 8 px wide in the shrunk crop is too coarse for the measures, but not for people."""

SMALLEST_CROP_PX = 16
"""Smaller crops are enlarged to this, since the coarse scales of SSIMULACRA2 need some pixels."""

DELTA_E_PERCENTILE = 99

Crop = NDArray[np.uint8] | NDArray[np.float32]


@dataclass(frozen=True)
class Visibility:
    """What can be seen of a change, in three measures.

    ``ssimulacra2``: 100 identical, 90 visually lossless, 70 high, 50 medium quality.
    ``flip``: mean LDR-FLIP, 0 identical.
    ``delta_e``: 99th percentile over the pixels of CIE76 ΔE.
    """

    ssimulacra2: float
    flip: float
    delta_e: float


@dataclass(frozen=True)
class Budget:
    """The most that may be seen: the worst value of each measure that is within it."""

    ssimulacra2: float
    flip: float
    delta_e: float

    def room(self, seen: Visibility) -> float:
        """Return the share of the budget that is left: 1 for no change, 0 for a change that spends
        it in one measure, negative beyond."""
        return 1.0 - max(
            (100.0 - seen.ssimulacra2) / (100.0 - self.ssimulacra2),
            seen.flip / self.flip,
            seen.delta_e / self.delta_e,
        )


class Viewer:
    """Looks at changes of one face crop, [h, w, 3] RGB 0..255."""

    def __init__(self, original: Crop) -> None:
        height, width = original.shape[:2]
        scale = min(1.0, VIEWED_PX / max(height, width))
        scale = max(scale, SMALLEST_CROP_PX / min(height, width))
        self._size = (max(1, round(width * scale)), max(1, round(height * scale)))
        self._resize = scale != 1.0
        view = self._view(original)
        self._ssimulacra2 = ssimulacra2.Reference(view)
        self._flip = flip.Reference(view)
        self._lab = to_lab(view)

    def _view(self, crop: Crop) -> Crop:
        if self._resize:
            image = Image.fromarray(np.rint(crop).astype(np.uint8))
            crop = np.asarray(image.resize(self._size, Image.Resampling.BICUBIC))
        return crop[None]

    def see(self, changed: Crop) -> Visibility:
        """Measure a changed crop of the original's size."""
        view = self._view(changed)
        delta_e = np.sqrt(np.sum((to_lab(view) - self._lab) ** 2, axis=-1))
        return Visibility(
            ssimulacra2=float(self._ssimulacra2.score(view)[0]),
            flip=float(self._flip.mean(view)[0]),
            delta_e=float(np.percentile(delta_e, DELTA_E_PERCENTILE)),
        )


def to_lab(srgb: Any) -> NDArray[np.float32]:
    """CIE Lab (D65) of sRGB 0..255, last axis of both."""
    return np.asarray(flip.to_lab(flip.to_xyz(srgb)))

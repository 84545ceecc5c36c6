"""How visible a change of a face is, and whether that is within a level's budget.

Three measures together, since each alone can be gamed: SSIMULACRA2 lets smooth skin pay for busy
hair, FLIP does not see structure, and both overlook a few strong blotches, which ΔE shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .flip import flip, to_lab, to_xyz
from .ssimulacra2 import ssimulacra2

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
        self._original = self._view(original)

    def _view(self, crop: Crop) -> NDArray[np.float32]:
        if self._resize:
            image = Image.fromarray(np.rint(crop).astype(np.uint8))
            crop = np.asarray(image.resize(self._size, Image.Resampling.BICUBIC))
        return crop[None].astype(np.float32)

    def see(self, changed: Crop) -> Visibility:
        """Measure a changed crop of the original's size."""
        score, difference, delta_e = _measure()(self._original, self._view(changed))
        return Visibility(
            ssimulacra2=float(score),
            flip=float(difference),
            delta_e=float(np.percentile(delta_e, DELTA_E_PERCENTILE)),
        )


@lru_cache(maxsize=1)
def _measure() -> Any:
    """All measures of one pair of crops as one graph for crops of any size."""
    import tensorflow as tf

    crop = tf.TensorSpec((1, None, None, 3))

    @tf.function(input_signature=[crop, crop], autograph=False)
    def measure(original: Any, changed: Any) -> Any:
        gap = to_lab(to_xyz(original)) - to_lab(to_xyz(changed))
        delta_e = tf.sqrt(tf.reduce_sum(gap**2, axis=-1))
        return ssimulacra2(original, changed)[0], flip(original, changed)[0], delta_e

    return measure

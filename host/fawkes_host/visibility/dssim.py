"""DSSIM, the measure of change of the Fawkes paper (Shan et al., 2020): (1 − SSIM) / 2, of the mean
SSIM of Wang et al. (2004)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SMALLEST_CROP_PX = 11
"""SSIM's Gaussian window; a smaller crop is grown by its mirrored border."""


def dssim(original: NDArray[np.uint8], changed: NDArray[np.uint8]) -> float:
    """Return the DSSIM of two crops uint8 [h, w, 3] RGB: 0 identical, 0.5 unrelated."""
    import tensorflow as tf

    short = [max(0, SMALLEST_CROP_PX - size) for size in original.shape[:2]]
    border = [(0, short[0]), (0, short[1]), (0, 0)]
    pair = [np.pad(crop, border, mode="symmetric") for crop in (original, changed)]
    return float((1.0 - tf.image.ssim(pair[0][None], pair[1][None], 255)[0]) / 2.0)

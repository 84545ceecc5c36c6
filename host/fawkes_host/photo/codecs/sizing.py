"""Finds the quality that gives a lossy file back its size."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

CLOSE_ENOUGH = 0.1
CLOSE_ENOUGH_BYTES = 64
"""The search ends when the size is within this share of the original's (0.2 is promised), or this
many bytes of it, which for the tiniest of files is nothing that quality could tell."""

MOST_ENCODINGS = 5

_USUAL_SLOPE = math.log(2) / 14
"""Growth of log size a step of quality: files double in about 14 steps of WebP, HEVC and AV1."""

_TILE_PX = 256
_WORTH_SAMPLING_PX = 1_500_000
"""Below this, an encoding of the whole picture takes little longer than that of a sample."""

_TYPICAL_QUALITY = 60


def fit_size(
    encode: Callable[[int], bytes],
    target_bytes: int,
    start: int,
    measure: Callable[[bytes], int] = len,
) -> bytes:
    """Return ``encode(quality)`` for the quality whose result comes nearest to ``target_bytes``.

    Quality is 1 to 100.  Starts at ``start``, then follows the secant of log size over quality; a
    handful of encodings at most.  ``measure`` tells the size that is compared.
    """
    files: dict[int, bytes] = {}

    def size_at(quality: int) -> int:
        files[quality] = encode(quality)
        return measure(files[quality])

    return files[_search(size_at, target_bytes, start)]


def estimate_quality(
    encode: Callable[[NDArray[Any], int], bytes],
    samples: NDArray[Any],
    target_bytes: int,
    measure: Callable[[bytes], int] = len,
) -> int:
    """Guess the quality at which ``samples`` [h, w, c] take ``target_bytes``, from a few tiles.

    ``encode`` is called with [h, w, c] and a quality.
    """
    height, width = samples.shape[:2]
    if height * width < _WORTH_SAMPLING_PX or min(height, width) < _TILE_PX:
        return _TYPICAL_QUALITY
    rows = np.linspace(0, height - _TILE_PX, 3).astype(int)
    columns = np.linspace(0, width - _TILE_PX, 4).astype(int)
    bands = [
        np.concatenate([samples[y : y + _TILE_PX, x : x + _TILE_PX] for x in columns], axis=1)
        for y in rows
    ]
    mosaic = np.concatenate(bands)
    share = mosaic.shape[0] * mosaic.shape[1] / (height * width)
    target = max(1, round(target_bytes * share))
    return _search(lambda quality: measure(encode(mosaic, quality)), target, _TYPICAL_QUALITY)


def _search(size_at: Callable[[int], int], target_bytes: int, start: int) -> int:
    """Return the quality of those tried whose size comes nearest to ``target_bytes``."""
    quality = start
    sizes: dict[int, int] = {}
    while True:
        sizes[quality] = size_at(quality)
        best = min(sizes, key=lambda tried: abs(math.log(sizes[tried] / target_bytes)))
        allowed = max(CLOSE_ENOUGH_BYTES, CLOSE_ENOUGH * target_bytes)
        if abs(sizes[best] - target_bytes) <= allowed or len(sizes) == MOST_ENCODINGS:
            return best
        quality = _next_quality(sizes, best, target_bytes)
        if quality in sizes:
            return best


def _next_quality(sizes: dict[int, int], best: int, target_bytes: int) -> int:
    slope = _USUAL_SLOPE
    others = [quality for quality in sizes if quality != best]
    if others:
        other = min(others, key=lambda quality: abs(quality - best))
        rise = math.log(sizes[best] / sizes[other]) / (best - other)
        slope = max(rise, _USUAL_SLOPE / 10)
    step = math.log(target_bytes / sizes[best]) / slope
    return min(100, max(1, best + (math.ceil(step) if step > 0 else math.floor(step))))

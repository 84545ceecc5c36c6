"""Finds the quality that gives a lossy file back its size."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

CLOSE_ENOUGH = 0.1
"""The search ends when the size is within this share of the original's; 0.2 is promised."""

MOST_ENCODINGS = 5

_USUAL_SLOPE = math.log(2) / 14
"""Growth of log size a step of quality: files double in about 14 steps of WebP, HEVC and AV1."""

_TILE_PX = 256
_TILES = 12
_WORTH_SAMPLING_PX = 1_500_000
"""Below this, an encoding of the whole picture takes little longer than that of a sample."""

_TYPICAL_QUALITY = 60


def fit_size(
    encode: Callable[[int], bytes],
    target_bytes: int,
    start: int,
    lowest: int = 1,
    highest: int = 100,
) -> bytes:
    """Return ``encode(quality)`` for the quality whose result comes nearest to ``target_bytes``.

    Starts at ``start``, then follows the secant of log size over quality; a handful of encodings
    at most.
    """
    tried = _search(encode, target_bytes, start, lowest, highest)
    return tried[_nearest(tried, target_bytes)]


def estimate_quality(
    encode: Callable[[NDArray[Any], int], bytes], samples: NDArray[Any], target_bytes: int
) -> int:
    """Guess the quality at which ``samples`` [h, w, c] take ``target_bytes``, from a few tiles.

    ``encode`` is called with [h, w, c] and a quality.
    """
    height, width = samples.shape[:2]
    if height * width < _WORTH_SAMPLING_PX or min(height, width) < _TILE_PX:
        return _TYPICAL_QUALITY
    columns = np.linspace(0, width - _TILE_PX, 4).astype(int)
    rows = np.linspace(0, height - _TILE_PX, _TILES // 4).astype(int)
    mosaic = np.concatenate(
        [
            np.concatenate([samples[y : y + _TILE_PX, x : x + _TILE_PX] for x in columns], axis=1)
            for y in rows
        ]
    )
    share = mosaic.shape[0] * mosaic.shape[1] / (height * width)
    target = max(1, round(target_bytes * share))
    tried = _search(lambda quality: encode(mosaic, quality), target, _TYPICAL_QUALITY, 1, 100)
    return _nearest(tried, target)


def _search(
    encode: Callable[[int], bytes], target_bytes: int, start: int, lowest: int, highest: int
) -> dict[int, bytes]:
    quality = min(highest, max(lowest, start))
    tried: dict[int, bytes] = {}
    while True:
        tried[quality] = encode(quality)
        best = _nearest(tried, target_bytes)
        if _distance(tried[best], target_bytes) < math.log1p(CLOSE_ENOUGH):
            return tried
        following = _next_quality(tried, best, target_bytes, lowest, highest)
        if following in tried or len(tried) == MOST_ENCODINGS:
            return tried
        quality = following


def _nearest(tried: dict[int, bytes], target_bytes: int) -> int:
    return min(tried, key=lambda quality: _distance(tried[quality], target_bytes))


def _distance(encoded: bytes, target_bytes: int) -> float:
    return abs(math.log(len(encoded) / target_bytes))


def _next_quality(
    tried: dict[int, bytes], quality: int, target_bytes: int, lowest: int, highest: int
) -> int:
    slope = _USUAL_SLOPE
    others = sorted((q for q in tried if q != quality), key=lambda q: abs(q - quality))
    if others:
        rise = math.log(len(tried[quality]) / len(tried[others[0]])) / (quality - others[0])
        slope = max(rise, _USUAL_SLOPE / 10)
    step = math.log(target_bytes / len(tried[quality])) / slope
    return min(highest, max(lowest, quality + (math.ceil(step) if step > 0 else math.floor(step))))

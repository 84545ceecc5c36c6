"""Finds the quality that gives a lossy file back its size."""

from __future__ import annotations

import math
from collections.abc import Callable

CLOSE_ENOUGH = 0.1
"""The search ends when the size is within this share of the original's; 0.2 is promised."""

MOST_ENCODINGS = 5

_USUAL_SLOPE = math.log(2) / 14
"""Growth of log size a step of quality: files double in about 14 steps of WebP, HEVC and AV1."""


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
    quality = min(highest, max(lowest, start))
    tried: dict[int, bytes] = {}
    while True:
        tried[quality] = encode(quality)
        best = min(tried, key=lambda q: _distance(tried[q], target_bytes))
        if _distance(tried[best], target_bytes) < math.log1p(CLOSE_ENOUGH):
            break
        following = _next_quality(tried, quality, target_bytes, lowest, highest)
        if following in tried or len(tried) == MOST_ENCODINGS:
            break
        quality = following
    return tried[best]


def _distance(encoded: bytes, target_bytes: int) -> float:
    return abs(math.log(len(encoded) / target_bytes))


def _next_quality(
    tried: dict[int, bytes], quality: int, target_bytes: int, lowest: int, highest: int
) -> int:
    slope = _USUAL_SLOPE
    if len(tried) > 1:
        others = sorted((q for q in tried if q != quality), key=lambda q: abs(q - quality))
        rise = math.log(len(tried[quality]) / len(tried[others[0]])) / (quality - others[0])
        if rise > _USUAL_SLOPE / 10:
            slope = rise
    step = math.log(target_bytes / len(tried[quality])) / slope
    return min(highest, max(lowest, quality + (math.ceil(step) if step > 0 else math.floor(step))))

"""Small copies of a photo, to take the place of those that show the face as it was."""

from __future__ import annotations

import io
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_QUALITIES = (85, 75, 60, 45, 30)
"""Tried one after the other, until the thumbnail fits where the old one was."""

_LARGEST_EDGE_PX = 2048
"""Larger ones are no thumbnails, and are not worth the time."""


class Thumbnails:
    """Makes thumbnails of one photo, uint8 [h, w, 3] RGB."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self._pixels = pixels

    @cached_property
    def _picture(self) -> Image.Image:
        return Image.fromarray(np.ascontiguousarray(self._pixels))

    def _fitted(self, size: tuple[int, int]) -> Image.Image:
        """Return the photo as large as fits into ``size``, its proportions kept."""
        width, height = self._picture.size
        scale = min(1.0, size[0] / width, size[1] / height)
        return self._resized((max(1, round(width * scale)), max(1, round(height * scale))))

    def _resized(self, size: tuple[int, int]) -> Image.Image:
        return self._picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)

    def jpeg(self, size: tuple[int, int], most_bytes: int) -> bytes | None:
        """Return a JPEG of at most ``size`` and ``most_bytes``; None where none is so small."""
        if not 0 < max(size) <= _LARGEST_EDGE_PX or min(size) < 1:
            return None
        small = self._fitted(size)
        for quality in _QUALITIES:
            buffer = io.BytesIO()
            small.save(buffer, "JPEG", quality=quality, optimize=True)
            if buffer.tell() <= most_bytes:
                return buffer.getvalue()
        return None

    def rgb(self, size: tuple[int, int]) -> bytes:
        """Return the three bytes of each pixel of a copy of exactly ``size``, row by row."""
        return self._resized(size).tobytes()

"""What a file says of its size, read before any memory is taken for its pixels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Header:
    """Size and number of frames as stored: before any EXIF orientation is applied."""

    width: int
    height: int
    frames: int = 1

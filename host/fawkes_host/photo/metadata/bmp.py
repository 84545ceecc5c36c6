"""Applies a removal to a BMP, which has no metadata: only what follows the pixels can go."""

from __future__ import annotations

from fawkes_host.photo.containers import bmp
from fawkes_host.photo.metadata.policy import Removal


def scrub(data: bytes, removal: Removal) -> bytes:
    """Return the file up to the end that its header gives, unless all is to stay."""
    if removal.nothing:
        return data
    end = bmp.read_end(data)
    if not data[end:].strip(b"\0"):
        return data
    removal.note("trailing_data_removed")
    return data[:end]

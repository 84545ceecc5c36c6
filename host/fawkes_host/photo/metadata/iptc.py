"""Takes the place out of IPTC's Information Interchange Model (IIM 4.2)."""

from __future__ import annotations

from fawkes_host.photo.metadata.policy import Removal

_PLACE = frozenset((2, dataset) for dataset in (26, 27, 90, 92, 95, 100, 101))
"""Content location code and name, city, sublocation, province or state, country code and name."""


def scrub(data: bytes, removal: Removal) -> bytes | None:
    """Return the datasets without those of place; None when nothing may stay."""
    if removal.everything:
        return None
    if not removal.location:
        return data
    kept = bytearray()
    position = 0
    while position + 5 <= len(data) and data[position] == 0x1C:
        end = _dataset_end(data, position)
        if end is None:
            removal.note("metadata_unreadable")
            return None
        if (data[position + 1], data[position + 2]) not in _PLACE:
            kept += data[position:end]
        position = end
    if data[position:].strip(b"\0"):
        removal.note("metadata_unreadable")
        return None
    kept += data[position:]
    return bytes(kept)


def _dataset_end(data: bytes, position: int) -> int | None:
    length = int.from_bytes(data[position + 3 : position + 5], "big")
    start = position + 5
    if length & 0x8000:  # an extended dataset: the number of bytes that hold its length
        width = length & 0x7FFF
        if width > 4:
            return None
        length = int.from_bytes(data[start : start + width], "big")
        start += width
    end = start + length
    return end if end <= len(data) else None

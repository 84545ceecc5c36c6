"""Takes place and previews out of Photoshop's image resources (Adobe's file format specification).

They hold IPTC, and may hold XMP, EXIF and a thumbnail once more.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from fawkes_host.photo.containers import jpeg
from fawkes_host.photo.metadata import iptc, xmp
from fawkes_host.photo.metadata.policy import Removal

PREFIX = b"Photoshop 3.0\0"
"""What stands before the resources in a JPEG's APP13."""

_SIGNATURE = b"8BIM"
_IPTC, _EXIF, _EXIF_3, _XMP, _IPTC_DIGEST = 0x0404, 0x0422, 0x0423, 0x0424, 0x0425
_JPEG_THUMBNAIL = 0x040C
_THUMBNAILS = (0x0409, _JPEG_THUMBNAIL)
_MOST_THUMBNAIL_BYTES = 40_000
"""Resources of a JPEG are cut over segments of 64 KB each."""


@dataclass(frozen=True)
class _Resource:
    identifier: int
    name: bytes
    """A Pascal string, filled up to an even number of bytes."""
    payload: bytes

    def to_bytes(self) -> bytes:
        head = _SIGNATURE + struct.pack(">H", self.identifier) + self.name
        padding = b"\0" * (len(self.payload) % 2)
        return head + struct.pack(">I", len(self.payload)) + self.payload + padding


def scrub(data: bytes, removal: Removal) -> bytes | None:
    """Return the resources without what ``removal`` names; None when nothing may stay."""
    if removal.everything:
        return None
    if removal.nothing:
        return data
    resources = _parse(data)
    if resources is None:
        removal.note("metadata_unreadable")
        return None
    kept: list[_Resource] = []
    for resource in resources:
        payload: bytes | None = resource.payload
        if resource.identifier == _IPTC:
            payload = iptc.scrub(resource.payload, removal)
        elif resource.identifier == _XMP:
            payload = xmp.scrub(resource.payload, removal)
        elif resource.identifier in (_EXIF, _EXIF_3):
            payload = None  # a copy of the file's own EXIF
        elif resource.identifier in _THUMBNAILS and removal.previews:
            payload = _new_thumbnail(resource, removal)
        if payload is not None:
            kept.append(_Resource(resource.identifier, resource.name, payload))
    if kept == resources:
        return data
    # The digest tells Photoshop that IPTC is as it wrote it, which is no longer so.
    kept = [resource for resource in kept if resource.identifier != _IPTC_DIGEST]
    return b"".join(resource.to_bytes() for resource in kept) or None


def _new_thumbnail(resource: _Resource, removal: Removal) -> bytes | None:
    """Return the thumbnail of the photo as it is now; None where it cannot be made."""
    old = resource.payload
    if removal.thumbnails and resource.identifier == _JPEG_THUMBNAIL and len(old) >= 28:
        width, height = struct.unpack_from(">II", old, 4)
        picture = removal.thumbnails.jpeg((width, height), _MOST_THUMBNAIL_BYTES)
        if picture is not None:
            header = jpeg.read_header(picture)
            row_bytes = (header.width * 24 + 31) // 32 * 4
            head = struct.pack(
                ">6I2H",
                *(1, header.width, header.height, row_bytes, row_bytes * header.height),
                *(len(picture), 24, 1),
            )
            return head + picture
    removal.note("thumbnail_removed")
    return None


def _parse(data: bytes) -> list[_Resource] | None:
    """Cut the resources apart; None when they cannot be read to the end."""
    resources: list[_Resource] = []
    position = 0
    while data[position : position + 4] == _SIGNATURE:
        if position + 7 > len(data):
            return None
        name_end = position + 7 + data[position + 6]
        name_end += (name_end - position - 6) % 2
        size = int.from_bytes(data[name_end : name_end + 4], "big")
        end = name_end + 4 + size
        if end > len(data):
            return None
        identifier = int.from_bytes(data[position + 4 : position + 6], "big")
        resources.append(
            _Resource(identifier, data[position + 6 : name_end], data[name_end + 4 : end])
        )
        position = end + size % 2
    return None if data[position:].strip(b"\0 ") else resources

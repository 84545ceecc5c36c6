"""Applies a removal to HEIF and AVIF, in place: the file's offsets leave no other way."""

from __future__ import annotations

from fawkes_host.photo.containers import tiff
from fawkes_host.photo.containers.heif import HeifFile, Item
from fawkes_host.photo.containers.isobmff import Box, boxes
from fawkes_host.photo.metadata import exif, movie, xmp
from fawkes_host.photo.metadata.policy import Removal
from fawkes_host.protocol.errors import DamagedImage

_XMP_TYPE = b"application/rdf+xml"
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
"""Names a box of XMP (XMP specification, part 3, 1.2.7.1)."""

_EMPTY_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'

_PLACELESS_BOXES = frozenset(b"ftyp styp meta mdat idat free skip wide moof mfra sidx pdin".split())
_METADATA_KINDS = frozenset({b"Exif", b"mime", b"uri "})


def scrub(data: bytes, removal: Removal) -> bytes:
    """Return the file without what ``removal`` names: as long as before, its pictures untouched."""
    if removal.nothing:
        return data
    file = HeifFile(data)
    result = bytearray(data)
    pictures = []
    for item in file.items.values():
        if item.kind not in _METADATA_KINDS:
            pictures += list(item.extents or ())
    for item in file.items.values():
        if item.kind in _METADATA_KINDS:
            content = file.read(item)
            cleaned = _scrub_item(item, content, removal)
            if cleaned != content:
                _write(result, item, cleaned, pictures)
    for box in boxes(data):
        _scrub_box(result, data, box, removal, pictures)
    return bytes(result)


def note_removal(file: HeifFile, removal: Removal, thumbnails: bool = False) -> None:
    """Tell what is lost when only the picture to show is written anew.

    ``thumbnails`` tells whether these are written anew too.
    """
    shown = file.shown_items()
    rebuilt = file.thumbnail_items() if thumbnails or removal.everything else set()
    for item in file.items.values():
        if item.identifier in shown or item.kind == b"Exif":
            continue
        if item.identifier in rebuilt:
            continue
        if item.kind != b"mime" or item.content_type != _XMP_TYPE:
            removal.note("companion_pictures_removed")
    if any(box.kind in (b"mpvd", b"moov") for box in boxes(file.data)):
        removal.note("motion_video_removed")


def read_exif(file: HeifFile) -> bytes:
    """Return the TIFF structure of the EXIF item, empty where there is none."""
    item = next((item for item in file.items.values() if item.kind == b"Exif"), None)
    return _split_exif(file.read(item))[1] if item else b""


def read_xmp(file: HeifFile) -> bytes:
    """Return the XMP packet, empty where there is none or it is compressed."""
    for item in file.items.values():
        if item.kind == b"mime" and item.content_type == _XMP_TYPE and not item.encoded:
            return file.read(item)
    return b""


def _split_exif(content: bytes) -> tuple[bytes, bytes]:
    """Return what stands before the TIFF structure, and the structure."""
    start = 4 + int.from_bytes(content[:4], "big")
    return content[:start], content[start:]


def _scrub_item(item: Item, content: bytes, removal: Removal) -> bytes:
    """Return the item's bytes, as many as before, without what ``removal`` names."""
    if item.kind == b"Exif":
        head, structure = _split_exif(content)
        cleaned = exif.scrub(structure, removal)
        if cleaned is None:
            # Readers call an empty item damaged, so the smallest structure stays.
            cleaned = tiff.make_exif(tiff.read_orientation(structure))
        return (head + cleaned).ljust(len(content), b"\0")[: len(content)]
    if item.kind == b"mime" and item.content_type == _XMP_TYPE and not item.encoded:
        packet = xmp.scrub(content, removal)
        if packet is None:
            packet = _EMPTY_XMP if len(content) >= len(_EMPTY_XMP) else b""
        return packet.ljust(len(content), b" ")
    removal.note("unknown_metadata_removed")
    return bytes(len(content))


def _write(result: bytearray, item: Item, content: bytes, pictures: list[tuple[int, int]]) -> None:
    position = 0
    for start, end in item.extents or ():
        if _overlaps(start, end, pictures):
            raise DamagedImage(detail="metadata and a picture share their bytes")
        result[start:end] = content[position : position + end - start]
        position += end - start


def _overlaps(start: int, end: int, extents: list[tuple[int, int]]) -> bool:
    return any(start < other_end and other_start < end for other_start, other_end in extents)


def _scrub_box(
    result: bytearray,
    data: bytes,
    box: Box,
    removal: Removal,
    pictures: list[tuple[int, int]],
) -> None:
    if box.kind in _PLACELESS_BOXES or _overlaps(box.start, box.end, pictures):
        return
    if box.kind == b"uuid" and data[box.body : box.body + 16] == _XMP_UUID:
        start = box.body + 16
        packet = xmp.scrub(data[start : box.end], removal) or b""
        result[start : box.end] = packet.ljust(box.end - start, b" ")
        return
    if box.kind == b"moov" or (box.kind == b"mpvd" and not removal.everything):
        # The tracks of a sequence stay with every policy: they are what its brands say it is.
        start, end = (box.start, box.end) if box.kind == b"moov" else (box.body, box.end)
        scrub_movie = movie.strip if removal.everything else movie.scrub
        cleaned = scrub_movie(data[start:end])
        if cleaned is not None:
            result[start:end] = cleaned
            return
    removal.note("motion_video_removed" if box.kind == b"mpvd" else "unknown_metadata_removed")
    result[box.start + 4 : box.start + 8] = b"free"
    result[box.body : box.end] = bytes(box.end - box.body)

"""Takes place and previews out of EXIF, in place (CIPA DC-008; Adobe's TIFF tags)."""

from __future__ import annotations

import re

from fawkes_host.photo.containers import jpeg, tiff
from fawkes_host.photo.containers.tiff import Directory, TiffFile
from fawkes_host.photo.metadata import iptc, photoshop, xmp
from fawkes_host.photo.metadata.policy import Removal
from fawkes_host.protocol.errors import DamagedImage

PREFIX = b"Exif\0\0"
"""What stands before the TIFF structure in JPEG and in some WebP files."""

_GEOTIFF = (33550, 33922, 34264, 34735, 34736, 34737)
"""ModelPixelScale, ModelTiepoint, ModelTransformation, GeoKeyDirectory, GeoDoubleParams,
GeoAsciiParams: where on earth each pixel lies."""

_PLACELESS_MAKER_NOTES = (b"Apple iOS\0",)
"""Makers whose notes hold no place and no preview, and are needed to show the photo (Apple's tell
how bright its HDR part is).  Of all others some model or other writes a city, a landmark or a
country, in a format of its own, so they are taken out whole."""

_JPEG_START = re.compile(rb"\xd8\xff[\xc0\xc4\xdb\xe0-\xef\xfe]")
"""The start of a JPEG stream but for its first byte, which some makers of cameras change."""


def scrub(data: bytes, removal: Removal) -> bytes | None:
    """Return the TIFF structure ``data`` without what ``removal`` names; None when it goes whole.

    What cannot be read cannot be checked for a place or a preview, and goes but for the
    orientation.
    """
    if removal.nothing:
        return data
    if removal.everything:
        return _orientation_alone(data)
    try:
        return _scrub_parts(TiffFile(data), removal)
    except DamagedImage:
        removal.note("metadata_unreadable")
        return _orientation_alone(data)


def _orientation_alone(data: bytes) -> bytes | None:
    orientation = tiff.read_orientation(data)
    return tiff.make_exif(orientation) if orientation != 1 else None


def _scrub_parts(exif: TiffFile, removal: Removal) -> bytes:
    first = exif.chain()[0]
    exif.protect(first.offset, first.next_position + 4 - first.offset)
    for directory in list(exif.walk()):
        scrub_directory(exif, directory, removal)
    if removal.previews:
        thumbnail = _rebuild_thumbnail(exif, removal)
        if thumbnail is None:
            remove_later_pages(exif, removal)
        if may_hold_preview(exif.data):
            # Some cameras hide a second preview where no tag leads.
            _wipe_unreferenced(exif, thumbnail)
        _trim(exif, thumbnail)
    return bytes(exif.data)


def _rebuild_thumbnail(exif: TiffFile, removal: Removal) -> tuple[int, int] | None:
    """Put a new thumbnail in the old one's place, and return where it begins and ends.

    None where there is none, where it is no JPEG, or where its bytes serve something else too.
    """
    pages = exif.chain()
    if removal.thumbnails is None or len(pages) < 2:
        return None
    page = pages[1]
    count = page.find(tiff.JPEG_BYTE_COUNT)
    if count is None or (count.kind, count.count) != (4, 1):
        return None
    start = exif.integer(page, tiff.JPEG_OFFSET, 0)
    size = exif.integer(page, tiff.JPEG_BYTE_COUNT, 0)
    end = start + size
    shared = any(first < end and start < last for first, last in _used_spans(exif))
    if not size or end > len(exif.data) or shared:
        return None
    try:
        old = jpeg.read_header(bytes(exif.data[start:end]))
    except DamagedImage:
        return None
    new = removal.thumbnails.jpeg((old.width, old.height), size)
    if new is None:
        return None
    exif.data[start:end] = new.ljust(size, b"\0")
    exif.set_long(page.offset, tiff.JPEG_BYTE_COUNT, len(new))
    for later in pages[2:]:
        exif.wipe_picture(later)
    exif.cut_chain(page)
    return start, end


def scrub_directory(exif: TiffFile, directory: Directory, removal: Removal) -> None:
    """Clean one directory; offsets of all others stay valid."""
    if removal.location:
        exif.remove_gps(directory.offset)
        for tag in _GEOTIFF:
            exif.remove(directory.offset, tag)
    note = exif.read_directory(directory.offset).find(tiff.MAKER_NOTE)
    if note and _maker_note_goes(exif.value(note), removal):
        exif.remove(directory.offset, tiff.MAKER_NOTE)
        removal.note("maker_note_removed")
    for tag, scrub_value in (
        (tiff.XMP, xmp.scrub),
        (tiff.IPTC, iptc.scrub),
        (tiff.PHOTOSHOP, photoshop.scrub),
    ):
        entry = exif.read_directory(directory.offset).find(tag)
        if entry is None:
            continue
        value = exif.value(entry)
        scrubbed = scrub_value(value, removal)
        if not scrubbed:
            exif.remove(directory.offset, tag)
        elif scrubbed != value:
            filler = b" " if tag == tiff.XMP else b"\0"
            exif.overwrite(entry, scrubbed.ljust(len(value), filler))


def _maker_note_goes(note: bytes, removal: Removal) -> bool:
    if note.startswith(_PLACELESS_MAKER_NOTES):
        return False
    return removal.location or (removal.previews and may_hold_preview(note))


def may_hold_preview(data: bytes | bytearray) -> bool:
    """Whether a JPEG stream seems to begin anywhere in ``data``."""
    return bool(_JPEG_START.search(data))


def remove_later_pages(exif: TiffFile, removal: Removal) -> None:
    """Take out every page but the first: in EXIF the second is the thumbnail."""
    first, *later = exif.chain()
    for page in later:
        exif.wipe_picture(page)
        removal.note("thumbnail_removed")
    exif.cut_chain(exif.read_directory(first.offset))


def _used_spans(exif: TiffFile, thumbnail: tuple[int, int] | None = None) -> list[tuple[int, int]]:
    """Return where the bytes are that some directory accounts for, in order."""
    used = [(0, 8)] if thumbnail is None else [(0, 8), thumbnail]
    for directory in exif.walk():
        used += _spans(directory)
        pointer = directory.find(tiff.GPS_DIRECTORY)
        for offset in exif.integers(pointer) if pointer else []:
            try:
                used += _spans(exif.read_directory(offset))
            except DamagedImage:
                continue
    return sorted(used)


def _spans(directory: Directory) -> list[tuple[int, int]]:
    values = [(e.start, e.start + e.size) for e in directory.entries if e.size > 4]
    return [(directory.offset, directory.next_position + 4), *values]


def _wipe_unreferenced(exif: TiffFile, thumbnail: tuple[int, int] | None) -> None:
    position = 0
    for start, end in _used_spans(exif, thumbnail):
        exif.wipe(position, start - position)
        position = max(position, end)
    exif.wipe(position, len(exif.data) - position)


def _trim(exif: TiffFile, thumbnail: tuple[int, int] | None) -> None:
    """Cut off the zeros that a thumbnail at the end leaves."""
    end = max(end for _, end in _used_spans(exif, thumbnail))
    if not any(exif.data[end:]):
        del exif.data[end:]

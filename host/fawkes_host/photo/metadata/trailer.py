"""What follows the picture in a JPEG: companion pictures, a motion photo's video, makers' notes.

Companion pictures (a second view, a gain map) are listed by CIPA DC-007 (MPF) in offsets from the
first picture's own list, so the trailer is cleaned in place, and the offsets are set right after.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from fawkes_host.photo.containers import jpeg
from fawkes_host.photo.containers.jpeg import JpegFile, Segment
from fawkes_host.photo.containers.tiff import TiffFile
from fawkes_host.photo.metadata import movie
from fawkes_host.photo.metadata.policy import Removal
from fawkes_host.protocol.errors import DamagedImage

_MPF = b"MPF\0"
_MP_ENTRIES = 0xB002
_MP_ENTRY_BYTES = 16


@dataclass(frozen=True)
class _Companion:
    """A further picture: its place in the trailer, and where its offset is in the MPF payload."""

    start: int
    size: int
    offset_position: int


def scrub(
    original: JpegFile, removal: Removal, scrub_jpeg: Callable[[bytes, Removal], bytes]
) -> bytes:
    """Return the trailer without what ``removal`` names; what stays keeps its position."""
    if removal.nothing or not original.trailer:
        return original.trailer
    if removal.everything or removal.previews:
        note_removal(original, removal)
        return b""
    cleaned = bytearray(len(original.trailer))
    kept_end = 0
    rest = bytearray(original.trailer)
    for companion in _companions(original):
        end = companion.start + companion.size
        picture = original.trailer[companion.start : end]
        if not picture.startswith(b"\xff\xd8"):
            continue
        try:
            scrubbed = scrub_jpeg(picture, removal)
        except DamagedImage:
            removal.note("companion_pictures_removed")
            rest[companion.start : end] = bytes(len(picture))
            continue
        cleaned[companion.start : end] = scrubbed.ljust(len(picture), b"\0")
        rest[companion.start : end] = bytes(len(picture))
        kept_end = max(kept_end, end)
    for start, end in movie.find(bytes(rest)):
        video = movie.scrub(bytes(rest[start:end]))
        if video is None:
            removal.note("motion_video_removed")
        else:
            cleaned[start:end] = video
            kept_end = max(kept_end, end)
        rest[start:end] = bytes(end - start)
    if any(rest):
        # Makers append notes of their own (Samsung's tell the country), which nobody can check.
        removal.note("trailing_data_removed")
    # Zeros at the end stay where all else does, so that a clean file comes back as it is.
    return bytes(cleaned) if cleaned == original.trailer else bytes(cleaned[:kept_end])


def note_removal(original: JpegFile, removal: Removal) -> None:
    """Tell what is lost when a trailer is left out whole."""
    if not original.trailer.strip(b"\0"):
        return
    companions = _companions(original)
    movies = movie.find(original.trailer)
    if companions:
        removal.note("companion_pictures_removed")
    if movies:
        removal.note("motion_video_removed")
    if not companions and not movies:
        removal.note("trailing_data_removed")


def with_true_offsets(original: JpegFile, result: JpegFile) -> JpegFile:
    """Set the offsets of companion pictures after the head has changed its length."""
    companions = _companions(original)
    old = _find_list(original)
    new = _find_list(result)
    if not companions or old is None or new is None:
        return result
    index, position = new
    payload = bytearray(result.head[index].payload)
    size = len(result.to_bytes()) - len(result.trailer)
    for companion in companions:
        # Where the list lies is told by its own header, behind the four letters of its name.
        order = "<" if payload[4:6] == b"II" else ">"
        struct.pack_into(
            f"{order}I", payload, companion.offset_position, size + companion.start - position
        )
    # The first entry is the picture itself, whose size has changed as well.
    first = companions[0].offset_position - 4 - _MP_ENTRY_BYTES
    head = list(result.head)
    head[index] = Segment(jpeg.APP2, _with_own_size(payload, first, size))
    return JpegFile(tuple(head), result.scans, result.trailer)


def _with_own_size(payload: bytearray, position: int, size: int) -> bytes:
    order = "<" if payload[4:6] == b"II" else ">"
    if position >= 12 and struct.unpack_from(f"{order}I", payload, position + 4)[0] == 0:
        struct.pack_into(f"{order}I", payload, position, size)
    return bytes(payload)


def _find_list(file: JpegFile) -> tuple[int, int] | None:
    """Return the index of the MPF segment, and the position in the file that offsets count from."""
    position = 2
    for index, segment in enumerate(file.head):
        if segment.marker == jpeg.APP2 and segment.payload.startswith(_MPF):
            return index, position + 4 + len(_MPF)
        position += 4 + len(segment.payload)
    return None


def _companions(file: JpegFile) -> list[_Companion]:
    """Return the pictures that MPF lists, as far as they lie in the trailer."""
    found = _find_list(file)
    if found is None:
        return []
    index, position = found
    companions = []
    try:
        structure = TiffFile(file.head[index].payload[len(_MPF) :])
        entry = structure.chain()[0].find(_MP_ENTRIES)
        if entry is None:
            return []
        table = structure.value(entry)
    except DamagedImage:
        return []
    end_of_first = len(file.to_bytes()) - len(file.trailer)
    order = "<" if structure.data[:2] == b"II" else ">"
    for row in range(0, len(table) - _MP_ENTRY_BYTES + 1, _MP_ENTRY_BYTES):
        size, offset = struct.unpack_from(f"{order}II", table, row + 4)
        start = position + offset - end_of_first
        if offset and size and start >= 0 and start + size <= len(file.trailer):
            companions.append(_Companion(start, size, len(_MPF) + entry.start + row + 8))
    return companions

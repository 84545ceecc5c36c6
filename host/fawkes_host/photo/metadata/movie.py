"""Takes the place out of the short video of a motion photo, in place.

Sources: Apple's QuickTime file format (udta, mdta keys), 3GPP TS 26.244 (loci).
"""

from __future__ import annotations

import re

from fawkes_host.photo.containers.isobmff import Box, boxes, walk_movie
from fawkes_host.protocol.errors import DamagedImage

_FILE_TYPE = re.compile(rb"(?s)....ftyp(isom|iso\d|mp4\d|avc1|qt  |3gp\d|M4V |MSNV)")
_PLACE_BOXES = frozenset({b"\xa9xyz", b"loci", b"uuid", b"XMP_"})
_METADATA_BOXES = frozenset({b"udta", b"meta", b"uuid", b"XMP_"})
_PLACE_WORDS = re.compile(rb"(?i)location|gps|latitude|longitude|iso6709")
_PICTURE_OR_SOUND = frozenset({b"vide", b"soun", b"pict", b"auxv"})
"""Handlers of tracks; the last two are those of image sequences and of their alpha."""


def find(data: bytes) -> list[tuple[int, int]]:
    """Return where videos begin and end in ``data``, which may hold other things between them."""
    found: list[tuple[int, int]] = []
    position = 0
    while match := _FILE_TYPE.search(data, position):
        end = match.start()
        try:
            for box in boxes(data, end):
                if not box.kind.isalnum() and not box.kind.startswith(b"\xa9"):
                    break
                end = box.end
        except DamagedImage:
            pass  # the video ends where no further box follows
        if end > match.start():
            found.append((match.start(), end))
        position = max(end, match.end())
    return found


def scrub(movie: bytes) -> bytes | None:
    """Return the movie, as long as before, without its place.

    None when it cannot be taken out alone: a track of telemetry, or boxes that do not hold
    together.
    """
    result = bytearray(movie)
    try:
        for box in walk_movie(movie):
            if box.kind in _PLACE_BOXES:
                _blank(result, box)
            elif box.kind == b"meta":
                _scrub_keys(result, movie, box)
            elif box.kind == b"trak" and _may_be_telemetry(movie, box):
                return None
    except DamagedImage:
        return None
    return bytes(result)


def strip(movie: bytes) -> bytes | None:
    """Return the movie, as long as before, without anything but its tracks; None as ``scrub``."""
    result = bytearray(movie)
    try:
        for box in walk_movie(movie):
            if box.kind in _METADATA_BOXES:
                _blank(result, box)
    except DamagedImage:
        return None
    return bytes(result)


def _blank(result: bytearray, box: Box) -> None:
    result[box.start + 4 : box.start + 8] = b"free"
    result[box.body : box.end] = bytes(box.end - box.body)


def _scrub_keys(result: bytearray, movie: bytes, meta: Box) -> None:
    """Blank what Apple's keys and iTunes-like lists name as a place."""
    full = movie[meta.body + 4 : meta.body + 8] != b"hdlr"
    children = {box.kind: box for box in boxes(movie, meta.body + (4 if full else 0), meta.end)}
    names: list[bytes] = []
    if keys := children.get(b"keys"):
        names = [movie[box.body : box.end] for box in boxes(movie, keys.body + 8, keys.end)]
    if values := children.get(b"ilst"):
        for box in boxes(movie, values.body, values.end):
            index = int.from_bytes(box.kind, "big") - 1
            named = names[index] if 0 <= index < len(names) else box.kind
            if _PLACE_WORDS.search(named) or named == b"\xa9xyz":
                _blank(result, box)


def _may_be_telemetry(movie: bytes, track: Box) -> bool:
    """Whether a track is neither picture nor sound, nor known to mark only the still's moment."""
    handlers = [
        movie[box.body + 8 : box.body + 12]
        for box in walk_movie(movie, track.body, track.end)
        if box.kind == b"hdlr"
    ]
    if handlers and set(handlers) <= _PICTURE_OR_SOUND | {b"url ", b"alis"}:
        return False
    formats = [
        movie[box.body + 12 : box.body + 16]
        for box in walk_movie(movie, track.body, track.end)
        if box.kind == b"stsd"
    ]
    harmless = formats and set(formats) <= {b"mett", b"mebx"}
    return not harmless or bool(_PLACE_WORDS.search(movie, track.body, track.end))

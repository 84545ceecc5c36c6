"""Applies a removal to the text of a PNG: XMP, ImageMagick's raw profiles, plain words."""

from __future__ import annotations

import re
import zlib

from fawkes_host.photo.containers.png import Chunk
from fawkes_host.photo.metadata import exif, iptc, photoshop, xmp
from fawkes_host.photo.metadata.policy import Removal

_XMP_KEYWORD = b"XML:com.adobe.xmp"
_PROFILE_KEYWORD = b"Raw profile type "

_PLACE_KEYWORD = re.compile(
    rb"(?i)gps|latitude|longitude|altitude|location|geo|\b(city|country|province|state)\b"
)
"""ImageMagick, for one, copies EXIF into text: "exif:GPSLatitude"."""

_LONGEST_TEXT_BYTES = 16 << 20
"""Compressed text may inflate to this much; more is not looked through, and goes."""


def scrub(chunk: Chunk, removal: Removal) -> Chunk | None:
    """Return a tEXt, zTXt or iTXt chunk without what ``removal`` names, or None."""
    keyword, separator, rest = chunk.payload.partition(b"\0")
    if not separator:
        removal.note("metadata_unreadable")
        return None
    if removal.location and _PLACE_KEYWORD.search(keyword):
        return None
    profile = keyword.startswith(_PROFILE_KEYWORD)
    if not profile and keyword != _XMP_KEYWORD:
        return chunk
    text = _read_text(chunk.kind, rest)
    scrubbed = None
    if text is None:
        removal.note("metadata_unreadable")
    elif profile:
        scrubbed = _scrub_profile(keyword[len(_PROFILE_KEYWORD) :], text, removal)
    else:
        scrubbed = xmp.scrub(text, removal)
    if scrubbed is None:
        return None
    return chunk if scrubbed == text else _with_text(chunk.kind, keyword, rest, scrubbed)


def _head_length(kind: bytes, rest: bytes) -> int | None:
    """Return the bytes between the keyword and the text; None for a cut-off chunk."""
    if kind == b"tEXt":
        return 0
    if kind == b"zTXt":
        return 1
    parts = rest[2:].split(b"\0", 2)  # language, translated keyword, text
    return 2 + len(parts[0]) + 1 + len(parts[1]) + 1 if len(parts) == 3 else None


def _is_compressed(kind: bytes, rest: bytes) -> bool:
    return kind == b"zTXt" or (kind == b"iTXt" and rest[:1] == b"\1")


def _read_text(kind: bytes, rest: bytes) -> bytes | None:
    length = _head_length(kind, rest)
    if length is None:
        return None
    text = rest[length:]
    if not _is_compressed(kind, rest):
        return text
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(text, _LONGEST_TEXT_BYTES)
    except zlib.error:
        return None
    return text if inflater.eof else None


def _with_text(kind: bytes, keyword: bytes, rest: bytes, text: bytes) -> Chunk:
    head = rest[: _head_length(kind, rest)]
    if _is_compressed(kind, rest):
        text = zlib.compress(text)
    return Chunk(kind, keyword + b"\0" + head + text)


def _scrub_profile(name: bytes, text: bytes, removal: Removal) -> bytes | None:
    """Clean a profile that ImageMagick wrote in hexadecimal: name, length, digits."""
    lines = text.strip().split(b"\n", 2)
    try:
        profile = bytes.fromhex(lines[2].decode("ascii"))
    except (IndexError, ValueError):
        removal.note("metadata_unreadable")
        return None
    scrubbed = _scrub_binary(name, profile, removal)
    if scrubbed is None or scrubbed == profile:
        return scrubbed and text
    digits = scrubbed.hex()
    rows = "\n".join(digits[start : start + 72] for start in range(0, len(digits), 72))
    return b"\n" + lines[0] + b"\n%8d\n" % len(scrubbed) + rows.encode() + b"\n"


def _scrub_binary(name: bytes, profile: bytes, removal: Removal) -> bytes | None:
    if name in (b"icc", b"icm"):
        return profile
    if name in (b"exif", b"APP1") and profile.startswith(exif.PREFIX):
        structure = exif.scrub(profile[len(exif.PREFIX) :], removal)
        return None if structure is None else exif.PREFIX + structure
    if name in (b"xmp", b"APP1"):
        _, _, packet = profile.rpartition(b"\0")
        scrubbed = xmp.scrub(packet, removal)
        return None if scrubbed is None else profile[: len(profile) - len(packet)] + scrubbed
    if name in (b"iptc", b"8bim"):
        if profile.startswith(photoshop.PREFIX):
            resources = photoshop.scrub(profile[len(photoshop.PREFIX) :], removal)
            return None if resources is None else photoshop.PREFIX + resources
        if profile.startswith(b"8BIM"):
            return photoshop.scrub(profile, removal)
        return iptc.scrub(profile, removal)
    removal.note("unknown_metadata_removed")
    return None

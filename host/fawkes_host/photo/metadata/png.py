"""Applies a removal to the chunks of a PNG."""

from __future__ import annotations

from collections.abc import Sequence

from fawkes_host.photo.containers import png, tiff
from fawkes_host.photo.containers.png import Chunk
from fawkes_host.photo.metadata import exif, png_text
from fawkes_host.photo.metadata.chunks import scrub_each
from fawkes_host.photo.metadata.policy import Removal

_SHOWN = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT "
    b"acTL fcTL fdAT".split()
)
"""Chunks that tell how to show the picture, or are the picture."""

_PLACELESS = frozenset(b"tIME oFFs pCAL sCAL sTER gIFg gIFx vpAg iDOT orNT".split())
"""Registered or well-known chunks whose format has no room for a place."""


def scrub(data: bytes, removal: Removal) -> bytes:
    """Return the file without what ``removal`` names; the compressed picture is not touched."""
    chunks, rest = png.parse(data)
    kept = scrub_chunks(chunks, removal)
    kept_rest = rest if removal.nothing else b""
    if kept_rest != rest:
        removal.note("trailing_data_removed")
    if kept == chunks and kept_rest == rest:
        return data
    return png.to_bytes(kept, kept_rest)


def scrub_chunks(chunks: Sequence[Chunk], removal: Removal) -> list[Chunk]:
    """Return the chunks without what ``removal`` names."""
    return scrub_each(chunks, removal, b"eXIf", _scrub_chunk)


def _scrub_chunk(chunk: Chunk, removal: Removal) -> Chunk | None:
    if chunk.kind in _SHOWN:
        return chunk
    if chunk.kind == b"eXIf":
        payload = exif.scrub(chunk.payload, removal)
        return None if payload is None else Chunk(b"eXIf", payload)
    if removal.everything:
        return None
    if chunk.kind in (b"tEXt", b"zTXt", b"iTXt"):
        return png_text.scrub(chunk, removal)
    if chunk.kind == b"iDOT" and removal.previews:
        return None  # Apple's offsets into the picture that was
    if chunk.kind in _PLACELESS:
        return chunk
    if removal.location or exif.may_hold_preview(chunk.payload):
        removal.note("unknown_metadata_removed")
        return None
    return chunk


def read_orientation(data: bytes) -> int:
    """Return the orientation by which viewers turn the picture; 1 where nothing tells it."""
    chunks, _ = png.parse(data)
    return tiff.read_orientation(next((c.payload for c in chunks if c.kind == b"eXIf"), b""))

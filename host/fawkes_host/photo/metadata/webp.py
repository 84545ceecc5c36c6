"""Applies a removal to the chunks of a WebP."""

from __future__ import annotations

from collections.abc import Sequence

from fawkes_host.photo.containers import tiff, webp
from fawkes_host.photo.containers.webp import Chunk
from fawkes_host.photo.metadata import exif, xmp
from fawkes_host.photo.metadata.chunks import scrub_each
from fawkes_host.photo.metadata.policy import Removal

_SHOWN = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP", b"ANIM", b"ANMF"})


def scrub(data: bytes, removal: Removal) -> bytes:
    """Return the file without what ``removal`` names; the picture's chunks are not touched."""
    chunks, rest = webp.parse(data)
    kept = scrub_chunks(chunks, removal)
    kept_rest = rest if removal.nothing else b""
    if kept_rest != rest:
        removal.note("trailing_data_removed")
    if kept == chunks and kept_rest == rest:
        return data
    return webp.to_bytes(kept, kept_rest)


def graft(
    original: Sequence[Chunk], picture: Sequence[Chunk], size: tuple[int, int], removal: Removal
) -> bytes:
    """Return the chunks of ``picture`` with the metadata of ``original``."""
    kept = scrub_chunks(original, removal)
    first = next((i for i, chunk in enumerate(kept) if chunk.kind in webp.PICTURE_KINDS), len(kept))
    before = [c for c in kept[:first] if c.kind != b"VP8X"]
    after = [c for c in kept[first:] if c.kind not in webp.PICTURE_KINDS]
    if not before and not after and len(picture) == 1:
        return webp.to_bytes(list(picture))
    alpha = any(c.kind == b"ALPH" for c in picture) or any(
        c.kind == b"VP8X" and c.payload and c.payload[0] & webp.ALPHA_FLAG for c in kept
    )
    return webp.to_bytes([webp.make_vp8x(*size, alpha), *before, *picture, *after])


def scrub_chunks(chunks: Sequence[Chunk], removal: Removal) -> list[Chunk]:
    """Return the chunks without what ``removal`` names."""
    return scrub_each(chunks, removal, b"EXIF", _scrub_chunk)


def _scrub_chunk(chunk: Chunk, removal: Removal) -> Chunk | None:
    if chunk.kind in _SHOWN:
        return chunk
    payload: bytes | None
    if chunk.kind == b"EXIF":
        structure, prefix = split_exif(chunk.payload)
        payload = exif.scrub(structure, removal)
        return None if payload is None else Chunk(b"EXIF", prefix + payload)
    if chunk.kind == b"XMP ":
        payload = xmp.scrub(chunk.payload, removal)
        return None if payload is None else Chunk(b"XMP ", payload)
    if removal.everything:
        return None
    if removal.location or exif.may_hold_preview(chunk.payload):
        removal.note("unknown_metadata_removed")
        return None
    return chunk


def split_exif(payload: bytes) -> tuple[bytes, bytes]:
    """Return the TIFF structure, and the prefix that some writers put before it."""
    if payload.startswith(exif.PREFIX):
        return payload[len(exif.PREFIX) :], exif.PREFIX
    return payload, b""


def read_orientation(data: bytes) -> int:
    """Return the orientation by which viewers turn the picture; 1 where nothing tells it."""
    chunks, _ = webp.parse(data)
    structure = next((split_exif(c.payload)[0] for c in chunks if c.kind == b"EXIF"), b"")
    return tiff.read_orientation(structure)

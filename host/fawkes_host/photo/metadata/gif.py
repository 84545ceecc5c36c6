"""Applies a removal to a GIF, block by block (GIF89a; Adobe's XMP specification, part 3)."""

from __future__ import annotations

import zlib

from fawkes_host.photo.containers import gif
from fawkes_host.photo.containers.gif import Block
from fawkes_host.photo.containers.png import Chunk
from fawkes_host.photo.metadata import xmp
from fawkes_host.photo.metadata.policy import Removal

_APPLICATION, _COMMENT = 0xFF, 0xFE
_PROFILE = b"ICCRGBG1012"
_SHOWN = (b"NETSCAPE2.0", b"ANIMEXTS1.0", _PROFILE)
"""Applications whose blocks tell how to show the frames."""

_XMP = b"XMP DataXMP"
_MAGIC = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
"""Leads readers that do not know XMP from anywhere in it to the end of the block."""


def scrub(data: bytes, removal: Removal) -> bytes:
    """Return the file without what ``removal`` names; the frames are not touched."""
    if removal.nothing:
        return data
    head, blocks, rest = gif.parse(data)
    if rest.strip(b"\0"):
        removal.note("trailing_data_removed")
        rest = b""
    kept = (_scrub_block(block, removal) for block in blocks)
    return head + b"".join(kept) + rest


def _scrub_block(block: Block, removal: Removal) -> bytes:
    if block.label == _COMMENT and removal.everything:
        return b""
    if block.label != _APPLICATION or block.application in _SHOWN:
        return block.data
    if removal.everything:
        return b""
    if block.application == _XMP and block.data.endswith(_MAGIC):
        packet = block.data[gif.APPLICATION_BYTES : -len(_MAGIC)]
        scrubbed = xmp.scrub(packet, removal)
        if scrubbed is None:
            return b""
        return block.data[: gif.APPLICATION_BYTES] + scrubbed + _MAGIC
    removal.note("unknown_metadata_removed")
    return b""


def as_png_chunks(data: bytes) -> list[Chunk]:
    """Return what a GIF says of itself as a PNG does: profile, XMP and comments."""
    chunks = []
    for block in gif.parse(data)[1]:
        if block.application == _PROFILE:
            profile = zlib.compress(block.content(gif.APPLICATION_BYTES))
            chunks.append(Chunk(b"iCCP", b"ICC profile\0\0" + profile))
        elif block.application == _XMP and block.data.endswith(_MAGIC):
            packet = block.data[gif.APPLICATION_BYTES : -len(_MAGIC)]
            chunks.append(Chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet))
        elif block.label == _COMMENT:
            text = block.content().replace(b"\0", b"")
            chunks.append(Chunk(b"tEXt", b"Comment\0" + text))
    return chunks

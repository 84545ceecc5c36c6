"""Applies a removal to a GIF, block by block (GIF89a; Adobe's XMP specification, part 3)."""

from __future__ import annotations

from fawkes_host.photo.containers import gif
from fawkes_host.photo.containers.gif import Block
from fawkes_host.photo.metadata import xmp
from fawkes_host.photo.metadata.policy import Removal

_APPLICATION, _COMMENT = 0xFF, 0xFE
_SHOWN = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")
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

"""GIF files, cut into their blocks (GIF89a)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from fawkes_host.photo.containers.header import Header
from fawkes_host.protocol.errors import DamagedImage

_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_APPLICATION = 0xFF

APPLICATION_BYTES = 14
"""What stands before the content of an application's block: two bytes of kind, a length, and the
eleven letters of its name."""


@dataclass(frozen=True)
class Block:
    """A frame, an extension or the trailer, with all its bytes; ``label`` is an extension's kind,
    0 for others."""

    data: bytes
    label: int = 0

    @property
    def is_frame(self) -> bool:
        return self.data[0] == _IMAGE

    @property
    def application(self) -> bytes:
        """The name of the application that an extension is for."""
        named = self.label == _APPLICATION and self.data[2:3] == b"\x0b"
        return self.data[3:APPLICATION_BYTES] if named else b""

    def content(self, start: int = 2) -> bytes:
        """Return what its sub-blocks hold from ``start`` on, one after the other."""
        parts, position = [], start
        while position < len(self.data) and (length := self.data[position]):
            parts.append(self.data[position + 1 : position + 1 + length])
            position += 1 + length
        return b"".join(parts)


def parse(data: bytes) -> tuple[bytes, list[Block], bytes]:
    """Cut a GIF into its head, its blocks and whatever follows them.

    A block that is cut off, or of no known kind, counts as what follows.

    Raises:
        DamagedImage: the file ends within its header.
    """
    if len(data) < 13:
        raise DamagedImage(detail="the GIF is cut off")
    position = 13 + _table_bytes(data[10])
    head = data[:position]
    blocks: list[Block] = []
    while position < len(data):
        kind, label = data[position], 0
        if kind == _IMAGE and position + 10 < len(data):
            end = _after_blocks(data, position + 11 + _table_bytes(data[position + 9]))
        elif kind == _EXTENSION and position + 2 < len(data):
            label = data[position + 1]
            end = _after_blocks(data, position + 2)
        elif kind == _TRAILER:
            end = position + 1
        else:
            break
        blocks.append(Block(data[position:end], label))
        position = min(end, len(data))
        if kind == _TRAILER:
            break
    return head, blocks, data[position:]


def read_header(data: bytes) -> Header:
    """Read the size of the screen, which its first picture may exceed, and count the pictures.

    Raises:
        DamagedImage: the file ends within its header, or there is no picture in it.
    """
    head, blocks, _ = parse(data)
    frames = [block.data for block in blocks if block.is_frame]
    if not frames:
        raise DamagedImage(detail="the GIF has no picture")
    width, height = struct.unpack_from("<2H", head, 6)
    left, top, columns, rows = struct.unpack_from("<4H", frames[0], 1)
    return Header(max(width, left + columns), max(height, top + rows), len(frames))


def _table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, position: int) -> int:
    """Skip sub-blocks, each with its length before it, up to the empty one."""
    while position < len(data) and data[position]:
        position += 1 + data[position]
    return position + 1

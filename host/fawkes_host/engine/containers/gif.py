"""GIF files, as far as telling an animation from a picture goes (GIF89a)."""

from __future__ import annotations

from fawkes_host.protocol.errors import DamagedImage

_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B


def count_frames(data: bytes) -> int:
    """Return the number of pictures in a GIF; what is cut off is not counted.

    Raises:
        DamagedImage: the file ends within its header.
    """
    if len(data) < 13:
        raise DamagedImage(detail="the GIF is cut off")
    position = 13 + _table_bytes(data[10])
    frames = 0
    while position < len(data):
        kind = data[position]
        if kind == _IMAGE and position + 10 < len(data):
            frames += 1
            position = _after_blocks(data, position + 11 + _table_bytes(data[position + 9]))
        elif kind == _EXTENSION:
            position = _after_blocks(data, position + 2)
        else:
            break
    return frames


def _table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, position: int) -> int:
    """Skip sub-blocks, each with its length before it, up to the empty one."""
    while position < len(data) and data[position]:
        position += 1 + data[position]
    return position + 1

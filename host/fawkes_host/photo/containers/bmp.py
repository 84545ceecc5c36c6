"""BMP files: the two headers (Microsoft's BITMAPFILEHEADER and its info headers)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from fawkes_host.photo.containers.header import Header
from fawkes_host.protocol.errors import DamagedImage

_UNCOMPRESSED, _BIT_FIELDS = 0, 3
_GREY_PALETTE = b"".join(bytes([level, level, level, 0]) for level in range(256))
_STANDARD_MASKS = (0xFF0000, 0xFF00, 0xFF)


@dataclass(frozen=True)
class Layout:
    """Where the rows are; ``plain`` when a pixel is blue, green, red and perhaps a fourth byte."""

    width: int
    height: int
    bits: int
    top_down: bool
    plain: bool
    grey: bool
    """Whether a pixel is one byte, and its palette makes that byte its grey level."""
    start: int

    @property
    def editable(self) -> bool:
        """Whether a pixel can take a small change where it is."""
        return self.plain and (self.bits in (24, 32) or self.grey)

    @property
    def row_bytes(self) -> int:
        """Rows are filled up to a multiple of four bytes."""
        return (self.width * self.bits + 31) // 32 * 4


def read_layout(data: bytes) -> Layout:
    """Read the headers.

    Raises:
        DamagedImage: they are cut off or give no size.
    """
    if len(data) < 26:
        raise DamagedImage(detail="the BMP is cut off")
    start, header_size = struct.unpack_from("<II", data, 10)
    compression = _UNCOMPRESSED
    if header_size == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
    else:
        if len(data) < 54:
            raise DamagedImage(detail="the BMP is cut off")
        width, height, _, bits, compression = struct.unpack_from("<iiHHI", data, 18)
    if width <= 0 or height == 0:
        raise DamagedImage(detail="the BMP gives no size")
    plain = compression == _UNCOMPRESSED
    if compression == _BIT_FIELDS and bits == 32 and len(data) >= 66:
        plain = struct.unpack_from("<III", data, 54) == _STANDARD_MASKS
    grey = bits == 8 and data[14 + header_size : 14 + header_size + 1024] == _GREY_PALETTE
    return Layout(width, abs(height), bits, height < 0, plain, grey, start)


def read_header(data: bytes) -> Header:
    """Read the size."""
    layout = read_layout(data)
    return Header(layout.width, layout.height)


def read_end(data: bytes) -> int:
    """Return where the file ends by its own account; the data's end where that makes no sense."""
    layout = read_layout(data)
    end = int.from_bytes(data[2:6], "little")
    least = layout.start + layout.row_bytes * layout.height if layout.plain else layout.start
    return end if least <= end <= len(data) else len(data)

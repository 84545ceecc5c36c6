"""Tells a file's format by its content, never by its name."""

from __future__ import annotations

from typing import Literal, get_args

from fawkes_host.engine.containers import isobmff
from fawkes_host.protocol.errors import EmptyInput, NotAnImage

Format = Literal["JPEG", "PNG", "WEBP", "HEIF", "AVIF", "BMP", "TIFF"]

SUPPORTED: tuple[Format, ...] = get_args(Format)

_TIFF_SIGNATURES = (b"II\x2a\x00", b"MM\x00\x2a")
"""Classic TIFF only: BigTIFF is for files beyond 4 GB, far over the limit on bytes."""


def identify(data: bytes) -> Format | Literal["GIF"]:
    """Return the format of ``data``.

    GIF is told apart although it is not supported, so that an animation can be called one.

    Raises:
        EmptyInput: there is not a byte.
        NotAnImage: the first bytes are those of no supported format.
    """
    if not data:
        raise EmptyInput()
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data.startswith(_TIFF_SIGNATURES):
        return "TIFF"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data[:2] == b"BM" and data[14:18] in _BMP_HEADER_SIZES:
        return "BMP"
    brand_format = isobmff.image_format(data)
    if brand_format:
        return brand_format
    raise NotAnImage(supported=", ".join(SUPPORTED))


_BMP_HEADER_SIZES = tuple(size.to_bytes(4, "little") for size in (12, 40, 52, 56, 64, 108, 124))
"""Sizes of the headers that follow the file header; "BM" alone would also be a word of text."""

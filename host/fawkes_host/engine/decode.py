"""Turns the bytes of a photo into pixels, trusting neither name nor header."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine import orientation
from fawkes_host.engine.codecs import jpeg as jpeg_pixels
from fawkes_host.engine.codecs import png as png_pixels
from fawkes_host.engine.codecs import webp as webp_pixels
from fawkes_host.engine.containers import jpeg, png, sniff, tiff, webp
from fawkes_host.engine.containers.header import Header
from fawkes_host.engine.containers.sniff import Format
from fawkes_host.engine.metadata import exif
from fawkes_host.engine.metadata.webp import split_exif
from fawkes_host.protocol.errors import (
    AnimatedImage,
    DamagedImage,
    NotAnImage,
    TooManyBytes,
    TooManyPixels,
)


@dataclass(frozen=True)
class Limits:
    """What is refused before memory is taken for it."""

    max_bytes: int = 100_000_000
    max_pixels: int = 100_000_000
    """Over this, decoding and cloaking would take more than the 2 GB promised."""
    max_frames: int = 1


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded photo.

    ``pixels`` is uint8 [h, w, 3] RGB as displayed, the EXIF orientation applied, in the colour
    space of the file's own profile; read-only.  ``source`` is the file it came from, from which
    ``encode`` takes all that is not in the pixels.
    """

    pixels: NDArray[np.uint8] = field(repr=False)
    format: Format
    orientation: int
    """EXIF's number, 1 to 8, by which the stored pixels were turned."""
    source: bytes = field(repr=False)

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


def decode(data: bytes, limits: Limits = Limits()) -> Photo:  # noqa: B008 (frozen)
    """Decode a photo, whatever its format: it is told by the content.

    Raises:
        EmptyInput: there is not a byte.
        TooManyBytes, TooManyPixels: over ``limits``, found before the pixels are decoded.
        NotAnImage: not one of the formats in ``sniff.SUPPORTED``.
        AnimatedImage: more frames than ``limits`` allows.
        DamagedImage: the file is cut off, or no decoder can read it.
        OutOfMemory: the pixels do not fit.
    """
    if len(data) > limits.max_bytes:
        raise TooManyBytes(bytes=len(data), limit=limits.max_bytes)
    format_ = sniff.identify(data)
    header = _read_header(data, format_)
    if header.frames > limits.max_frames:
        raise AnimatedImage(frames=header.frames)
    if header.width * header.height > limits.max_pixels:
        raise TooManyPixels(width=header.width, height=header.height, limit=limits.max_pixels)
    format_ = cast(Format, format_)
    stored = _read_pixels(data, format_)
    if stored.shape != (header.height, header.width, 3):
        raise DamagedImage(detail="the picture's size is not what its header says")
    turn = _read_orientation(data, format_)
    pixels = np.ascontiguousarray(orientation.to_display(stored, turn))
    pixels.flags.writeable = False
    return Photo(pixels, format_, turn, bytes(data))


def _read_header(data: bytes, format_: str) -> Header:
    match format_:
        case "JPEG":
            return jpeg.read_header(data)
        case "PNG":
            return png.read_header(data)
        case "WEBP":
            return webp.read_header(data)
    raise NotAnImage(supported=", ".join(sniff.SUPPORTED))


def _read_pixels(data: bytes, format_: Format) -> NDArray[np.uint8]:
    match format_:
        case "JPEG":
            return jpeg_pixels.read_pixels(data)
        case "PNG":
            return png_pixels.read_pixels(data)
        case "WEBP":
            return webp_pixels.read_pixels(data)
    raise NotAnImage(supported=", ".join(sniff.SUPPORTED))


def _read_orientation(data: bytes, format_: Format) -> int:
    """Return the orientation that viewers apply to the stored pixels."""
    structure = b""
    match format_:
        case "JPEG":
            structure = next(
                (
                    segment.payload[len(exif.PREFIX) :]
                    for segment in jpeg.parse(data).head
                    if segment.marker == jpeg.APP1 and segment.payload.startswith(exif.PREFIX)
                ),
                b"",
            )
        case "PNG":
            chunks, _ = png.parse(data)
            structure = next((c.payload for c in chunks if c.kind == b"eXIf"), b"")
        case "WEBP":
            riff, _ = webp.parse(data)
            structure = next((split_exif(c.payload)[0] for c in riff if c.kind == b"EXIF"), b"")
        case "TIFF":
            structure = data
    return tiff.read_orientation(structure)

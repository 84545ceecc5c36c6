"""Turns the bytes of a photo into pixels, trusting neither name nor header."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fawkes_host.photo import orientation
from fawkes_host.photo.codecs import avif as avif_pixels
from fawkes_host.photo.codecs import bmp as bmp_pixels
from fawkes_host.photo.codecs import heif as heif_pixels
from fawkes_host.photo.codecs import jpeg as jpeg_pixels
from fawkes_host.photo.codecs import png as png_pixels
from fawkes_host.photo.codecs import tiff as tiff_pixels
from fawkes_host.photo.codecs import webp as webp_pixels
from fawkes_host.photo.containers import bmp, gif, heif, jpeg, png, sniff, tiff, webp
from fawkes_host.photo.containers.header import Header
from fawkes_host.photo.containers.sniff import Format
from fawkes_host.photo.metadata import exif
from fawkes_host.photo.metadata.webp import split_exif
from fawkes_host.protocol.errors import (
    AnimatedImage,
    DamagedImage,
    NotAnImage,
    TooManyBytes,
    TooManyPixels,
)
from fawkes_host.protocol.limits import PHOTO_BYTES

_HEADERS: dict[Format, Callable[[bytes], Header]] = {
    "JPEG": jpeg.read_header,
    "PNG": png.read_header,
    "WEBP": webp.read_header,
    "HEIF": heif.read_header,
    "AVIF": heif.read_header,
    "BMP": bmp.read_header,
    "TIFF": tiff.read_header,
}

_PIXELS: dict[Format, Callable[[bytes], NDArray[np.uint8]]] = {
    "JPEG": jpeg_pixels.read_pixels,
    "PNG": png_pixels.read_pixels,
    "WEBP": webp_pixels.read_pixels,
    "HEIF": heif_pixels.read_pixels,
    "AVIF": avif_pixels.read_pixels,
    "BMP": bmp_pixels.read_pixels,
    "TIFF": tiff_pixels.read_pixels,
}

_STILLS: dict[Format, Callable[[bytes], bytes]] = {
    "WEBP": webp.as_still,
    "AVIF": heif.as_still,
}

_TURNED_BY_DECODER = frozenset({"HEIF", "AVIF"})
"""Their sizes in the header are those before rotation and cropping."""


@dataclass(frozen=True)
class Limits:
    """What is refused before memory is taken for it."""

    max_bytes: int = PHOTO_BYTES
    max_pixels: int = 100_000_000
    """So many take up to 4.8 GB in the codec process (AVIF; JPEG 2.3), and 1 GB in the engine's."""
    max_frames: int = 1
    max_faces: int = 200
    """Their crops are held all together, and so many keep an engine busy for minutes."""


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


def decode(data: bytes, limits: Limits = Limits()) -> Photo:
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
    if format_ == "GIF":
        frames = gif.count_frames(data)
        if frames > 1:
            raise AnimatedImage(frames=frames)
        raise NotAnImage(supported=", ".join(sniff.SUPPORTED))
    header = _HEADERS[format_](data)
    if header.frames > limits.max_frames:
        raise AnimatedImage(frames=header.frames)
    if header.width * header.height > limits.max_pixels:
        raise TooManyPixels(width=header.width, height=header.height, limit=limits.max_pixels)
    # What says it is an animation and has one frame is a photo.
    data = _STILLS.get(format_, bytes)(data)
    stored = _PIXELS[format_](data)
    if format_ not in _TURNED_BY_DECODER and stored.shape[:2] != (header.height, header.width):
        raise DamagedImage(detail="the picture's size is not what its header says")
    turn = _read_orientation(data, format_)
    pixels = np.ascontiguousarray(orientation.to_display(stored, turn))
    pixels.flags.writeable = False
    return Photo(pixels, format_, turn, bytes(data))


def _read_orientation(data: bytes, format_: Format) -> int:
    """Return the orientation that viewers apply to the stored pixels.

    HEIF and AVIF tell it in properties of their own, and their EXIF is not asked.
    """
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

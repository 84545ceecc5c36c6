"""Turns the bytes of a photo into pixels, trusting neither name nor header."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fawkes_host.photo import orientation
from fawkes_host.photo.containers import sniff
from fawkes_host.photo.containers.sniff import FormatName
from fawkes_host.photo.formats import FORMATS
from fawkes_host.protocol.errors import (
    AnimatedImage,
    DamagedImage,
    TooManyBytes,
    TooManyPixels,
)
from fawkes_host.protocol.limits import PHOTO_BYTES


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
    format: FormatName
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
    name = sniff.identify(data)
    format_ = FORMATS[name]
    header = format_.read_header(data)
    if header.frames > limits.max_frames:
        raise AnimatedImage(frames=header.frames)
    if header.width * header.height > limits.max_pixels:
        raise TooManyPixels(width=header.width, height=header.height, limit=limits.max_pixels)
    data = format_.mended(data)
    # What says it is an animation and has one frame is a photo.
    data = format_.as_still(data)
    stored = format_.read_pixels(data)
    if not format_.turned_by_decoder and stored.shape[:2] != (header.height, header.width):
        raise DamagedImage(detail="the picture's size is not what its header says")
    turn = format_.read_orientation(data)
    pixels = np.ascontiguousarray(orientation.to_display(stored, turn))
    pixels.flags.writeable = False
    return Photo(pixels, name, turn, bytes(data))

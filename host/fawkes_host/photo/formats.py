"""The table of formats: what each layer has for them.

A new format is an entry here and in ``media_types``, its first bytes in ``containers.sniff``, a
file in ``containers``, ``codecs`` and ``metadata``, and a step in ``writers``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fawkes_host.photo import writers
from fawkes_host.photo.codecs import avif as avif_pixels
from fawkes_host.photo.codecs import bmp as bmp_pixels
from fawkes_host.photo.codecs import gif as gif_pixels
from fawkes_host.photo.codecs import heif as heif_pixels
from fawkes_host.photo.codecs import jpeg as jpeg_pixels
from fawkes_host.photo.codecs import png as png_pixels
from fawkes_host.photo.codecs import tiff as tiff_pixels
from fawkes_host.photo.codecs import webp as webp_pixels
from fawkes_host.photo.codecs.change import Change
from fawkes_host.photo.containers import bmp, gif, heif, jpeg, png, tiff, webp
from fawkes_host.photo.containers.header import Header
from fawkes_host.photo.containers.sniff import FormatName
from fawkes_host.photo.metadata import Removal
from fawkes_host.photo.metadata import bmp as bmp_metadata
from fawkes_host.photo.metadata import gif as gif_metadata
from fawkes_host.photo.metadata import heif as heif_metadata
from fawkes_host.photo.metadata import jpeg as jpeg_metadata
from fawkes_host.photo.metadata import png as png_metadata
from fawkes_host.photo.metadata import tiff as tiff_metadata
from fawkes_host.photo.metadata import webp as webp_metadata

Pixels = NDArray[np.uint8]


def _upright(_data: bytes) -> int:
    return 1


@dataclass(frozen=True)
class Format:
    """What is done to a file of one format, each by the layer that knows how."""

    read_header: Callable[[bytes], Header]
    """Size and frames, before memory is taken for pixels."""

    read_pixels: Callable[[bytes], Pixels]
    """uint8 [h, w, 3] RGB as stored."""

    write: Callable[[bytes, Pixels, Change, Removal], bytes]
    """The file with changed pixels; see ``writers``."""

    scrub: Callable[[bytes, Removal], bytes]
    """The file with its pixels as they are, after a policy."""

    read_orientation: Callable[[bytes], int] = _upright
    """EXIF's number, by which viewers turn the stored pixels."""

    mended: Callable[[bytes], bytes] = bytes
    """The file as browsers read it, where what only describes is damaged or its end is missing."""

    as_still: Callable[[bytes], bytes] = bytes
    """Without what says that it is an animation, where it has one frame."""

    turned_by_decoder: bool = False
    """Properties of its own turn it, and its EXIF is not asked: the size in its header is the one
    before rotation and cropping, and it is written as displayed."""

    found_by_offsets: bool = False
    """Its metadata is found by offsets, which a hostile file may let lead anywhere, the picture
    included."""


FORMATS: Final[dict[FormatName, Format]] = {
    "JPEG": Format(
        jpeg.read_header,
        jpeg_pixels.read_pixels,
        writers.write_jpeg,
        jpeg_metadata.scrub,
        jpeg_metadata.read_orientation,
        mended=jpeg_pixels.mended,
    ),
    "PNG": Format(
        png.read_header,
        png_pixels.read_pixels,
        writers.write_png,
        png_metadata.scrub,
        png_metadata.read_orientation,
        mended=png.mended,
    ),
    "WEBP": Format(
        webp.read_header,
        webp_pixels.read_pixels,
        writers.write_webp,
        webp_metadata.scrub,
        webp_metadata.read_orientation,
        as_still=webp.as_still,
    ),
    "HEIF": Format(
        heif.read_header,
        heif_pixels.read_pixels,
        writers.write_heif,
        heif_metadata.scrub,
        turned_by_decoder=True,
        found_by_offsets=True,
    ),
    "AVIF": Format(
        heif.read_header,
        avif_pixels.read_pixels,
        writers.write_avif,
        heif_metadata.scrub,
        as_still=heif.as_still,
        turned_by_decoder=True,
        found_by_offsets=True,
    ),
    "BMP": Format(
        bmp.read_header,
        bmp_pixels.read_pixels,
        writers.write_bmp,
        bmp_metadata.scrub,
        found_by_offsets=True,
    ),
    "TIFF": Format(
        tiff.read_header,
        tiff_pixels.read_pixels,
        writers.write_tiff,
        tiff_metadata.scrub,
        tiff.read_orientation,
        found_by_offsets=True,
    ),
    "GIF": Format(
        gif.read_header,
        gif_pixels.read_pixels,
        writers.write_gif,
        gif_metadata.scrub,
    ),
}

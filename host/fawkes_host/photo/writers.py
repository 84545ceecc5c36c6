"""Puts each format together again: its new pixels, and what a policy leaves of its metadata.

Each takes the original, the changed pixels as they are stored (HEIF and AVIF: as displayed), the
change, and notes in ``removal`` what is lost.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fawkes_host.photo.codecs import avif as avif_pixels
from fawkes_host.photo.codecs import bmp as bmp_pixels
from fawkes_host.photo.codecs import gif as gif_pixels
from fawkes_host.photo.codecs import heif as heif_pixels
from fawkes_host.photo.codecs import jpeg as jpeg_pixels
from fawkes_host.photo.codecs import png as png_pixels
from fawkes_host.photo.codecs import tiff as tiff_pixels
from fawkes_host.photo.codecs import webp as webp_pixels
from fawkes_host.photo.codecs.change import Change
from fawkes_host.photo.codecs.heif import Extras
from fawkes_host.photo.containers import bmp, jpeg, png, tiff, tiff_writer, webp
from fawkes_host.photo.containers.heif import HeifFile
from fawkes_host.photo.metadata import Removal, exif, xmp
from fawkes_host.photo.metadata import gif as gif_metadata
from fawkes_host.photo.metadata import heif as heif_metadata
from fawkes_host.photo.metadata import jpeg as jpeg_metadata
from fawkes_host.photo.metadata import png as png_metadata
from fawkes_host.photo.metadata import tiff as tiff_metadata
from fawkes_host.photo.metadata import webp as webp_metadata


def write_jpeg(source: bytes, pixels: NDArray[np.uint8], change: Change, removal: Removal) -> bytes:
    """A JPEG of new pixels and what is left of its metadata."""
    encoded = jpeg_pixels.write_pixels(source, pixels, change)
    return jpeg_metadata.graft(jpeg.parse(source), encoded, removal)


def write_png(source: bytes, _pixels: NDArray[np.uint8], change: Change, removal: Removal) -> bytes:
    """A PNG of new pixels and what is left of its metadata."""
    chunks = png_pixels.write_pixels(source, change)
    if chunks[0] != png.read_image_header(source).to_chunk():
        removal.note("colours_expanded")
    if png.parse(source)[1]:
        removal.note("trailing_data_removed")
    return png.to_bytes(png_metadata.scrub_chunks(chunks, removal))


def write_webp(
    source: bytes, pixels: NDArray[np.uint8], _change: Change, removal: Removal
) -> bytes:
    """A WebP of new pixels and what is left of its metadata."""
    original, rest = webp.parse(source)
    if rest:
        removal.note("trailing_data_removed")
    picture = webp_pixels.write_pixels(source, pixels)
    return webp_metadata.graft(original, picture, (pixels.shape[1], pixels.shape[0]), removal)


def write_heif(
    source: bytes, _pixels: NDArray[np.uint8], change: Change, removal: Removal
) -> bytes:
    """A HEIF of new pixels and what is left of its metadata."""
    return heif_pixels.write_pixels(source, change, _extras(source, removal, thumbnails=True))


def write_avif(
    source: bytes, _pixels: NDArray[np.uint8], change: Change, removal: Removal
) -> bytes:
    """An AVIF of new pixels and what is left of its metadata."""
    if HeifFile(source).av1_format.bit_depth > 8:
        removal.note("bit_depth_reduced")
    return avif_pixels.write_pixels(source, change, _extras(source, removal))


def _extras(source: bytes, removal: Removal, thumbnails: bool = False) -> Extras:
    """Return the metadata of a HEIF or AVIF for its new pixels, which are turned already."""
    file = HeifFile(source)
    thumbnails = thumbnails and removal.thumbnails is not None
    heif_metadata.note_removal(file, removal, thumbnails)
    structure = heif_metadata.read_exif(file)
    packet = heif_metadata.read_xmp(file)
    return Extras(
        tiff.without_orientation(exif.scrub(structure, removal) or b"") if structure else b"",
        (xmp.scrub(packet, removal) or b"") if packet else b"",
        thumbnails,
    )


def write_bmp(source: bytes, pixels: NDArray[np.uint8], change: Change, removal: Removal) -> bytes:
    """A BMP of new pixels and what is left of its metadata."""
    layout = bmp.read_layout(source)
    if not layout.editable:
        removal.note("colours_expanded")
    return bmp_pixels.write_pixels(source, pixels, change)


def write_tiff(source: bytes, pixels: NDArray[np.uint8], change: Change, removal: Removal) -> bytes:
    """A TIFF of new pixels and what is left of its metadata."""
    if not tiff_pixels.keeps_samples(source):
        removal.note("colours_expanded")
    strips = tiff_pixels.write_pixels(source, pixels, change)
    described = tiff.TiffFile(tiff_metadata.scrub(source, removal))
    return tiff_writer.with_strips(described, strips)


def write_gif(source: bytes, pixels: NDArray[np.uint8], _change: Change, removal: Removal) -> bytes:
    """A PNG of new pixels and what is left of a GIF's metadata: no other format keeps as exactly
    what was not changed."""
    removal.note("converted_to_png")
    head, *rest = gif_pixels.write_png(source, pixels)
    chunks = [head, *gif_metadata.as_png_chunks(source), *rest]
    return png.to_bytes(png_metadata.scrub_chunks(chunks, removal))

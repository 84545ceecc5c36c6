"""Turns changed pixels into a file like the one they came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fawkes_host.photo import metadata, orientation
from fawkes_host.photo.codecs import avif as avif_pixels
from fawkes_host.photo.codecs import bmp as bmp_pixels
from fawkes_host.photo.codecs import heif as heif_pixels
from fawkes_host.photo.codecs import jpeg as jpeg_pixels
from fawkes_host.photo.codecs import png as png_pixels
from fawkes_host.photo.codecs import tiff as tiff_pixels
from fawkes_host.photo.codecs import webp as webp_pixels
from fawkes_host.photo.codecs.change import Change
from fawkes_host.photo.codecs.heif import Extras
from fawkes_host.photo.codecs.thumbnail import Thumbnails
from fawkes_host.photo.containers import bmp, jpeg, png, tiff, tiff_writer, webp
from fawkes_host.photo.containers.heif import HeifFile
from fawkes_host.photo.decode import Limits, Photo, decode
from fawkes_host.photo.metadata import Policy, Removal, exif, xmp
from fawkes_host.photo.metadata import heif as heif_metadata
from fawkes_host.photo.metadata import jpeg as jpeg_metadata
from fawkes_host.photo.metadata import png as png_metadata
from fawkes_host.photo.metadata import tiff as tiff_metadata
from fawkes_host.photo.metadata import webp as webp_metadata
from fawkes_host.protocol.errors import DamagedImage

_FOUND_BY_OFFSETS = frozenset({"HEIF", "AVIF", "TIFF", "BMP"})
"""Formats whose metadata is found by offsets, which a hostile file may let lead anywhere, the
picture included."""


@dataclass(frozen=True)
class Encoded:
    """A file, and the names of what the original had and it has not: see ``Scrubbed``."""

    data: bytes
    notices: tuple[str, ...] = ()


def encode(photo: Photo, pixels: NDArray[np.uint8], policy: Policy) -> bytes:
    """Encode ``pixels``, uint8 [h, w, 3] RGB as displayed, in the format ``photo`` came in.

    Size, orientation, colour profile, alpha, bit depth and the settings of the original's encoder
    stay.  The difference between ``pixels`` and ``photo.pixels`` is added to the samples as they
    are stored, so all others come back bit for bit in lossless formats, and as near as one more
    quantisation in the others.  Without a difference the file itself comes back, after its policy.

    Raises:
        ValueError: ``pixels`` has another shape or type than ``photo.pixels``.
        DamagedImage: the file lets its metadata lie where its picture is.
    """
    return encode_with_notices(photo, pixels, policy).data


def encode_with_notices(photo: Photo, pixels: NDArray[np.uint8], policy: Policy) -> Encoded:
    """Do as ``encode`` does, and tell what was lost."""
    if pixels.shape != photo.pixels.shape or pixels.dtype != np.uint8:
        raise ValueError(f"expected uint8 {photo.pixels.shape}, got {pixels.dtype} {pixels.shape}")
    new = orientation.to_stored(pixels, photo.orientation)
    change = Change.between(orientation.to_stored(photo.pixels, photo.orientation), new)
    if change is None:
        return _scrub_alone(photo, policy)
    # HEIF and AVIF are written as displayed, all others as they were stored.
    shown = pixels if photo.format in ("HEIF", "AVIF") else new
    removal = Removal.of(policy, pixels_changed=True, thumbnails=Thumbnails(shown))
    return _encode_stored(photo, new, change, removal)


def _scrub_alone(photo: Photo, policy: Policy) -> Encoded:
    """Apply the policy to the file, and make sure that the picture has come through it."""
    scrubbed = metadata.scrub(photo.source, policy)
    if photo.format in _FOUND_BY_OFFSETS and scrubbed.data != photo.source:
        again = decode(scrubbed.data, Limits(max_bytes=len(photo.source)))
        if not np.array_equal(again.pixels, photo.pixels):
            raise DamagedImage(detail="its metadata and its picture share their bytes")
    return Encoded(scrubbed.data, scrubbed.notices)


def _encode_stored(
    photo: Photo, pixels: NDArray[np.uint8], change: Change, removal: Removal
) -> Encoded:
    encode_format = {
        "JPEG": _encode_jpeg,
        "PNG": _encode_png,
        "WEBP": _encode_webp,
        "HEIF": _encode_heif,
        "AVIF": _encode_avif,
        "BMP": _encode_bmp,
        "TIFF": _encode_tiff,
    }[photo.format]
    data = encode_format(photo.source, pixels, change, removal)
    return Encoded(data, tuple(sorted(removal.notices)))


def _encode_jpeg(
    source: bytes, pixels: NDArray[np.uint8], change: Change, removal: Removal
) -> bytes:
    encoded = jpeg_pixels.write_pixels(source, pixels, change)
    return jpeg_metadata.graft(jpeg.parse(source), encoded, removal)


def _encode_png(
    source: bytes, _pixels: NDArray[np.uint8], change: Change, removal: Removal
) -> bytes:
    chunks = png_pixels.write_pixels(source, change)
    if chunks[0] != png.read_image_header(source).to_chunk():
        removal.note("colours_expanded")
    return png.to_bytes(png_metadata.scrub_chunks(chunks, removal))


def _encode_webp(
    source: bytes, pixels: NDArray[np.uint8], _change: Change, removal: Removal
) -> bytes:
    original, _ = webp.parse(source)
    picture = webp_pixels.write_pixels(source, pixels)
    return webp_metadata.graft(original, picture, (pixels.shape[1], pixels.shape[0]), removal)


def _encode_heif(
    source: bytes, _pixels: NDArray[np.uint8], change: Change, removal: Removal
) -> bytes:
    return heif_pixels.write_pixels(source, change, _extras(source, removal, thumbnails=True))


def _encode_avif(
    source: bytes, _pixels: NDArray[np.uint8], change: Change, removal: Removal
) -> bytes:
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


def _encode_bmp(
    source: bytes, pixels: NDArray[np.uint8], change: Change, removal: Removal
) -> bytes:
    layout = bmp.read_layout(source)
    if not layout.editable:
        removal.note("colours_expanded")
    return bmp_pixels.write_pixels(source, pixels, change)


def _encode_tiff(
    source: bytes, pixels: NDArray[np.uint8], change: Change, removal: Removal
) -> bytes:
    if not tiff_pixels.keeps_samples(source):
        removal.note("colours_expanded")
    strips = tiff_pixels.write_pixels(source, pixels, change)
    described = tiff.TiffFile(tiff_metadata.scrub(source, removal))
    return tiff_writer.with_strips(described, strips)

"""Turns a HEIF or AVIF photo into a JPEG, for a receiver that takes JPEG and not that format.

Only then: a conversion costs the photo depth, transparency and companion pictures.  It comes before
everything else, so that the JPEG is cloaked as any other is.
"""

from __future__ import annotations

import io
import re
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fawkes_host.photo.codecs import avif as avif_pixels
from fawkes_host.photo.codecs import heif as heif_pixels
from fawkes_host.photo.codecs.heif import Appearance
from fawkes_host.photo.codecs.icc import profile_of
from fawkes_host.photo.codecs.pillow import decoding
from fawkes_host.photo.containers import jpeg, tiff
from fawkes_host.photo.containers.heif import HeifFile
from fawkes_host.photo.decode import Photo
from fawkes_host.photo.encode import Encoded
from fawkes_host.photo.metadata import Policy, Removal, exif
from fawkes_host.photo.metadata import heif as heif_metadata
from fawkes_host.photo.metadata import jpeg as jpeg_metadata
from fawkes_host.protocol.errors import DamagedImage

NOTICE = "converted_to_jpeg"

QUALITY: Final = 95
"""Of libjpeg.  Luma keeps 45 to 48 dB of what the decoder of HEIC gives; at 92 it keeps 43 to 45,
in three quarters of the bytes."""

_LONGEST_EDGE_PX = 65_500
"""libjpeg writes no longer one."""

_XMP_ORIENTATION = re.compile(rb"""(tiff:Orientation\s*(?:=\s*["']|>)\s*)[2-8]""")


def to_jpeg(photo: Photo, policy: Policy) -> Encoded:
    """Return a HEIF or AVIF as JPEG of the same size, colours and metadata, turned upright.

    ``policy`` tells only what need not be carried over: apply it to the result.  What no JPEG of
    8 bits can show (HDR, edges beyond 65,500 pixels) comes back as it is, without the notice.
    """
    look = _read_appearance(photo)
    profile = look.icc_profile or profile_of(HeifFile(photo.source).colour_codes)
    if profile is None or max(photo.pixels.shape) > _LONGEST_EDGE_PX:
        return Encoded(photo.source)
    removal = Removal.of(policy, pixels_changed=False)
    removal.note(NOTICE)
    if look.bit_depth > 8:
        removal.note("bit_depth_reduced")
    pixels = photo.pixels
    if look.alpha is not None and look.alpha.min() < 255:
        removal.note("transparency_removed")
        pixels = _on_white(pixels, look)
    picture = Image.fromarray(pixels)
    if look.grey:
        picture = picture.convert("L")
    buffer = io.BytesIO()
    with decoding():  # An absurd profile may be more than fits.
        picture.save(
            buffer, "JPEG", quality=QUALITY, subsampling=look.subsampling, icc_profile=profile
        )
    encoded = jpeg.parse(buffer.getvalue())
    metadata = () if removal.everything else _segments(photo.source, removal)
    heif_metadata.note_removal(HeifFile(photo.source), removal, thumbnails=True)
    jfif, *others = encoded.head
    result = jpeg.JpegFile((jfif, *metadata, *others), encoded.scans, b"")
    return Encoded(result.to_bytes(), tuple(sorted(removal.notices)))


def _read_appearance(photo: Photo) -> Appearance:
    read = heif_pixels.read_appearance if photo.format == "HEIF" else avif_pixels.read_appearance
    return read(photo.source)


def _on_white(pixels: NDArray[np.uint8], look: Appearance) -> NDArray[np.uint8]:
    assert look.alpha is not None
    alpha = look.alpha[..., None].astype(np.uint16)
    light = pixels if look.premultiplied else (pixels * alpha + 127) // 255
    shown: NDArray[np.uint8] = np.minimum(light + (255 - alpha), 255).astype(np.uint8)
    return shown


def _segments(source: bytes, removal: Removal) -> tuple[jpeg.Segment, ...]:
    """Return EXIF and XMP as JPEG holds them; neither turns the pixels, which are upright."""
    file = HeifFile(source)
    payloads = []
    structure = heif_metadata.read_exif(file)
    if structure:
        try:
            tiff.TiffFile(structure).chain()
            payloads.append(exif.PREFIX + tiff.without_orientation(structure))
        except DamagedImage:
            # It might turn the picture for a reader of another mind.
            removal.note("metadata_unreadable")
    packet = heif_metadata.read_xmp(file)
    if packet:
        payloads.append(jpeg_metadata.XMP_PREFIX + _XMP_ORIENTATION.sub(rb"\g<1>1", packet))
    fitting = [payload for payload in payloads if len(payload) <= jpeg.MAX_PAYLOAD_BYTES]
    if len(fitting) < len(payloads):
        removal.note("metadata_too_long")
    return tuple(jpeg.Segment(jpeg.APP1, payload) for payload in fitting)

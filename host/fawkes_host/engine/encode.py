"""Turns changed pixels into a file like the one they came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine import metadata, orientation
from fawkes_host.engine.codecs import jpeg as jpeg_pixels
from fawkes_host.engine.codecs import png as png_pixels
from fawkes_host.engine.codecs import webp as webp_pixels
from fawkes_host.engine.containers import jpeg, png, webp
from fawkes_host.engine.decode import Photo
from fawkes_host.engine.metadata import Policy, Removal
from fawkes_host.engine.metadata import jpeg as jpeg_metadata
from fawkes_host.engine.metadata import png as png_metadata
from fawkes_host.engine.metadata import webp as webp_metadata
from fawkes_host.protocol.errors import NotAnImage


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
    """
    return encode_with_notices(photo, pixels, policy).data


def encode_with_notices(photo: Photo, pixels: NDArray[np.uint8], policy: Policy) -> Encoded:
    """Do as ``encode`` does, and tell what was lost."""
    if pixels.shape != photo.pixels.shape or pixels.dtype != np.uint8:
        raise ValueError(f"expected uint8 {photo.pixels.shape}, got {pixels.dtype} {pixels.shape}")
    if np.array_equal(pixels, photo.pixels):
        scrubbed = metadata.scrub(photo.source, policy)
        return Encoded(scrubbed.data, scrubbed.notices)
    change = np.subtract(pixels, photo.pixels, dtype=np.int16)
    return _encode_stored(
        photo,
        orientation.to_stored(pixels, photo.orientation),
        orientation.to_stored(change, photo.orientation),
        Removal.of(policy, pixels_changed=True),
    )


def _encode_stored(
    photo: Photo, pixels: NDArray[np.uint8], change: NDArray[np.int16], removal: Removal
) -> Encoded:
    data = photo.source
    match photo.format:
        case "JPEG":
            encoded = jpeg_pixels.write_pixels(data, pixels, change)
            result = jpeg_metadata.graft(jpeg.parse(data), encoded, removal)
        case "PNG":
            chunks = png_pixels.write_pixels(data, pixels, change)
            result = png.to_bytes(png_metadata.scrub_chunks(chunks, removal))
            if chunks[0] != png.parse(data)[0][0]:
                removal.note("colours_expanded")
        case "WEBP":
            original, _ = webp.parse(data)
            picture = webp_pixels.write_pixels(data, pixels, change)
            size = (pixels.shape[1], pixels.shape[0])
            result = webp_metadata.graft(original, picture, size, removal)
        case _:
            raise NotAnImage(supported=photo.format)
    return Encoded(result, tuple(sorted(removal.notices)))

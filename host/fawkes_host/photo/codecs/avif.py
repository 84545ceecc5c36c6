"""AVIF pixels: Pillow decodes and encodes 8 bits a channel; the quality follows the file's size."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image

from fawkes_host.photo import orientation
from fawkes_host.photo.codecs.change import Change
from fawkes_host.photo.codecs.heif import Appearance, Extras
from fawkes_host.photo.codecs.pillow import as_array, decoding, open_image
from fawkes_host.photo.codecs.sizing import estimate_quality, fit_size
from fawkes_host.photo.containers.heif import HeifFile, picture_bytes, with_colour_codes

_SPEED = 8
"""libaom's effort: 2 s for 12 megapixels; 6 makes files a tenth smaller, in four times that."""

_SUBSAMPLINGS = {(0, 0): "4:4:4", (1, 0): "4:2:2", (1, 1): "4:2:0"}


def read_pixels(data: bytes) -> NDArray[np.uint8]:
    """Return uint8 [h, w, 3] RGB as displayed."""
    with decoding():
        image, _ = _open(data)
        with image:
            stored = as_array(image, "RGB")
        return orientation.to_display(stored, HeifFile(data).orientation)


def read_appearance(data: bytes) -> Appearance:
    """Return how the picture looks beside its pixels."""
    with decoding():
        file = HeifFile(data)
        coded = file.av1_format
        image, icc_profile = _open(data)
        with image:
            alpha = None
            if image.mode == "RGBA":
                stored = as_array(image, "RGBA")[..., 3:]
                alpha = orientation.to_display(stored, file.orientation)[..., 0]
        return Appearance(
            grey=coded.monochrome,
            bit_depth=coded.bit_depth,
            subsampling=_SUBSAMPLINGS.get(coded.chroma_shifts, "4:2:0"),
            icc_profile=icc_profile,
            alpha=alpha,
        )


def write_pixels(data: bytes, change: Change, extras: Extras) -> bytes:
    """Encode ``data`` again with ``change``, of the pixels as displayed, and ``extras``.

    Chroma sampling, colour profile and alpha stay; rotation is done to the pixels.
    """
    with decoding():
        file = HeifFile(data)
        image, icc_profile = _open(data)
        with image:
            mode = "RGBA" if image.mode == "RGBA" else "RGB"
            samples = as_array(image, mode)
        samples = change.applied_to(orientation.to_display(samples, file.orientation), colours=3)
        coded = file.av1_format
        subsampling = _SUBSAMPLINGS.get(coded.chroma_shifts, "4:2:0")

        def encode(pixels: NDArray[Any], quality: int) -> bytes:
            picture = Image.fromarray(np.ascontiguousarray(pixels))
            if coded.monochrome:
                picture = picture.convert("L")
            buffer = io.BytesIO()
            picture.save(
                buffer,
                "AVIF",
                quality=quality,
                speed=_SPEED,
                subsampling="4:0:0" if coded.monochrome else subsampling,
                icc_profile=icc_profile,
                exif=extras.exif,
                xmp=extras.xmp,
            )
            return buffer.getvalue()

        target = picture_bytes(data)
        start = estimate_quality(encode, samples, target, picture_bytes)
        result = fit_size(lambda quality: encode(samples, quality), target, start, picture_bytes)
        codes = file.colour_codes
        return with_colour_codes(result, codes) if codes else result


def _open(data: bytes) -> tuple[Image.Image, bytes]:
    image = open_image(AvifImagePlugin.AvifImageFile, data)
    return image, image.info.get("icc_profile") or b""

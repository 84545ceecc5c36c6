"""WebP pixels: lossless files stay so; of lossy ones the quality is read from the bitstream."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, WebPImagePlugin

from fawkes_host.photo.codecs.pillow import as_array, decoding, open_image
from fawkes_host.photo.codecs.sizing import fit_size
from fawkes_host.photo.containers import webp
from fawkes_host.photo.containers.webp import Chunk

_METHOD = 4
"""libwebp's default effort."""

_TYPICAL_QUALITY = 75


def read_pixels(data: bytes) -> NDArray[np.uint8]:
    """Return uint8 [h, w, 3] RGB as stored."""
    with decoding(), open_image(WebPImagePlugin.WebPImageFile, data) as image:
        return as_array(image, "RGB")


def write_pixels(data: bytes, pixels: NDArray[np.uint8]) -> list[Chunk]:
    """Encode ``data`` again with ``pixels``, uint8 [h, w, 3]; returns the chunks of the picture.

    Alpha comes back bit for bit.
    """
    with decoding():
        chunks, _ = webp.parse(data)
        with open_image(WebPImagePlugin.WebPImageFile, data) as image:
            alpha = image.getchannel("A").copy() if image.mode == "RGBA" else None
        picture = Image.fromarray(np.ascontiguousarray(pixels))
        if alpha is not None:
            picture.putalpha(alpha)
        if webp.is_lossless(chunks):
            return _picture_chunks(_save(picture, lossless=True, exact=True))
        target = sum(len(c.payload) for c in chunks if c.kind in webp.PICTURE_KINDS)
        index = webp.quantiser(chunks)
        start = _TYPICAL_QUALITY if index is None else _quality(index)
        return _picture_chunks(
            fit_size(lambda quality: _save(picture, quality=quality, exact=True), target, start)
        )


def _save(picture: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", method=_METHOD, **options)
    return buffer.getvalue()


def _picture_chunks(encoded: bytes) -> list[Chunk]:
    chunks, _ = webp.parse(encoded)
    return [chunk for chunk in chunks if chunk.kind in webp.PICTURE_KINDS]


def _quality(quantiser: float) -> int:
    """Invert libwebp's ``QualityToCompression``, which turns a quality into a quantiser index."""
    linear = (1 - quantiser / 127) ** 3
    return math.floor(100 * (linear * 1.5 if linear < 0.5 else (linear + 1) / 2) + 0.5)

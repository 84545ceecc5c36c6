"""GIF pixels: read by Pillow, and written as PNG; small changes find no colour in a palette."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import GifImagePlugin, Image

from fawkes_host.photo.codecs.pillow import as_array, decoding, open_image
from fawkes_host.photo.containers import png
from fawkes_host.photo.containers.png import Chunk


def read_pixels(data: bytes) -> NDArray[np.uint8]:
    """Return uint8 [h, w, 3] RGB of the first picture, on the whole screen it is shown on."""
    with decoding():
        return np.ascontiguousarray(_read_samples(data)[..., :3])


def write_png(data: bytes, pixels: NDArray[np.uint8]) -> list[Chunk]:
    """Encode ``pixels``, uint8 [h, w, 3], as PNG, transparent where the GIF ``data`` is."""
    with decoding():
        alpha = _read_samples(data)[..., 3]
        samples = pixels if alpha.min() == 255 else np.dstack([pixels, alpha])
        buffer = io.BytesIO()
        Image.fromarray(samples).save(buffer, "PNG")
    chunks, _ = png.parse(buffer.getvalue())
    return chunks


def _read_samples(data: bytes) -> NDArray[np.uint8]:
    with open_image(GifImagePlugin.GifImageFile, data) as image:
        return as_array(image, "RGBA")

"""BMP pixels: files of 24 and 32 bits and of grey are changed in place, others get 24 bits."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import BmpImagePlugin, Image

from fawkes_host.photo.codecs.change import Change
from fawkes_host.photo.codecs.pillow import as_array, decoding, open_image
from fawkes_host.photo.containers import bmp


def read_pixels(data: bytes) -> NDArray[np.uint8]:
    """Return uint8 [h, w, 3] RGB."""
    with decoding(), open_image(BmpImagePlugin.BmpImageFile, data) as image:
        return as_array(image, "RGB")


def write_pixels(data: bytes, pixels: NDArray[np.uint8], change: Change) -> bytes:
    """Return ``data`` with ``change`` added to its pixels."""
    with decoding():
        layout = bmp.read_layout(data)
        if layout.editable:
            result = bytearray(data)
            rows = np.frombuffer(result, np.uint8, layout.row_bytes * layout.height, layout.start)
            rows = rows.reshape(layout.height, layout.row_bytes)
            if not layout.top_down:
                rows = rows[::-1]
            samples = rows[:, : layout.width * layout.bits // 8]
            samples = samples.reshape(layout.height, layout.width, -1)
            samples[...] = change.in_bgr().applied_to(samples, 1 if layout.grey else 3)
            return bytes(result)
        buffer = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "BMP")
        return buffer.getvalue()

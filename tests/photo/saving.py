"""Photos as Pillow and pillow-heif write them."""

from __future__ import annotations

import io
from typing import Any

import pillow_heif
from PIL import Image


def save(image: Image.Image, format_: str, **options: Any) -> bytes:
    """Return a file in one of Pillow's formats, or in ``HEIF``."""
    buffer = io.BytesIO()
    if format_ == "HEIF":
        pillow_heif.from_pillow(image).save(buffer, **options)
    else:
        image.save(buffer, format_, **options)
    return buffer.getvalue()

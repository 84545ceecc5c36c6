"""Pillow as this engine uses it: the plugin is named, warnings stay inside, failures have codes."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fawkes_host.protocol.errors import DamagedImage, FawkesError, OutOfMemory

_ROWS_AT_ONCE = 1024


@contextmanager
def decoding() -> Iterator[None]:
    """Turn whatever a decoder raises into ``DamagedImage``, and keep its warnings inside.

    Decoders meet hostile files here and fail in every way there is (``OSError``, ``SyntaxError``,
    ``ValueError``, ``struct.error``, ``zlib.error``, ...), so nothing narrower would do.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except FawkesError:
            raise
        except MemoryError as error:
            raise OutOfMemory() from error
        except Exception as error:
            raise DamagedImage(detail=str(error) or type(error).__name__) from error


def open_image(plugin: Callable[[Any], Image.Image], data: bytes) -> Image.Image:
    """Open ``data`` with one plugin class.

    Not ``Image.open``: that tries every format there is, and its guard against decompression bombs
    warns at sizes which the limits in ``decode`` allow and have checked already.
    """
    return plugin(io.BytesIO(data))


def as_array(image: Image.Image, mode: str | None = None) -> NDArray[np.uint8]:
    """Return the samples of an image of 8 bits a channel: [h, w], or [h, w, c] for several.

    ``mode`` is the mode to convert to.  Large images are taken band by band: as a whole, Pillow
    would hold them three times over.
    """
    image.load()
    mode = mode or image.mode
    samples = np.empty((image.height, image.width, Image.getmodebands(mode)), np.uint8)
    for top in range(0, image.height, _ROWS_AT_ONCE):
        bottom = min(top + _ROWS_AT_ONCE, image.height)
        band = image.crop((0, top, image.width, bottom))
        band = band if band.mode == mode else band.convert(mode)
        samples[top:bottom] = np.asarray(band, np.uint8).reshape(bottom - top, image.width, -1)
    return samples[..., 0] if samples.shape[2] == 1 else samples

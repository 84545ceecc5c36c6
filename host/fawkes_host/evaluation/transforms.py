"""What happens to a photo between the cloak and a tracker: sites shrink and recompress."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.uint8]
"""uint8 [h, w, 3] RGB."""

Transform = Callable[[Pixels], Pixels]

NOISE_SIGMA = 4.0
"""Grey levels: what a phone's sensor shows indoors."""

BLUR_SIGMA_PX = 1.0
SCREEN_SCALE = 0.8
SCREEN_GAMMA = 1.08


def jpeg(quality: int) -> Transform:
    """Encode as JPEG with halved chroma, as sites do, and decode."""

    def apply(pixels: Pixels) -> Pixels:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=quality)
        return np.asarray(Image.open(file).convert("RGB"))

    return apply


def long_side(px: int) -> Transform:
    """Shrink to a long side of ``px``; smaller photos stay as they are."""

    def apply(pixels: Pixels) -> Pixels:
        return _scale(pixels, min(1.0, px / max(pixels.shape[:2])))

    return apply


def half(pixels: Pixels) -> Pixels:
    """Shrink to half width and height."""
    return _scale(pixels, 0.5)


def blur(pixels: Pixels) -> Pixels:
    """Blur by a Gaussian."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(BLUR_SIGMA_PX)))


def noise(pixels: Pixels) -> Pixels:
    """Add Gaussian noise; the same photo gets the same."""
    random = np.random.default_rng(pixels.size)
    noisy = pixels + random.normal(0.0, NOISE_SIGMA, pixels.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def screenshot(pixels: Pixels) -> Pixels:
    """Show at another scale with another gamma, and capture: resampled twice, quantised twice."""
    shown = _scale(pixels, SCREEN_SCALE, Image.Resampling.BILINEAR)
    shown = np.rint(255.0 * (shown / 255.0) ** SCREEN_GAMMA).astype(np.uint8)
    return jpeg(90)(shown)


def in_turn(*steps: Transform) -> Transform:
    """Do one after the other."""

    def apply(pixels: Pixels) -> Pixels:
        for step in steps:
            pixels = step(pixels)
        return pixels

    return apply


TRANSFORMS: Mapping[str, Transform] = MappingProxyType(
    {
        "jpeg 95": jpeg(95),
        "jpeg 85": jpeg(85),
        "jpeg 75": jpeg(75),
        "jpeg 50": jpeg(50),
        "1080 px": long_side(1080),
        "720 px": long_side(720),
        "half": half,
        "blur": blur,
        "noise": noise,
        "screenshot": screenshot,
        "1080 px, jpeg 85": in_turn(long_side(1080), jpeg(85)),
        "half, jpeg 75": in_turn(half, jpeg(75)),
    }
)
"""By the name under which the report shows them."""


def _scale(
    pixels: Pixels, scale: float, resampling: Image.Resampling = Image.Resampling.LANCZOS
) -> Pixels:
    if scale >= 1.0:
        return pixels
    height, width = pixels.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(pixels).resize(size, resampling))

"""Pictures without people, to count what a detector takes for a face in them.

They are made of what packages bring: about twenty photos and textures, of which parts are cut,
mirrored and turned, and besides drawn pages of text and fields of noise.  That is no sample of
people's photos: what it tells is how often things, patterns and writing are mistaken.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

SKIMAGE_PHOTOS = (
    "brick",
    "cell",
    "chelsea",
    "clock",
    "coffee",
    "grass",
    "gravel",
    "hubble_deep_field",
    "immunohistochemistry",
    "microaneurysms",
    "moon",
    "page",
    "retina",
    "rocket",
    "text",
)
"""Of scikit-image's photos those that come with it and show nobody, not even on a coin."""

SKLEARN_PHOTOS = ("china.jpg", "flower.jpg")

LONG_SIDES_PX = (320, 640, 1000, 1600)
"""In these sizes, in turn."""

WORDS = "The quick brown fox jumps over 13 lazy dogs while nobody looks".split()  # noqa: SIM905


def pictures(count: int, seed: int = 0) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield so many pictures uint8 [h, w, 3], each with its kind: seven of ten are parts of
    photos, two are pages of text, one is noise."""
    rng = np.random.default_rng(seed)
    photos = _photos()
    for number in range(count):
        long_side = LONG_SIDES_PX[number % len(LONG_SIDES_PX)]
        if number % 10 < 7:
            name, photo = photos[number % len(photos)]
            yield name, _part(photo, long_side, rng)
        elif number % 10 < 9:
            yield "page of text", _page(long_side, rng)
        else:
            yield "noise", _noise(long_side, rng)


def _photos() -> list[tuple[str, Image.Image]]:
    from skimage import data
    from sklearn.datasets import load_sample_image

    found = [(name, np.asarray(getattr(data, name)())) for name in SKIMAGE_PHOTOS]
    found += [(name, load_sample_image(name)) for name in SKLEARN_PHOTOS]
    return [(name, Image.fromarray(photo).convert("RGB")) for name, photo in found]


def _part(photo: Image.Image, long_side: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a random part of a photo, perhaps mirrored and turned."""
    share = rng.uniform(0.4, 1.0)
    width, height = round(photo.width * share), round(photo.height * share)
    left = int(rng.integers(0, photo.width - width + 1))
    top = int(rng.integers(0, photo.height - height + 1))
    part = photo.crop((left, top, left + width, top + height))
    scale = long_side / max(part.size)
    size = (max(round(part.width * scale), 1), max(round(part.height * scale), 1))
    pixels = np.asarray(part.resize(size, Image.Resampling.BICUBIC))
    if rng.integers(2):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(np.rot90(pixels, int(rng.integers(4))))


def _page(long_side: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a page of text, with some words in colour."""
    page = Image.new("RGB", (long_side, long_side * 3 // 4), "white")
    draw = ImageDraw.Draw(page)
    size = int(rng.integers(12, 40))
    font = ImageFont.load_default(size)
    for top in range(size, page.height - size, round(size * 1.4)):
        line = " ".join(rng.choice(WORDS, long_side // (3 * size)))
        colour = "black" if rng.integers(4) else tuple(int(c) for c in rng.integers(0, 200, 3))
        draw.text((size, top), line, colour, font)
    return np.asarray(page)


def _noise(long_side: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return smooth noise, of blots of 2 to 40 pixels."""
    blot = int(rng.integers(2, 41))
    grains = rng.integers(
        0, 256, (long_side * 3 // 4 // blot + 1, long_side // blot + 1, 3), np.uint8
    )
    size = (long_side, long_side * 3 // 4)
    return np.asarray(Image.fromarray(grains).resize(size, Image.Resampling.BICUBIC))

"""Compares a photo and its cloaked copy with readers that are not the engine's own."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageOps

MARGIN_PX = 24
"""A change reaches so far beyond its own pixels, in blocks of lossy formats."""


def cloaked(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], tuple[int, int, int, int]]:
    """Change the face of the corpus as a cloak does; return pixels and the box of the change."""
    height, width = pixels.shape[:2]
    x, y, w, h = (70, 55, 110, 130) if width > height else (55, 60, 110, 130)
    noise = np.random.default_rng(1).normal(0, 1, (h // 4, w // 4)).astype(np.float32)
    change = np.asarray(Image.fromarray(noise).resize((w, h), Image.Resampling.BICUBIC)) * 6
    changed = pixels.astype(np.int16)
    changed[y : y + h, x : x + w] += np.rint(change).astype(np.int16)[..., None]
    return changed.clip(0, 255).astype(np.uint8), (x, y, w, h)


@dataclass(frozen=True)
class View:
    """A photo as a viewer shows it.

    ``colours`` is [h, w, 3] RGB, and ``alpha`` [h, w] or None, both as displayed.
    """

    format: str
    colours: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None
    profile: bytes


def view(data: bytes) -> View:
    """Look at a file with Pillow, or with pillow-heif."""
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"mif1"):
        image = pillow_heif.open_heif(io.BytesIO(data)).to_pillow()
        name = "HEIF"
    else:
        image = Image.open(io.BytesIO(data))
        name = str(image.format)
    profile = image.info.get("icc_profile") or b""
    image.load()
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if name not in ("HEIF", "AVIF"):
        image = ImageOps.exif_transpose(image)
    transparent = "transparency" in image.info or image.mode in ("RGBA", "LA", "PA")
    image = image.convert("RGBA") if transparent else image
    alpha = np.asarray(image)[..., 3] if transparent else None
    return View(name, np.asarray(image.convert("RGB")), alpha, profile)


@dataclass(frozen=True)
class Fidelity:
    """What differs between an original and its cloaked copy.

    ``psnr_outside`` in dB and ``most_outside`` in grey levels are those of the pixels farther than
    ``MARGIN_PX`` from the face; ``growth`` is the copy's size over the original's.
    """

    same_format: bool
    same_size: bool
    same_profile: bool
    same_alpha: bool
    psnr_outside: float
    most_outside: int
    growth: float


def compare(original: bytes, copy: bytes, boxes: list[tuple[int, int, int, int]]) -> Fidelity:
    """Compare; ``boxes`` are (x, y, width, height) of what may have changed, as displayed."""
    before, after = view(original), view(copy)
    same_size = before.colours.shape == after.colours.shape
    psnr, most = 0.0, 255
    if same_size:
        outside = np.ones(before.colours.shape[:2], bool)
        for x, y, w, h in boxes:
            top, left = max(0, y - MARGIN_PX), max(0, x - MARGIN_PX)
            outside[top : y + h + MARGIN_PX, left : x + w + MARGIN_PX] = False
        off_by = before.colours[outside].astype(int) - after.colours[outside]
        most = int(np.abs(off_by).max(initial=0))
        error = float((off_by**2).mean()) if off_by.size else 0.0
        psnr = float(10 * np.log10(255**2 / error)) if error else float("inf")
    return Fidelity(
        same_format=before.format == after.format or {before.format, after.format} <= {"JPEG", "MPO"},
        same_size=same_size,
        same_profile=before.profile == after.profile,
        same_alpha=_same_alpha(before.alpha, after.alpha),
        psnr_outside=psnr,
        most_outside=most,
        growth=len(copy) / len(original),
    )  # fmt: skip


def _same_alpha(before: NDArray[np.uint8] | None, after: NDArray[np.uint8] | None) -> bool:
    """Whether transparency is the same; of a lossy format, nearly."""
    if before is None or after is None:
        return (before is None) == (after is None)
    return before.shape == after.shape and int(np.abs(before.astype(int) - after).max()) <= 3

"""A drawn portrait that MTCNN takes for a face: benchmarks and tests need no photo of a person."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

DRAWN_PX = 400
"""The coordinates below are those of a drawing of this size."""

BACKGROUND, COAT, SKIN, NECK = (176, 190, 205), (60, 70, 110), (222, 178, 150), (196, 150, 125)
HAIR, BROW, LID, EYE, IRIS, PUPIL = (
    (70, 48, 36),
    (80, 55, 42),
    (150, 110, 92),
    (245, 240, 235),
    (60, 45, 35),
    (10, 10, 10),
)
NOSE, TIP, NOSTRIL, LIPS, MOUTH = (
    (216, 170, 143),
    (206, 158, 132),
    (130, 85, 70),
    (170, 85, 80),
    (110, 50, 50),
)


def draw_portrait(edge_px: int = DRAWN_PX, seed: int = 0) -> NDArray[np.uint8]:
    """Return a square portrait, uint8 [edge, edge, 3] RGB, with one face of about 0.4 × 0.5 of it.

    ``seed`` changes its grain.
    """
    scale = edge_px / DRAWN_PX
    image = Image.new("RGB", (edge_px, edge_px), BACKGROUND)
    pen = ImageDraw.Draw(image)

    def ellipse(x: float, y: float, rx: float, ry: float, fill: tuple[int, int, int]) -> None:
        box = [(x - rx) * scale, (y - ry) * scale, (x + rx) * scale, (y + ry) * scale]
        pen.ellipse(box, fill=fill)

    def width(px: float) -> int:
        return max(1, int(px * scale))

    ellipse(200, 430, 150, 110, COAT)
    pen.rectangle([165 * scale, 270 * scale, 235 * scale, 350 * scale], fill=NECK)
    ellipse(200, 170, 98, 120, HAIR)
    ellipse(200, 200, 82, 108, SKIN)
    ellipse(200, 105, 80, 38, HAIR)
    for x in (166, 234):
        ellipse(x, 172, 20, 9, LID)
        ellipse(x, 175, 15, 7, EYE)
        ellipse(x, 175, 7, 7, IRIS)
        ellipse(x, 175, 3, 3, PUPIL)
        brow = [(x - 22) * scale, 148 * scale, (x + 22) * scale, 170 * scale]
        pen.arc(brow, 200, 340, fill=BROW, width=width(5))
    ellipse(200, 222, 15, 11, TIP)
    ellipse(192, 228, 4, 3, NOSTRIL)
    ellipse(208, 228, 4, 3, NOSTRIL)
    bridge = [(194, 180), (206, 180), (212, 222), (188, 222)]
    pen.polygon([(x * scale, y * scale) for x, y in bridge], fill=NOSE)
    ellipse(200, 258, 28, 9, LIPS)
    pen.line([173 * scale, 258 * scale, 227 * scale, 258 * scale], fill=MOUTH, width=width(2))
    image = image.filter(ImageFilter.GaussianBlur(2.2 * scale))

    # Light from one side, and the grain of a sensor.
    pixels = np.asarray(image, np.float32)
    across = np.arange(edge_px, dtype=np.float32)[None, :, None] / edge_px
    grain = np.random.default_rng(seed).normal(0.0, 3.0, (edge_px, edge_px, 1))
    return np.clip(pixels * (1.06 - 0.5 * (across - 0.35) ** 2) + grain, 0, 255).astype(np.uint8)


def draw_group(width_px: int, height_px: int, faces: int) -> NDArray[np.uint8]:
    """Return a photo uint8 [h, w, 3] with so many portraits side by side."""
    photo = np.full((height_px, width_px, 3), BACKGROUND, np.uint8)
    edge = min(height_px, width_px // faces)
    top = (height_px - edge) // 2
    for number in range(faces):
        left = number * (width_px // faces)
        photo[top : top + edge, left : left + edge] = draw_portrait(edge, seed=number)
    return photo

"""Views: how a recogniser may see the face in a canvas, another way in every step.

Input diversity (Xie et al., 2019): what moves a face in many views of it moves it in one that was
never tried, and for recognisers that were never asked.  Views are warped too (Lin et al., 2024, who
choose the worst warp; here it is a random one).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import align
from .align import CANVAS_PX

LAST_PX = CANVAS_PX - 1.001
"""Chips look no further: every place has a neighbour to its right and below."""

KNOTS = 4
"""A warp is given at so many places along each edge of a chip."""


@dataclass(frozen=True)
class Diversity:
    """How far views differ; the numbers were chosen by measurement (``ABLATIONS.md``)."""

    scale: float = 0.08
    shift: float = 0.04
    """Both as shares of the chip's edge."""
    angle_deg: float = 4.0
    mirror_chance: float = 0.5
    blur_chance: float = 0.5
    warp: float = 0.015
    """Standard deviation of a smooth random field that moves what a chip shows, as a share of its
    edge: faces of other proportions."""


class View(NamedTuple):
    """One view of a canvas."""

    transform: NDArray[np.float32]
    """Chip to canvas, float32 [8]: TensorFlow's projective transform."""
    warp: NDArray[np.float32]
    """float32 [KNOTS, KNOTS, 2]: how far beside that place a chip looks, in pixels of the canvas
    (x, y); smooth between the knots."""
    blur: np.float32
    """0 or 1: whether pixels are averaged with their neighbours, as other resamplers do."""


def as_projective(transform: align.Transform) -> NDArray[np.float32]:
    """The same transform as the eight numbers, float32 [8], of TensorFlow's projective one."""
    return np.concatenate([transform.ravel(), [0.0, 0.0]]).astype(np.float32)


def plain_transform(network: Any, landmarks: ArrayLike) -> NDArray[np.float32]:
    """Chip to canvas as the network expects a face with ``landmarks`` [5, 2], float32 [8]."""
    return as_projective(align.similarity(network.template, landmarks))


def show_plain(images: Any, transforms: Any, size: int) -> Any:
    """Chips [n, size, size, c] of images [n, h, w, c], bilinear; ``transforms`` is [n, 8]."""
    import tensorflow as tf

    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=transforms,
        output_shape=(size, size),
        interpolation="BILINEAR",
        fill_mode="NEAREST",
        fill_value=0.0,
    )


def draw(
    network: Any, landmarks: ArrayLike, diversity: Diversity, random: np.random.Generator
) -> View:
    """A random view for a network, of a face with ``landmarks`` [5, 2] in the canvas."""
    size = network.input_size
    middle = np.full(2, (size - 1) / 2)
    scale = np.exp(diversity.scale * random.uniform(-1, 1))
    angle = np.deg2rad(diversity.angle_deg * random.uniform(-1, 1))
    shift = diversity.shift * size * random.uniform(-1, 1, 2)
    mirror = -1.0 if random.random() < diversity.mirror_chance else 1.0
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn = turn @ np.diag([mirror, 1.0])
    jitter = np.column_stack([turn, middle + shift - turn @ middle])
    to_canvas = align.compose(align.similarity(network.template, landmarks), jitter)
    blur = np.float32(random.random() < diversity.blur_chance)
    edge = size * np.sqrt(abs(np.linalg.det(to_canvas[:, :2])))
    warp = diversity.warp * edge * random.standard_normal((KNOTS, KNOTS, 2))
    return View(as_projective(to_canvas), warp.astype(np.float32), blur)


def build_show(size: int) -> Any:
    """Return a function for graphs: it shows planes of a canvas as a view's chip of ``size`` px.

    It takes the view's three tensors and then any number of tensors [C, C, c], and returns as many
    chips [1, size, size, c].  Beyond the canvas its edge is repeated.
    """
    import tensorflow as tf

    basis = tf.image.resize(np.eye(KNOTS)[..., None], (size, KNOTS), "bicubic")[..., 0].numpy()
    places = np.arange(size, dtype=np.float32)

    def show(transform: Any, warp: Any, blur: Any, *planes: Any) -> list[Any]:
        beside = tf.einsum("yi,xj,ijk->kyx", basis, basis, warp)
        x = transform[0] * places + transform[1] * places[:, None] + transform[2] + beside[0]
        y = transform[3] * places + transform[4] * places[:, None] + transform[5] + beside[1]
        x = tf.clip_by_value(x, 0.0, LAST_PX)
        y = tf.clip_by_value(y, 0.0, LAST_PX)
        left, top = tf.floor(x), tf.floor(y)
        right, bottom = (x - left)[..., None], (y - top)[..., None]
        corner = tf.cast(top * CANVAS_PX + left, tf.int32)
        chips = []
        for plane in planes:
            pixels = tf.reshape(plane, (CANVAS_PX * CANVAS_PX, plane.shape[-1]))
            above, above_right, below, below_right = (
                tf.gather(pixels, corner + offset) for offset in (0, 1, CANVAS_PX, CANVAS_PX + 1)
            )
            above += right * (above_right - above)
            below += right * (below_right - below)
            chips.append(_blurred((above + bottom * (below - above))[None], blur))
        return chips

    return show


def _blurred(images: Any, amount: Any) -> Any:
    """Mix images with their mean over 2×2 pixels: as other resamplers would show them."""
    import tensorflow as tf

    pairs = images + tf.roll(images, 1, 1)
    return images + amount * (0.25 * (pairs + tf.roll(pairs, 1, 2)) - images)

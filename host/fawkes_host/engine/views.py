"""Views: how a recogniser may see the face in a canvas, another way in every step.

Input diversity (Xie et al., 2019): what moves a face in many views of it moves it in one that was
never tried, and for recognisers that were never asked.  Views are warped too (Lin et al., 2024, who
choose the worst warp; here it is a random one).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fawkes_host.engine import align
from fawkes_host.engine.align import CANVAS_PX
from fawkes_host.tensors import Tensor, separable

if TYPE_CHECKING:
    from fawkes_models.network import Network

LAST_PX = CANVAS_PX - 1.001
"""Chips look no further: every place has a neighbour to its right and below."""

BLUR_SIGMA_PX = 1.3
"""In the canvas, chosen by measurement (``docs/recipe.md``).  To halve it and to show it bilinearly
from there is a blur of σ 1.0."""

KNOTS = 4
"""A warp is given at so many places along each edge of a chip."""


@dataclass(frozen=True)
class Diversity:
    """How far views differ; the numbers were chosen by measurement (``docs/recipe.md``)."""

    scale: float = 0.08
    shift: float = 0.04
    """Both as shares of the chip's edge."""
    angle_deg: float = 4.0
    mirror_chance: float = 0.5
    blur_chance: float = 0.5
    """Of a view that shows the canvas as it is in a smaller or a softer photo: what sites and
    resamplers take away must not be what the cloak is made of."""
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
    """0 or 1: how much the canvas is ``blurred`` before the chip is cut from it."""


def as_projective(transform: align.Transform) -> NDArray[np.float32]:
    """Return a transform as the eight numbers, float32 [8], of TensorFlow's projective one."""
    return np.concatenate([transform.ravel(), [0.0, 0.0]]).astype(np.float32)


def plain_transform(network: Network, landmarks: ArrayLike) -> NDArray[np.float32]:
    """Return what takes a chip, as the network expects a face, to the canvas with ``landmarks``
    [5, 2], float32 [8]."""
    return as_projective(align.similarity(network.template, landmarks))


def show_plain(images: Tensor, transforms: Tensor, size: int) -> Tensor:
    """Return chips [n, size, size, c] of images [n, h, w, c], bilinear, by transforms [n, 8]."""
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
    network: Network, landmarks: ArrayLike, diversity: Diversity, random: np.random.Generator
) -> View:
    """Return a random view for a network, of a face with ``landmarks`` [5, 2] in the canvas."""
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

    It takes the view's transform and warp and then any number of tensors [C, C, c], and returns as
    many chips [1, size, size, c].  Beyond the canvas its edge is repeated.  A blur is left to the
    caller, who need not blur the same photo for every view.
    """
    import tensorflow as tf

    basis = tf.image.resize(np.eye(KNOTS)[..., None], (size, KNOTS), "bicubic")[..., 0].numpy()
    places = np.arange(size, dtype=np.float32)

    def show(transform: Tensor, warp: Tensor, *planes: Tensor) -> list[Tensor]:
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
            chips.append((above + bottom * (below - above))[None])
        return chips

    return show


def blurred(planes: Tensor, amount: Tensor = 1.0) -> Tensor:
    """Mix planes [..., C, C] of a canvas with what a Gaussian makes of them, as a photo shows them
    that was made smaller or softer.  ``amount`` is 0 for the planes as they are, 1 for the blur."""
    matrix = _blur_matrix()
    return planes + amount * (separable.apply(planes, matrix, matrix) - planes)


@cache
def _blur_matrix() -> NDArray[np.float32]:
    """Return what filters rows and columns of the canvas, float32 [C, C]; its edge is repeated."""
    import tensorflow as tf

    reach = int(np.ceil(3 * BLUR_SIGMA_PX))
    window = np.exp(-0.5 * (np.arange(-reach, reach + 1) / BLUR_SIGMA_PX) ** 2)
    profile = (window / window.sum()).astype(np.float32)
    with tf.init_scope():  # Once, and not in every graph that blurs.
        (matrix,) = separable.band_matrices(profile[None], CANVAS_PX, separable.Border.REPEATED)
        filter_: NDArray[np.float32] = matrix.numpy()
    return filter_

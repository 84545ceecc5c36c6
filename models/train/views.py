"""Random views of portraits: the chips that a network would be shown, turned, lit and coloured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import alignment
from portraits import Portraits

SCALE_JITTER = 0.12
SHIFT_JITTER = 0.05
"""Both as shares of the chip's edge."""
ANGLE_JITTER_DEG = 8.0
BRIGHTNESS_LEVELS = 25.0
CONTRAST = 0.25
TINT = 0.12
"""Every channel is scaled by up to so much more or less: many portraits to train on are grey."""


def draw(
    portraits: Portraits,
    rows: Sequence[int] | NDArray[np.int64],
    template: NDArray[np.float32],
    size: int,
    random: np.random.Generator,
) -> NDArray[np.float32]:
    """Chips float32 [b, size, size, 3], RGB 0..255, of the portraits ``rows``."""
    import tensorflow as tf

    views = np.stack([_view(portraits.landmarks[row], template, size, random) for row in rows])
    chips = tf.raw_ops.ImageProjectiveTransformV3(
        images=portraits.pixels[rows].astype(np.float32),
        transforms=views,
        output_shape=(size, size),
        interpolation="BILINEAR",
        fill_mode="NEAREST",
        fill_value=0.0,
    ).numpy()
    count = (len(rows), 1, 1, 1)
    contrast = np.exp(CONTRAST * random.uniform(-1, 1, count))
    tint = np.exp(TINT * random.uniform(-1, 1, (len(rows), 1, 1, 3)))
    middle = chips.mean((1, 2, 3), keepdims=True)
    chips = (chips - middle) * contrast + middle
    chips = chips * tint + BRIGHTNESS_LEVELS * random.uniform(-1, 1, count)
    return np.clip(chips, 0.0, 255.0).astype(np.float32)


def _view(
    landmarks: NDArray[np.float32],
    template: NDArray[np.float32],
    size: int,
    random: np.random.Generator,
) -> NDArray[np.float32]:
    """Chip to portrait, the eight numbers of TensorFlow's projective transform."""
    to_portrait = alignment.fit_similarity(
        template.astype(np.float64), landmarks.astype(np.float64)
    )
    middle = np.full(2, (size - 1) / 2)
    scale = np.exp(SCALE_JITTER * random.uniform(-1, 1))
    angle = np.deg2rad(ANGLE_JITTER_DEG * random.uniform(-1, 1))
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if random.random() < 0.5:
        turn = turn @ np.diag([-1.0, 1.0])
    shift = SHIFT_JITTER * size * random.uniform(-1, 1, 2)
    linear = to_portrait[:, :2] @ turn
    offset = to_portrait[:, :2] @ (middle + shift - turn @ middle) + to_portrait[:, 2]
    return np.append(np.column_stack([linear, offset]).ravel(), [0.0, 0.0]).astype(np.float32)

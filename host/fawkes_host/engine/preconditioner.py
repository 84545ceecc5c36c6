"""Where a change hides: the local contrast of a canvas, by which steps are multiplied."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from fawkes_host.engine.align import CANVAS_PX
from fawkes_host.tensors import Tensor

LUMINANCE = (0.299, 0.587, 0.114)
"""ITU-R BT.601, the luma of JPEG."""


@cache
def build_preconditioner(contrast_powers: tuple[float, ...]) -> Any:
    """Return a graph: of canvases [n, C, C, 3] and masks [n, C, C, 1] it makes preconditioners
    [n, C, C, 1].

    ``contrast_powers`` are the exponents of the local contrast, of the canvas and of it halved
    once, twice, ….  It is traced once in a process.
    """
    import tensorflow as tf

    plane = tf.TensorSpec((None, CANVAS_PX, CANVAS_PX, 1))

    @tf.function(
        autograph=False, input_signature=[tf.TensorSpec((None, CANVAS_PX, CANVAS_PX, 3)), plane]
    )
    def precondition(pixels: Tensor, mask: Tensor) -> Tensor:
        luminance = tf.reduce_sum(pixels * LUMINANCE, axis=-1, keepdims=True)
        preconditioner = mask
        for scale, power in enumerate(contrast_powers):
            if scale:
                luminance = tf.nn.avg_pool2d(luminance, 2, 2, "SAME")
            if power:
                contrast = tf.image.resize(_local_contrast(luminance), (CANVAS_PX, CANVAS_PX))
                preconditioner *= contrast**power
        return preconditioner

    return precondition


def _local_contrast(luminance: Tensor) -> Tensor:
    """Return W = 2·variance + C2 of planes [n, h, w, 1], 0..255: the denominator of SSIM's contrast
    term (Wang et al., 2004), with its window."""
    import tensorflow as tf

    offsets = np.arange(-5, 6)
    window = np.exp(-0.5 * (offsets / 1.5) ** 2)
    taps = (window / window.sum()).astype(np.float32)[:, None, None, None]

    def average(planes: Tensor) -> Tensor:
        planes = tf.pad(planes, [[0, 0], [5, 5], [5, 5], [0, 0]], "SYMMETRIC")
        planes = tf.nn.conv2d(planes, taps, 1, "VALID")
        return tf.nn.conv2d(planes, taps.transpose(1, 0, 2, 3), 1, "VALID")

    variance = tf.nn.relu(average(luminance**2) - average(luminance) ** 2)
    return 2.0 * variance + (0.03 * 255.0) ** 2

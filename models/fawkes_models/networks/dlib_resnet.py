"""dlib's face recognition network: a ResNet of 29 convolutions (King, 2017).

Follows ``dnn_face_recognition_ex.cpp`` of dlib; batch norms are folded into
the convolutions.  0.54 GFLOP a face, 5.6 million parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fawkes_models.networks.layers import convolve

if TYPE_CHECKING:
    import tensorflow as tf

INPUT_SIZE = 150
EMBEDDING_SIZE = 128
TEMPLATE = ((47.55, 46.60), (100.48, 46.60), (74.01, 76.56), (50.41, 103.02), (97.61, 103.02))
"""Where the landmarks of MTCNN lie in a chip that dlib's own predictor cut
(dlib's ``get_face_chip_details``, 150 pixels, padding 0.25)."""

_MEAN_RGB = (122.782, 117.001, 104.298)
_SCALE = 256.0

_STAGES = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
"""(channels, blocks, whether the first block halves the size)."""


def embed(chips: tf.Tensor, weights: Mapping[str, NDArray[np.float32]]) -> tf.Tensor:
    """Embeddings float32 [n, 128] of ``chips``, float32 [n, 150, 150, 3], RGB 0..255."""
    import tensorflow as tf

    def convolution(x: tf.Tensor, name: str, stride: int = 1, padding: str = "SAME") -> tf.Tensor:
        return convolve(x, weights[f"{name}/filters"], weights[f"{name}/bias"], stride, padding)

    def residual(x: tf.Tensor, name: str, channels: int, halve: bool) -> tf.Tensor:
        stride, padding = (2, "VALID") if halve else (1, "SAME")
        y = tf.nn.relu(convolution(x, f"{name}/first", stride, padding))
        y = convolution(y, f"{name}/second")
        if halve:
            x = tf.nn.avg_pool2d(x, 2, 2, "VALID")
            # Sizes differ by one where the input's is even, channels where they
            # double; dlib adds what overlaps and takes the rest as zero.
            side = max(x.shape[1], y.shape[1])
            x, y = pad_to(x, side, channels), pad_to(y, side, channels)
        return tf.nn.relu(x + y)

    def pad_to(x: tf.Tensor, side: int, channels: int) -> tf.Tensor:
        missing = side - x.shape[1]
        if missing == 0 and x.shape[3] == channels:
            return x
        return tf.pad(x, [[0, 0], [0, missing], [0, missing], [0, channels - x.shape[3]]])

    x = (chips - tf.constant(_MEAN_RGB)) / _SCALE
    x = tf.nn.relu(convolution(x, "stem", 2, "VALID"))
    x = tf.nn.max_pool2d(x, 3, 2, "VALID")
    for stage, (channels, blocks, halving) in enumerate(_STAGES):
        for block in range(blocks):
            x = residual(x, f"stage{stage}/block{block}", channels, halving and block == 0)
    return tf.reduce_mean(x, axis=[1, 2]) @ weights["embedding"]

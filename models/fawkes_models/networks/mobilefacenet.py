"""MobileFaceNet (Chen et al., "Efficient CNNs for accurate real-time face
verification on mobile devices", 2018).

Bottlenecks of a widening, a depthwise and a narrowing convolution, PReLU after
the first two, and a depthwise convolution over the whole last map in place of
pooling.  Batch norms are folded into the convolutions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import tensorflow as tf

INPUT_SIZE = 112
EMBEDDING_SIZE = 192
TEMPLATE = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""The ArcFace template (Deng et al., 2019)."""

_MIDDLE, _SCALE = 127.5, 128.0

_STAGES = ((5, 2), (1, 2), (6, 1), (1, 2), (2, 1))
"""(bottlenecks, stride of the first).  A first bottleneck has no skip in a stage of
stride 2; all others add their input."""


def embed(chips: tf.Tensor, weights: Mapping[str, NDArray[np.float32]]) -> tf.Tensor:
    """Embeddings float32 [n, 192] of ``chips``, float32 [n, 112, 112, 3], RGB 0..255."""
    import tensorflow as tf

    def convolve(x: tf.Tensor, name: str, stride: int = 1) -> tf.Tensor:
        x = tf.nn.conv2d(x, weights[f"{name}/filters"], stride, "SAME")
        return tf.nn.bias_add(x, weights[f"{name}/bias"])

    def convolve_depthwise(
        x: tf.Tensor, name: str, stride: int = 1, padding: str = "SAME"
    ) -> tf.Tensor:
        filters = weights[f"{name}/filters"]
        x = tf.nn.depthwise_conv2d(x, filters, [1, stride, stride, 1], padding)
        return tf.nn.bias_add(x, weights[f"{name}/bias"])

    def prelu(x: tf.Tensor, name: str) -> tf.Tensor:
        slope = tf.constant(weights[f"{name}/slope"])
        return tf.nn.relu(x) - slope * tf.nn.relu(-x)

    def bottleneck(x: tf.Tensor, name: str, stride: int) -> tf.Tensor:
        y = prelu(convolve(x, f"{name}/widen"), f"{name}/widen")
        y = prelu(convolve_depthwise(y, f"{name}/depthwise", stride), f"{name}/depthwise")
        y = convolve(y, f"{name}/narrow")
        return x + y if stride == 1 else y

    x = (chips - _MIDDLE) / _SCALE
    x = prelu(convolve(x, "stem", 2), "stem")
    x = prelu(convolve_depthwise(x, "depthwise"), "depthwise")
    x = convolve(x, "narrow")
    for stage, (bottlenecks, stride) in enumerate(_STAGES):
        for block in range(bottlenecks):
            x = bottleneck(x, f"stage{stage}/block{block}", stride if block == 0 else 1)
    x = prelu(convolve(x, "widen"), "widen")
    x = convolve_depthwise(x, "pool", padding="VALID")
    x = convolve(x, "mix")
    return tf.squeeze(convolve(x, "embedding"), [1, 2])

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

from fawkes_models.networks.layers import convolve, convolve_depthwise, prelu

if TYPE_CHECKING:
    import tensorflow as tf

INPUT_SIZE = 112
EMBEDDING_SIZE = 192

FACE_LENGTH = 52.0
"""Raw embeddings of faces are longer, and those of textures and text shorter."""
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

    def convolution(x: tf.Tensor, name: str, stride: int = 1) -> tf.Tensor:
        return convolve(x, weights[f"{name}/filters"], weights[f"{name}/bias"], stride)

    def depthwise(x: tf.Tensor, name: str, stride: int = 1, padding: str = "SAME") -> tf.Tensor:
        filters, bias = weights[f"{name}/filters"], weights[f"{name}/bias"]
        return convolve_depthwise(x, filters, bias, stride, padding)

    def activation(x: tf.Tensor, name: str) -> tf.Tensor:
        return prelu(x, weights[f"{name}/slope"])

    def bottleneck(x: tf.Tensor, name: str, stride: int) -> tf.Tensor:
        y = activation(convolution(x, f"{name}/widen"), f"{name}/widen")
        y = activation(depthwise(y, f"{name}/depthwise", stride), f"{name}/depthwise")
        y = convolution(y, f"{name}/narrow")
        return x + y if stride == 1 else y

    x = (chips - _MIDDLE) / _SCALE
    x = activation(convolution(x, "stem", 2), "stem")
    x = activation(depthwise(x, "depthwise"), "depthwise")
    x = convolution(x, "narrow")
    for stage, (bottlenecks, stride) in enumerate(_STAGES):
        for block in range(bottlenecks):
            x = bottleneck(x, f"stage{stage}/block{block}", stride if block == 0 else 1)
    x = activation(convolution(x, "widen"), "widen")
    x = depthwise(x, "pool", padding="VALID")
    x = convolution(x, "mix")
    return tf.squeeze(convolution(x, "embedding"), [1, 2])

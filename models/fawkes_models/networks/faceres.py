"""A MobileNet (Howard et al., 2017) trained to tell faces apart.

Trained on VGGFace2 with heads for age and gender (Savchenko, "Efficient facial
representations", 2019); the embedding is the pooled layer under the heads.
Batch norms are folded into the convolutions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import tensorflow as tf

INPUT_SIZE = 224
EMBEDDING_SIZE = 1024
TEMPLATE = (
    (76.5892, 103.3926),
    (147.0636, 103.0028),
    (112.0504, 143.4732),
    (83.0986, 184.7310),
    (141.4598, 184.4082),
)

_MEAN_BGR = (91.4953, 103.8827, 131.0912)

_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
"""Of the thirteen depthwise convolutions."""


def embed(chips: tf.Tensor, weights: Mapping[str, NDArray[np.float32]]) -> tf.Tensor:
    """Embeddings float32 [n, 1024] of ``chips``, float32 [n, 224, 224, 3], RGB 0..255."""
    import tensorflow as tf

    def activate(x: tf.Tensor, name: str) -> tf.Tensor:
        return tf.nn.relu6(tf.nn.bias_add(x, weights[f"{name}/bias"]))

    x = chips[..., ::-1] - tf.constant(_MEAN_BGR)
    x = activate(tf.nn.conv2d(x, weights["stem/filters"], 2, "SAME"), "stem")
    for block, stride in enumerate(_STRIDES, start=1):
        depthwise, pointwise = f"block{block}/depthwise", f"block{block}/pointwise"
        x = tf.nn.depthwise_conv2d(
            x, weights[f"{depthwise}/filters"], [1, stride, stride, 1], "SAME"
        )
        x = activate(x, depthwise)
        x = activate(tf.nn.conv2d(x, weights[f"{pointwise}/filters"], 1, "SAME"), pointwise)
    return tf.reduce_mean(x, axis=[1, 2])

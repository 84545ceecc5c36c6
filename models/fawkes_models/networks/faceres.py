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

from fawkes_models.networks.layers import convolve, convolve_depthwise

if TYPE_CHECKING:
    import tensorflow as tf

INPUT_SIZE = 224
EMBEDDING_SIZE = 1024

FACE_LENGTH = 11.0
"""Raw embeddings of faces are longer, and those of textures and text shorter."""
TEMPLATE = (
    (76.5892, 103.3926),
    (147.0636, 103.0028),
    (112.0504, 143.4732),
    (83.0986, 184.7310),
    (141.4598, 184.4082),
)

_MEAN_RGB = (131.0912, 103.8827, 91.4953)

_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
"""Of the thirteen depthwise convolutions."""


def embed(chips: tf.Tensor, weights: Mapping[str, NDArray[np.float32]]) -> tf.Tensor:
    """Embeddings float32 [n, 1024] of ``chips``, float32 [n, 224, 224, 3], RGB 0..255."""
    import tensorflow as tf

    def arguments(name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return weights[f"{name}/filters"], weights[f"{name}/bias"]

    x = chips - tf.constant(_MEAN_RGB)
    x = tf.nn.relu6(convolve(x, *arguments("stem"), 2))
    for block, stride in enumerate(_STRIDES, start=1):
        x = tf.nn.relu6(convolve_depthwise(x, *arguments(f"block{block}/depthwise"), stride))
        x = tf.nn.relu6(convolve(x, *arguments(f"block{block}/pointwise")))
    return tf.reduce_mean(x, axis=[1, 2])

"""A small network with three depthwise convolutions in a row, and no pooling.

Each of four stages is a pointwise convolution and three depthwise ones with PReLU, the last two
beside a skip.  Its embedding is a batch-normalised dense layer over the whole last map.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fawkes_models.networks.layers import convolve, convolve_depthwise, hold, pad_by_one, prelu
from fawkes_models.networks.mobilefacenet import TEMPLATE as ARCFACE_TEMPLATE

if TYPE_CHECKING:
    import tensorflow as tf

INPUT_SIZE = 112
EMBEDDING_SIZE = 256
TEMPLATE = ARCFACE_TEMPLATE

_MIDDLE, _SCALE = 127.5, 128.0
_STAGES = 4


def embed(chips: tf.Tensor, weights: Mapping[str, NDArray[np.float32]]) -> tf.Tensor:
    """Embeddings float32 [n, 256] of ``chips``, float32 [n, 112, 112, 3], RGB 0..255."""
    import tensorflow as tf

    def depthwise(x: tf.Tensor, name: str, stride: int = 1) -> tf.Tensor:
        filters = weights[f"{name}/filters"]
        none = np.zeros(len(weights[f"{name}/slope"]), np.float32)
        x = convolve_depthwise(pad_by_one(x), filters, none, stride, "VALID")
        return prelu(x, weights[f"{name}/slope"])

    def pointwise(x: tf.Tensor, name: str) -> tf.Tensor:
        filters = weights[f"{name}/filters"]
        return convolve(x, filters, np.zeros(filters.shape[-1], np.float32))

    stem = weights["stem/filters"]
    x = pad_by_one((chips - _MIDDLE) / _SCALE)
    x = convolve(x, stem, np.zeros(stem.shape[-1], np.float32), 2, "VALID")
    x = prelu(x, weights["stem/slope"])
    for stage in range(_STAGES):
        x = depthwise(pointwise(x, f"stage{stage}/pointwise"), f"stage{stage}/first", 2)
        x += depthwise(depthwise(x, f"stage{stage}/second"), f"stage{stage}/third")
    flat = tf.reshape(x, [-1, weights["embedding/filters"].shape[0]])
    return flat @ hold(weights["embedding/filters"]) + weights["embedding/bias"]

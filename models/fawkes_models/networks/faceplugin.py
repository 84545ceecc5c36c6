"""MobileFaceNet (Chen et al., 2018) as it is written for PyTorch, with 512 values.

Its bottlenecks are those of ``mobilefacenet``, twice as many channels in some; convolutions of
stride 2 pad each side by one pixel.  Batch norms are folded into the convolutions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fawkes_models.networks.layers import convolve, convolve_depthwise, pad_by_one, prelu
from fawkes_models.networks.mobilefacenet import TEMPLATE as ARCFACE_TEMPLATE

if TYPE_CHECKING:
    import tensorflow as tf

INPUT_SIZE = 112
EMBEDDING_SIZE = 512
TEMPLATE = ARCFACE_TEMPLATE

_MIDDLE, _SCALE = 127.0, 128.0

STAGES = ((1, 2), (4, 1), (1, 2), (6, 1), (1, 2), (2, 1))
"""(bottlenecks, stride); those of stride 1 add their input."""


def embed(chips: tf.Tensor, weights: Mapping[str, NDArray[np.float32]]) -> tf.Tensor:
    """Embeddings float32 [n, 512] of ``chips``, float32 [n, 112, 112, 3], RGB 0..255."""
    import tensorflow as tf

    def arguments(name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return weights[f"{name}/filters"], weights[f"{name}/bias"]

    def depthwise(x: tf.Tensor, name: str, stride: int) -> tf.Tensor:
        x = convolve_depthwise(pad_by_one(x), *arguments(name), stride, "VALID")
        return prelu(x, weights[f"{name}/slope"])

    def bottleneck(x: tf.Tensor, name: str, stride: int) -> tf.Tensor:
        y = prelu(convolve(x, *arguments(f"{name}/widen")), weights[f"{name}/widen/slope"])
        y = convolve(depthwise(y, f"{name}/depthwise", stride), *arguments(f"{name}/narrow"))
        return x + y if stride == 1 else y

    x = pad_by_one((chips - _MIDDLE) / _SCALE)
    x = prelu(convolve(x, *arguments("stem"), 2, "VALID"), weights["stem/slope"])
    x = depthwise(x, "depthwise", 1)
    for stage, (bottlenecks, stride) in enumerate(STAGES):
        for block in range(bottlenecks):
            x = bottleneck(x, f"stage{stage}/block{block}", stride)
    x = prelu(convolve(x, *arguments("widen")), weights["widen/slope"])
    x = convolve_depthwise(x, *arguments("pool"), padding="VALID")
    return tf.squeeze(convolve(x, *arguments("embedding")), [1, 2])

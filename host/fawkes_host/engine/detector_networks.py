"""MTCNN's three networks, layer by layer, with the names that the ``mtcnn`` package gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from fawkes_host.tensors import Tensor

    Network = Callable[[Tensor], tuple[Tensor, ...]]

PATCHES = 2048
"""So many patches a network sees at a time: the last one takes 0.5 GB for them."""


class Layers:
    """A network's layers by their names."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], network: str) -> None:
        """``weights`` are named ``network/layer/variable``."""
        self._weights = weights
        self._network = network

    def _variable(self, layer: str, name: str) -> NDArray[np.float32]:
        return self._weights[f"{self._network}/{layer}/{name}"]

    def conv(self, x: Tensor, layer: str) -> Tensor:
        import tensorflow as tf

        kernel = self._variable(layer, "kernel")
        return tf.nn.conv2d(x, kernel, 1, "VALID") + self._variable(layer, "bias")

    def dense(self, x: Tensor, layer: str) -> Tensor:
        import tensorflow as tf

        return tf.matmul(x, self._variable(layer, "kernel")) + self._variable(layer, "bias")

    def prelu(self, x: Tensor, layer: str) -> Tensor:
        import tensorflow as tf

        slope = self._variable(layer, "alpha").reshape(-1)
        if (slope <= 1).all():
            return tf.maximum(x, slope * x)
        return tf.maximum(x, 0.0) + slope * tf.minimum(x, 0.0)


def proposal_network(x: Tensor, layers: Layers) -> tuple[Tensor, ...]:
    """Return of pictures [k, h, w, 3] for each window shifts [k, h', w', 4] and scores [k, h',
    w', 2]."""
    import tensorflow as tf

    x = layers.prelu(layers.conv(x, "conv1"), "prelu1")
    x = tf.nn.max_pool2d(x, 2, 2, "SAME")
    x = layers.prelu(layers.conv(x, "conv2"), "prelu2")
    x = layers.prelu(layers.conv(x, "conv3"), "prelu3")
    return layers.conv(x, "conv4-1"), tf.nn.softmax(layers.conv(x, "conv4-2"))


def refinement_network(x: Tensor, layers: Layers) -> tuple[Tensor, ...]:
    """Return of patches [k, 24, 24, 3] shifts [k, 4] and scores [k, 2]."""
    import tensorflow as tf

    x = layers.prelu(layers.conv(x, "conv1"), "prelu1")
    x = tf.nn.max_pool2d(x, 3, 2, "SAME")
    x = layers.prelu(layers.conv(x, "conv2"), "prelu2")
    x = tf.nn.max_pool2d(x, 3, 2, "VALID")
    x = layers.prelu(layers.conv(x, "conv3"), "prelu3")
    x = tf.reshape(tf.transpose(x, (0, 2, 1, 3)), (-1, 576))
    x = layers.prelu(layers.dense(x, "fc4"), "prelu4")
    return layers.dense(x, "fc5-1"), tf.nn.softmax(layers.dense(x, "fc5-2"))


def output_network(x: Tensor, layers: Layers) -> tuple[Tensor, ...]:
    """Return of patches [k, 48, 48, 3] shifts [k, 4], landmarks [k, 10] as shares of the patch
    (five x, five y), and scores [k, 2]."""
    import tensorflow as tf

    x = layers.prelu(layers.conv(x, "conv1"), "prelu1")
    x = tf.nn.max_pool2d(x, 3, 2, "SAME")
    x = layers.prelu(layers.conv(x, "conv2"), "prelu2")
    x = tf.nn.max_pool2d(x, 3, 2, "VALID")
    x = layers.prelu(layers.conv(x, "conv3"), "prelu3")
    x = tf.nn.max_pool2d(x, 2, 2, "SAME")
    x = layers.prelu(layers.conv(x, "conv4"), "prelu4")
    x = tf.reshape(tf.transpose(x, (0, 2, 1, 3)), (-1, 1152))
    x = layers.prelu(layers.dense(x, "fc5"), "prelu5")
    shifts, landmarks = layers.dense(x, "fc6-1"), layers.dense(x, "fc6-2")
    return shifts, landmarks, tf.nn.softmax(layers.dense(x, "fc6-3"))


def graph(network: Callable[[Tensor, Layers], tuple[Tensor, ...]], layers: Layers) -> Network:
    """Trace a network once, for pictures of any size."""
    import tensorflow as tf

    @tf.function(autograph=False, input_signature=[tf.TensorSpec((None, None, None, 3))])
    def run(pictures: Tensor) -> tuple[Tensor, ...]:
        return network(pictures, layers)

    traced: Network = run
    return traced


def in_parts(network: Network) -> Callable[[Tensor], list[NDArray[np.float32]]]:
    """Let a network see so many patches [k, …] at a time that its memory is bounded."""

    def run(patches: Tensor) -> list[NDArray[np.float32]]:
        parts = [
            [out.numpy() for out in network(patches[start : start + PATCHES])]
            for start in range(0, len(patches), PATCHES)
        ]
        return [np.concatenate(outs) for outs in zip(*parts, strict=True)]

    return run

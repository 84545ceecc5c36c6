"""A tracker that tries to undo cloaks: a small network trained on pairs of cloaked and clean chips.

The tracker runs the same tool on photos that it has, which gives it pairs; no person is purified by
a network that has seen that person.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHANNELS = 24
LAYERS = 4
BATCH = 16
LEARNING_RATE = 1e-3


class Purifier:
    """A residual convolutional network from chips to chips."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        import tensorflow as tf

        widths = [3, *[CHANNELS] * (LAYERS - 1), 3]
        self._weights = []
        for layer, (fan_in, fan_out) in enumerate(pairwise(widths)):
            spread = np.sqrt(2.0 / (9 * fan_in)) if layer < LAYERS - 1 else 0.0
            kernel = random.normal(0.0, spread, (3, 3, fan_in, fan_out)).astype(np.float32)
            self._weights += [tf.Variable(kernel), tf.Variable(np.zeros(fan_out, np.float32))]
        self._random = random

    def train(
        self, cloaked: NDArray[np.uint8], clean: NDArray[np.uint8], epochs: int
    ) -> list[float]:
        """Learn from chips [n, s, s, 3]; return the loss of each epoch."""
        import tensorflow as tf

        optimiser = tf.keras.optimizers.Adam(LEARNING_RATE)
        optimiser.build(self._weights)

        @tf.function(reduce_retracing=True)
        def step(inputs: Any, wanted: Any) -> Any:
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.abs(self._forward(inputs) - wanted))
            gradients = tape.gradient(loss, self._weights)
            optimiser.apply_gradients(zip(gradients, self._weights, strict=True))
            return loss

        losses = []
        for _ in range(epochs):
            order = self._random.permutation(len(clean))
            epoch = []
            for first in range(0, len(order), BATCH):
                picks = order[first : first + BATCH]
                pair = (side[picks].astype(np.float32) for side in (cloaked, clean))
                epoch.append(float(step(*pair)))
            losses.append(float(np.mean(epoch)))
        return losses

    def purify(self, chips: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return purified chips uint8 [n, s, s, 3]."""
        out = [
            self._forward(chip[None].astype(np.float32)).numpy()
            for chip in np.asarray(chips, np.uint8)
        ]
        return np.clip(np.rint(np.concatenate(out)), 0, 255).astype(np.uint8)

    def _forward(self, chips: Any) -> Any:
        import tensorflow as tf

        values = chips / 127.5 - 1.0
        for layer in range(LAYERS):
            kernel, bias = self._weights[2 * layer : 2 * layer + 2]
            values = tf.nn.conv2d(values, kernel, 1, "SAME") + bias
            if layer < LAYERS - 1:
                values = tf.nn.relu(values)
        return chips + 127.5 * values

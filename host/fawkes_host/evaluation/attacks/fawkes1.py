"""The optimiser of Fawkes 1.0, for comparison: written anew from its paper and its published
behaviour, on the surrogates of this project.

Untargeted: the features are pushed away from the photo's own.  The box of MTCNN, grown by 30 px, is
cut without alignment and shrunk to 112 px; the change lives in tanh space under Adadelta, with a
penalty on DSSIM above the level's threshold and at most 15 grey levels a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fawkes_host.tensors import Tensor

PENALTY = 1e3
"""Weight of DSSIM beyond the threshold, in units of the loss."""


@dataclass(frozen=True)
class FawkesLevel:
    """One protection mode of release 1.0."""

    name: str
    dssim: float
    steps: int
    learning_rate: float
    linf: float = 15.0


FAWKES_LEVELS = MappingProxyType(
    {
        level.name: level
        for level in (
            FawkesLevel("low", 0.004, 40, 25.0),
            FawkesLevel("mid", 0.012, 75, 20.0),
            FawkesLevel("high", 0.017, 150, 15.0),
        )
    }
)


class Fawkes1:
    """Fawkes 1.0's optimiser over a set of surrogates."""

    def __init__(self, networks: Sequence[Any]) -> None:
        import tensorflow as tf

        self.networks = tuple(networks)
        self._features = tf.function(self._embed, reduce_retracing=True)
        self._steps: dict[str, Any] = {}

    def _embed(self, chips: Tensor) -> list[Tensor]:
        """Return the embeddings [n, d] of chips [n, 112, 112, 3], for each surrogate."""
        import tensorflow as tf

        return [
            network(tf.image.resize(chips, (network.input_size, network.input_size)))
            for network in self.networks
        ]

    def optimise(
        self, chips: NDArray[np.float32], level: FawkesLevel, steps: int | None = None
    ) -> NDArray[np.float32]:
        """Return cloaked chips; both float32 [n, 112, 112, 3], RGB 0..255.

        ``steps`` are the level's own unless a trial says otherwise.
        """
        import tensorflow as tf

        original = tf.constant(chips, tf.float32)
        own = self._features(original)
        # tanh maps the whole line to 0..255; the margin keeps its inverse finite.
        start = tf.atanh((original / 255.0 - 0.5) * (2.0 - 1e-5))
        modifier = tf.Variable(tf.random.stateless_uniform(start.shape, (1, 2), -1e-4, 1e-4))
        accumulated = tf.Variable(tf.zeros_like(modifier))
        updates = tf.Variable(tf.zeros_like(modifier))
        step = self._steps.get(level.name)
        if step is None:
            step = self._steps[level.name] = self._build_step(level)
        for _ in range(steps or level.steps):
            step(original, start, modifier, accumulated, updates, *own)
        cloaked = _from_tanh(start + modifier)
        return np.asarray(
            original + tf.clip_by_value(cloaked - original, -level.linf, level.linf), np.float32
        )

    def _build_step(self, level: FawkesLevel) -> Any:
        import tensorflow as tf

        @tf.function(reduce_retracing=True)
        def step(
            original: Tensor,
            start: Tensor,
            modifier: Any,
            accumulated: Any,
            updates: Any,
            *own: Tensor,
        ) -> None:
            with tf.GradientTape() as tape:
                cloaked = _from_tanh(start + modifier)
                cloaked = original + tf.clip_by_value(cloaked - original, -level.linf, level.linf)
                dssim = (1.0 - tf.image.ssim(original, cloaked, 255.0)) / 2.0
                distance = 0.0
                for before, after in zip(own, self._embed(cloaked), strict=True):
                    scale = tf.sqrt(tf.reduce_sum(before**2, axis=-1))
                    distance += tf.norm(after - before, axis=-1) / scale
                loss = PENALTY * tf.nn.relu(dssim - level.dssim) - distance
                total = tf.reduce_sum(loss)
            gradient = tape.gradient(total, modifier)
            # Adadelta (Zeiler, 2012) with TensorFlow's constants.
            accumulated.assign(0.95 * accumulated + 0.05 * gradient**2)
            update = tf.sqrt(updates + 1e-7) / tf.sqrt(accumulated + 1e-7) * gradient
            updates.assign(0.95 * updates + 0.05 * update**2)
            modifier.assign_sub(level.learning_rate * update)

        return step


def _from_tanh(value: Tensor) -> Tensor:
    """Map any value to 0..255."""
    import tensorflow as tf

    return (tf.tanh(value) / (2.0 - 1e-5) + 0.5) * 255.0

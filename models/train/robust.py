"""Unsupervised adversarial training: a network that small changes of a face move less.

The embedding of a changed face is pulled to what a frozen teacher says of the unchanged face, as
for CLIP by Schlarmann et al. ("Robust CLIP", 2024); the change is found by projected gradient steps
(Madry et al., 2018) and is one of luminance, as a cloak is.  Networks that are a little robust
transfer best (Springer et al., 2021).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fawkes_models.network import Network

TINY = 1e-12


@dataclass(frozen=True)
class Adversary:
    """``radius`` is the root mean square of its changes, in grey levels of a chip; it looks for the
    worst in so many ``steps``."""

    radius: float
    steps: int = 2


class Trainee:
    """A network whose weights change."""

    def __init__(self, network: Network, adversary: Adversary, learning_rate: float) -> None:
        """``learning_rate`` is Adam's."""
        import keras

        self.network = network
        self.weights = {
            name: keras.Variable(values, name=name.replace("/", "_"))
            for name, values in network.weights.items()
        }
        self._variables = list(self.weights.values())
        # Named, or else its variables' paths would tell how many there were before it.
        self.optimiser = keras.optimizers.Adam(learning_rate, name="adam")
        self.optimiser.build(self._variables)
        self._learning_rate = learning_rate
        self._step = _build_step(network, self.weights, adversary)

    def train(
        self,
        chips: NDArray[np.float32],
        target: NDArray[np.float32],
        noise: NDArray[np.float32],
        pace: float,
    ) -> float:
        """One step on ``chips`` [b, s, s, 3], RGB 0..255; the loss, 1 − mean cosine, before it.

        ``target`` [b, d], of unit length, is what the network should say of them.  The adversary
        starts from ``noise`` [b, s, s, 1].  ``pace`` is the share of the learning rate that this
        step takes.
        """
        loss, slopes = self._step(chips, target, noise)
        self.optimiser.learning_rate = self._learning_rate * pace
        self.optimiser.apply(slopes, self._variables)
        return float(loss)

    def freeze(self) -> Network:
        """The network as it has become."""
        weights = {name: np.asarray(value.numpy()) for name, value in self.weights.items()}
        return replace(self.network, weights=weights)

    def state(self) -> dict[str, NDArray[Any]]:
        """All that a later run needs to go on, by name."""
        state = {f"weights/{name}": value.numpy() for name, value in self.weights.items()}
        # By path, as the order of the weights is another each time a weight file is read.
        for value in self.optimiser.variables:
            state[f"optimiser/{value.path}"] = np.asarray(value.numpy())
        return state

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Go on from ``state``."""
        for name, value in self.weights.items():
            value.assign(state[f"weights/{name}"])
        for value in self.optimiser.variables:
            value.assign(state[f"optimiser/{value.path}"])


def perturb(embed: Any, target: Any, chips: Any, noise: Any, adversary: Adversary) -> Any:
    """Chips that ``embed`` places far from ``target``, float32 [b, s, s, 3]; inside a graph.

    They differ from ``chips`` by one plane for all channels, of ``adversary.radius``.
    """
    import tensorflow as tf

    change = _scaled(noise, adversary.radius / 2)
    for _ in range(adversary.steps):
        loss = tf.reduce_sum(embed(tf.clip_by_value(chips + change, 0.0, 255.0)) * target)
        (slope,) = tf.gradients(loss, change)
        change = change - _scaled(slope, 2 * adversary.radius / adversary.steps)
        change = change * tf.minimum(1.0, adversary.radius / (_rms(change) + TINY))
    return tf.stop_gradient(tf.clip_by_value(chips + change, 0.0, 255.0))


def signature(network: Network) -> list[Any]:
    """Of a graph that takes chips [b, s, s, 3] of ``network``, its target [b, d] and noise
    [b, s, s, 1]."""
    import tensorflow as tf

    size, width = network.input_size, network.embedding_size
    shapes = (None, size, size, 3), (None, width), (None, size, size, 1)
    return [tf.TensorSpec(shape) for shape in shapes]


def _build_step(network: Network, weights: dict[str, Any], adversary: Adversary) -> Any:
    import tensorflow as tf

    @tf.function(autograph=False, input_signature=signature(network))
    def step(chips: Any, target: Any, noise: Any) -> Any:
        values = {name: variable.value for name, variable in weights.items()}

        def embed(chips: Any) -> Any:
            return network.centred(network.embed(chips, values))

        worst = perturb(embed, target, chips, noise, adversary)
        loss = 1.0 - tf.reduce_mean(tf.reduce_sum(embed(worst) * target, -1))
        return loss, tf.gradients(loss, list(values.values()))

    return step


def _rms(planes: Any) -> Any:
    import tensorflow as tf

    return tf.sqrt(tf.reduce_mean(planes**2, axis=(1, 2, 3), keepdims=True))


def _scaled(planes: Any, rms: float) -> Any:
    return planes * (rms / (_rms(planes) + TINY))

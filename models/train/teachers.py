"""Frozen networks that say what a trainee should say of a face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import student
from fawkes_models import store
from fawkes_models.network import Network
from fawkes_models.registry import SURROGATES

BATCH = 12


class Teachers:
    """One network, or several of which a student is to learn at once."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self.networks = tuple(networks)
        self._say = [_build_say(network) for network in self.networks]

    def say(self, chips: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Of faces, float32 [b, d] of unit length: what each says, in a row.

        ``chips`` holds float32 [b, s, s, 3], RGB 0..255, of the same faces for each of them.
        """
        return _join(
            [
                np.concatenate(
                    [say(own[start : start + BATCH]).numpy() for start in range(0, len(own), BATCH)]
                )
                for say, own in zip(self._say, chips, strict=True)
            ]
        )


def _build_say(network: Network) -> Any:
    import tensorflow as tf

    size = network.input_size

    @tf.function(autograph=False, input_signature=[tf.TensorSpec((None, size, size, 3))])
    def say(chips: Any) -> Any:
        return network.centred(network(chips))

    return say


def _join(embeddings: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Unit embeddings [n, d] of several networks as one of unit length: the cosine of two such rows
    is the mean of the networks' cosines."""
    return np.concatenate(embeddings, -1) / np.float32(np.sqrt(len(embeddings)))


def load_with_teachers(name: str) -> tuple[Network, Teachers]:
    """A surrogate and itself as its teacher, or the student and all surrogates as its teachers."""
    if name == student.NAME:
        surrogates = [store.load(surrogate) for surrogate in SURROGATES]
        return student.begin(surrogates), Teachers(surrogates)
    surrogate = store.load(name)
    return surrogate, Teachers([surrogate])

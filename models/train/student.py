"""One small network that stands for several: it says at once what each of its teachers would say.

Knowledge distillation (Hinton et al., 2015) of embeddings: a MobileFaceNet with a wider last layer,
which starts from the surrogate of that name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fawkes_models import store
from fawkes_models.network import Network, Weights
from fawkes_models.networks import mobilefacenet

NAME = "student"
HEAD_SEED = 0


def begin(teachers: Sequence[Network]) -> Network:
    """An untaught student of ``teachers``; its embedding is theirs in a row, in their order."""
    widths = [teacher.embedding_size for teacher in teachers]
    origin = store.load("mobilefacenet")
    filters = origin.weights["embedding/filters"]
    random = np.random.default_rng(HEAD_SEED)
    shape = (*filters.shape[:3], sum(widths))
    head = random.normal(size=shape) / np.sqrt(np.prod(shape[:3]))
    weights = dict(origin.weights)
    weights["embedding/filters"] = head.astype(np.float32)
    weights["embedding/bias"] = np.zeros(sum(widths), np.float32)

    def embed(chips: Any, weights: Weights) -> Any:
        import tensorflow as tf

        parts = tf.split(mobilefacenet.embed(chips, weights), widths, -1)
        return tf.concat([tf.nn.l2_normalize(part, -1) for part in parts], -1)

    return Network(
        name=NAME,
        input_size=origin.input_size,
        embedding_size=sum(widths),
        template=origin.template,
        centre=np.zeros(sum(widths), np.float32),  # It learns what is centred already.
        embed=embed,
        weights=weights,
    )

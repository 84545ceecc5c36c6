"""A surrogate as the optimiser asks it: who is that, and how would the answer change?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine import views
from fawkes_host.engine.align import CANVAS_PX
from fawkes_host.tensors import Tensor
from fawkes_host.tensors.gradient import gradient

if TYPE_CHECKING:
    from fawkes_models.network import Network

TINY = 1e-12
"""Keeps what is divided by a magnitude finite."""


class Surrogate:
    """One network with its graphs, each traced once.

    ``loss_gradient(photo, change, transform, warp, blur, direction)`` returns float32 [C, C]: the
    gradient by the change of how much the face in a view looks along ``direction`` [d], its mean
    magnitude 1.  ``photo`` is the canvas [C, C, 3], blurred where the view is; the change [C, C] is
    blurred by ``blur`` [] on the way.  ``transform`` [8] and ``warp`` [KNOTS, KNOTS, 2] are the
    view's.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.name = network.name
        self.loss_gradient = _build_loss_gradient(network)
        self._embed = _build_embed(network)

    def embed(
        self, canvas: NDArray[np.float32], landmarks: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return the centred unit embedding [d] of the face in a canvas [C, C, 3]."""
        embeddings, _ = self._embed(canvas[None], self._transform(landmarks))
        embedding: NDArray[np.float32] = np.asarray(embeddings)[0]
        return embedding

    def face_likeness(
        self, canvas: NDArray[np.float32], landmarks: NDArray[np.float32]
    ) -> float | None:
        """Return how much a canvas shows a face at landmarks: from 1 on it does.  ``None`` where
        the network cannot tell."""
        if self.network.face_length is None:
            return None
        _, lengths = self._embed(canvas[None], self._transform(landmarks))
        return float(lengths[0]) / self.network.face_length

    def _transform(self, landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
        return views.plain_transform(self.network, landmarks)[None]


def _build_embed(network: Network) -> Any:
    import tensorflow as tf

    @tf.function(
        autograph=False,
        input_signature=[
            tf.TensorSpec((None, CANVAS_PX, CANVAS_PX, 3)),
            tf.TensorSpec((None, 8)),
        ],
    )
    def embed(pixels: Tensor, transforms: Tensor) -> tuple[Tensor, Tensor]:
        raw = network(views.show_plain(pixels, transforms, network.input_size))
        return network.centred(raw), tf.norm(raw, axis=-1)

    return embed


def _build_loss_gradient(network: Network) -> Any:
    import tensorflow as tf

    show = views.build_show(network.input_size)

    @tf.function(
        autograph=False,
        input_signature=[
            tf.TensorSpec((CANVAS_PX, CANVAS_PX, 3)),
            tf.TensorSpec((CANVAS_PX, CANVAS_PX)),
            tf.TensorSpec((8,)),
            tf.TensorSpec((views.KNOTS, views.KNOTS, 2)),
            tf.TensorSpec(()),
            tf.TensorSpec((network.embedding_size,)),
        ],
    )
    def loss_gradient(
        pixels: Tensor,
        change: Tensor,
        transform: Tensor,
        warp: Tensor,
        blur: Tensor,
        direction: Tensor,
    ) -> Tensor:
        # Photo and change apart: one plane's gradient costs a tenth of that of three.
        seen = views.blurred(change, blur)
        photo, shift = show(transform, warp, pixels, seen[..., None])
        chips = tf.clip_by_value(photo + shift, 0.0, 255.0)
        loss = tf.reduce_sum(network.centred(network(chips)) * direction)
        by_change = gradient(loss, change)
        # Normalised, so that every network has the same say.
        return by_change / (tf.reduce_mean(tf.abs(by_change)) + TINY)

    return loss_gradient

"""A surrogate network, ready to be called and differentiated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import tensorflow as tf

Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Network:
    """A recogniser with frozen weights.

    ``input_size``: side of the square chip, pixels.
    ``embedding_size``: length d of an embedding.
    ``template``: float32 [5, 2], (x, y) in pixels of the chip at which left eye,
    right eye, nose, left and right corner of the mouth belong; left is the
    image's left.
    ``centre``: float32 [d], the population's mean of L2-normalised embeddings.
    """

    name: str
    input_size: int
    embedding_size: int
    template: NDArray[np.float32] = field(repr=False)
    centre: NDArray[np.float32] = field(repr=False)
    embed: Callable[[Any, Weights], Any] = field(repr=False)
    weights: Weights = field(repr=False)
    face_length: float | None = None
    """Length of a raw embedding from which on its chip shows a face; ``None`` where lengths do not
    tell."""

    def __call__(self, chips: tf.Tensor) -> tf.Tensor:
        """Raw embeddings float32 [n, d] of ``chips``.

        ``chips`` float32 [n, s, s, 3], RGB 0..255, aligned to ``template``.
        Differentiable with respect to ``chips``.  Call it inside a
        ``tf.function``: the convolutions are fused with what follows them.
        Raises ``ValueError`` for chips of another size.
        """
        import tensorflow as tf

        expected = (self.input_size, self.input_size, 3)
        if tuple(chips.shape[1:]) != expected:
            raise ValueError(f"{self.name} wants chips [n, {expected}], not {chips.shape}")
        # Loops and conditions of a definition are Python's: they unroll while
        # tracing, and AutoGraph would only make that several times slower.
        embed = tf.autograph.experimental.do_not_convert(self.embed)
        return embed(chips, self.weights)

    def centred(self, embeddings: tf.Tensor) -> tf.Tensor:
        """Unit embeddings [n, d] minus the population's mean, to unit length again."""
        import tensorflow as tf

        return tf.nn.l2_normalize(tf.nn.l2_normalize(embeddings, -1) - self.centre, -1)

"""Gradients of the surrogates in turn, asked for ahead of the step that uses them."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor, Future

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine import views
from fawkes_host.engine.album import Embeddings
from fawkes_host.engine.recipe import Recipe
from fawkes_host.engine.surrogate import Surrogate
from fawkes_host.tensors import Tensor


class DelayedGradients:
    """The loss gradients of one face, each of another surrogate and another random view.

    Several are asked at a time, each on its share of the cores: one that is used in a step is that
    of the change some steps before.
    """

    def __init__(
        self,
        surrogates: Sequence[Surrogate],
        pool: Executor,
        recipe: Recipe,
        canvas: NDArray[np.float32],
        landmarks: NDArray[np.float32],
        direction: Embeddings,
        seed: int,
        steps: int,
    ) -> None:
        """``canvas`` is float32 [C, C, 3] with ``landmarks`` [5, 2], ``direction`` [d] a network;
        ``seed`` decides the views.  So many ``steps`` will ask."""
        import tensorflow as tf

        self._turns = itertools.cycle(surrogates)
        self._pool = pool
        self._recipe = recipe
        self._photos = [tf.constant(canvas), tf.constant(_blurred(canvas))]
        self._landmarks = landmarks
        self._direction = direction
        self._random = np.random.default_rng(seed)
        self._left = steps
        self._asked: deque[Future[Tensor]] = deque()

    def next(self, change: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the gradient [C, C] for the next step, and ask for one at this change [C, C]."""
        while len(self._asked) < min(self._recipe.asked_ahead, self._left):
            self._asked.append(self._ask(change))
        self._left -= 1
        gradient: NDArray[np.float32] = self._asked.popleft().result().numpy()
        return gradient

    def _ask(self, change: NDArray[np.float32]) -> Future[Tensor]:
        import tensorflow as tf

        surrogate = next(self._turns)
        view = views.draw(surrogate.network, self._landmarks, self._recipe.diversity, self._random)
        return self._pool.submit(
            surrogate.loss_gradient,
            self._photos[int(view.blur)],
            tf.constant(change),
            view.transform,
            view.warp,
            view.blur,
            self._direction[surrogate.name],
        )


def _blurred(canvas: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a canvas [C, C, 3] as blurred views show it."""
    planes = np.asarray(views.blurred(canvas.transpose(2, 0, 1)))
    return np.ascontiguousarray(planes.transpose(1, 2, 0))

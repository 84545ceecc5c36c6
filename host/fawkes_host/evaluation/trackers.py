"""Trackers: the ways in which a gallery of embeddings is used to name people.

Each answers with the *rank* of the person among all identities for every probe: 0 where the probe
is named as that person, the number of identities where the person is not enrolled at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from fawkes_host.evaluation.galleries import Gallery, Others
from fawkes_host.evaluation.recognisers import Embeddings, unit

FALSE_ACCEPTS = 1e-3

TUNING_ROUNDS, MORE_ROUNDS = 80, 30
"""Steps of tuning features on the distractors, and then with one more person."""
TUNING_RATE = 2e-3
SOFTMAX_SCALE = 24.0
"""Of cosines, as usual in recognisers' losses."""

MOST_AXES = 256
"""Training needs no more dimensions; longer embeddings are turned to their principal axes."""

Ranks = NDArray[np.int64]
"""The person's rank for each probe, int64 [n]."""


class Tracker(Protocol):
    """One way to name people."""

    name: str
    is_ranking: bool
    """Whether ranks beyond the first mean anything."""

    def ranks(self, gallery: Gallery, probes: Embeddings) -> Ranks:
        """Return the person's rank for each probe [n, d]."""
        ...


class NearestNeighbour:
    """Names a probe as the gallery photo with the highest cosine."""

    name = "1-NN"
    is_ranking = True

    def ranks(self, gallery: Gallery, probes: Embeddings) -> Ranks:
        order = np.argsort(gallery.names, kind="stable")
        names = gallery.names[order]
        classes, starts = np.unique(names, return_index=True)
        similarity = probes @ gallery.embeddings[order].T
        return _rank(np.maximum.reduceat(similarity, starts, axis=1), classes, gallery.person)


class Verification:
    """Accepts a probe as the person where its cosine to the mean of the person's gallery photos is
    beyond a threshold, at which one in a thousand clean photos of other people is accepted."""

    name = "verification"
    is_ranking = False

    def __init__(self, embeddings: Embeddings, names: NDArray[np.str_]) -> None:
        """Set the threshold by clean photos of everyone, embeddings [n, d] and names [n]."""
        classes = np.unique(names)
        means = unit(np.stack([embeddings[names == name].mean(axis=0) for name in classes]))
        strangers = (embeddings @ means.T)[names[:, None] != classes]
        self.threshold = float(np.quantile(strangers, 1.0 - FALSE_ACCEPTS))

    def ranks(self, gallery: Gallery, probes: Embeddings) -> Ranks:
        if not len(gallery.own):
            return np.ones(len(probes), np.int64)
        mean = unit(gallery.own.mean(axis=0))
        return (probes @ mean < self.threshold).astype(np.int64)


@dataclass
class _Softmax:
    """Weights [m, d + 1] of a multinomial logistic regression, the last column the bias."""

    classes: NDArray[np.str_]
    weights: NDArray[Any]


class LinearClassifier:
    """Multinomial logistic regression trained on the gallery's embeddings.

    Training is convex, so where it starts does not matter: galleries of one person start from the
    others' weights, and those from the weights for the person before.  That saves most of the time.
    """

    name = "linear"
    is_ranking = True
    C = 100.0
    """Inverse weight of the squared weights, as scikit-learn's ``LogisticRegression`` has it."""
    ROUNDS = 100
    TOLERANCE = 1e-4
    """Of the loss, relatively; more changes no name."""

    def __init__(self, axes: Embeddings | None = None) -> None:
        """``axes`` [d, k] are what it sees of embeddings: see ``principal_axes``."""
        self._axes = axes
        self._starts: WeakKeyDictionary[Others, _Softmax] = WeakKeyDictionary()
        self._last: _Softmax | None = None

    def ranks(self, gallery: Gallery, probes: Embeddings) -> Ranks:
        others = gallery.others
        start = self._starts.get(others)
        if start is None:
            start = self._fit(_along(self._axes, others.embeddings), others.names, self._last)
            self._starts[others] = self._last = start
        model = self._fit(_along(self._axes, gallery.embeddings), gallery.names, start)
        scores = _along(self._axes, probes) @ model.weights[:, :-1].T + model.weights[:, -1]
        return _rank(scores, model.classes, gallery.person)

    def _fit(
        self, embeddings: Embeddings, names: NDArray[np.str_], start: _Softmax | None
    ) -> _Softmax:
        from scipy.optimize import minimize

        classes, labels = np.unique(names, return_inverse=True)
        inputs = np.column_stack([embeddings, np.ones(len(embeddings), np.float32)])
        weights = np.zeros((len(classes), inputs.shape[1]))
        if start is not None:
            _, here, there = np.intersect1d(classes, start.classes, return_indices=True)
            weights[here] = start.weights[there]
        rows = np.arange(len(labels))

        def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            now = flat.reshape(weights.shape).astype(np.float32)
            logits = inputs @ now.T
            logits -= logits.max(axis=1, keepdims=True)
            chosen = logits[rows, labels].copy()
            np.exp(logits, out=logits)
            sums = logits.sum(axis=1)
            logits /= sums[:, None]
            logits[rows, labels] -= 1.0
            gradient = logits.T @ inputs
            gradient[:, :-1] += now[:, :-1] / self.C
            penalty = 0.5 / self.C * float((now[:, :-1] ** 2).sum())
            total = float((np.log(sums) - chosen).sum()) + penalty
            return total / len(rows), gradient.ravel().astype(np.float64) / len(rows)

        found = minimize(
            loss,
            weights.ravel(),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": self.ROUNDS, "ftol": self.TOLERANCE, "gtol": 0.0},
        )
        return _Softmax(classes, found.x.reshape(weights.shape))


class FineTuned:
    """Features tuned on the gallery: a projection and a cosine softmax are trained on it.

    The projection starts as the identity, so that training can only sharpen what the recogniser
    sees already.
    """

    name = "fine-tuned"
    is_ranking = True

    def __init__(self, axes: Embeddings | None = None) -> None:
        """``axes`` as for ``LinearClassifier``."""
        self._axes = axes
        self._starts: WeakKeyDictionary[Others, tuple[Any, _Softmax]] = WeakKeyDictionary()

    def ranks(self, gallery: Gallery, probes: Embeddings) -> Ranks:
        others = gallery.others
        if others not in self._starts:
            embeddings = _along(self._axes, others.embeddings)
            identity = np.eye(embeddings.shape[1], dtype=np.float32)
            self._starts[others] = _tune(embeddings, others.names, identity, None, TUNING_ROUNDS)
        projection, head = self._starts[others]
        enrolled = _along(self._axes, gallery.embeddings)
        projection, head = _tune(enrolled, gallery.names, projection, head, MORE_ROUNDS)
        tuned = unit(_along(self._axes, probes) @ projection)
        return _rank(tuned @ head.weights.T, head.classes, gallery.person)


def principal_axes(embeddings: Embeddings) -> Embeddings | None:
    """Return the directions [d, k] in which embeddings [n, d] lie mostly, or ``None`` where they
    are short enough already."""
    if embeddings.shape[1] <= MOST_AXES:
        return None
    _, _, axes = np.linalg.svd(embeddings, full_matrices=False)
    return np.ascontiguousarray(axes[:MOST_AXES].T)


def _along(axes: Embeddings | None, embeddings: Embeddings) -> Embeddings:
    return embeddings if axes is None else unit(embeddings @ axes)


def tune(embeddings: Embeddings, names: NDArray[np.str_]) -> Embeddings:
    """Return a projection [d, d] under which embeddings [n, d] part by name."""
    identity = np.eye(embeddings.shape[1], dtype=np.float32)
    projection, _ = _tune(embeddings, names, identity, None, TUNING_ROUNDS)
    return projection


def _tune(
    embeddings: Embeddings,
    names: NDArray[np.str_],
    projection: Any,
    start: _Softmax | None,
    rounds: int,
) -> tuple[Any, _Softmax]:
    import tensorflow as tf

    classes, labels = np.unique(names, return_inverse=True)
    features = unit(embeddings @ projection)
    # Every identity starts at the mean of its photos.
    centres = np.stack([features[labels == i].mean(axis=0) for i in range(len(classes))])
    if start is not None:
        centres[np.searchsorted(classes, start.classes)] = start.weights
    variables = [tf.Variable(projection), tf.Variable(centres)]
    means = [tf.zeros_like(v) for v in variables]
    squares = [tf.zeros_like(v) for v in variables]
    inputs = tf.constant(embeddings)
    for done in range(1, rounds + 1):
        with tf.GradientTape() as tape:
            tuned = tf.nn.l2_normalize(inputs @ variables[0], -1)
            cosines = tf.matmul(tuned, tf.nn.l2_normalize(variables[1], -1), transpose_b=True)
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels, SOFTMAX_SCALE * cosines)
            )
        # Adam (Kingma and Ba, 2015).
        for i, gradient in enumerate(tape.gradient(loss, variables)):
            means[i] = 0.9 * means[i] + 0.1 * gradient
            squares[i] = 0.999 * squares[i] + 0.001 * gradient**2
            step = means[i] / (1 - 0.9**done)
            spread = tf.sqrt(squares[i] / (1 - 0.999**done)) + 1e-8
            variables[i].assign_sub(TUNING_RATE * step / spread)
    return variables[0].numpy(), _Softmax(classes, unit(variables[1].numpy()))


def _rank(scores: NDArray[Any], classes: NDArray[np.str_], person: str) -> Ranks:
    """Rank the person in scores [n, m] of sorted classes [m]."""
    column = int(np.searchsorted(classes, person))
    if column == len(classes) or classes[column] != person:
        return np.full(len(scores), len(classes), np.int64)
    return (scores > scores[:, [column]]).sum(axis=1).astype(np.int64)

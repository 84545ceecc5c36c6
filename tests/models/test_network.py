"""A network is differentiable with respect to its chips, and picky about them."""

from __future__ import annotations

import numpy as np
import pytest

from fawkes_models import store
from fawkes_models.registry import NETWORKS


def smooth_chip(size: int) -> np.ndarray:
    y, x = np.mgrid[0:size, 0:size] / size
    channels = [120 + 80 * np.sin(a * x + b * y) for a, b in ((9, 4), (5, 11), (13, 7))]
    return np.stack(channels, axis=-1)[None].astype(np.float32)


@pytest.mark.parametrize("name", NETWORKS)
def test_gradient_predicts_what_a_small_step_does(name: str) -> None:
    import tensorflow as tf

    network = store.load(name)
    direction = tf.random.stateless_normal([network.embedding_size], seed=(1, 2))

    @tf.function(autograph=False)
    def objective(chips: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(tf.nn.l2_normalize(network(chips), axis=1) * direction)

    chips = tf.constant(smooth_chip(network.input_size))
    with tf.GradientTape() as tape:
        tape.watch(chips)
        value = objective(chips)
    gradient = tape.gradient(value, chips)
    assert gradient.shape == chips.shape
    assert np.isfinite(gradient.numpy()).all()

    step = gradient * (0.05 / tf.reduce_max(tf.abs(gradient)))
    predicted = 2 * float(tf.reduce_sum(gradient * step))
    measured = float(objective(chips + step) - objective(chips - step))
    assert measured == pytest.approx(predicted, rel=0.05)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_chip_of_a_batch_is_embedded_by_itself(name: str) -> None:
    import tensorflow as tf

    network = store.load(name)
    chip = smooth_chip(network.input_size)
    other = 255 - chip
    together = network(tf.constant(np.concatenate([chip, other]))).numpy()
    alone = network(tf.constant(other)).numpy()

    np.testing.assert_allclose(together[1:], alone, atol=1e-4 * np.abs(alone).max())
    assert np.abs(together[0] - together[1]).max() > 0.01 * np.abs(alone).max()


@pytest.mark.parametrize("name", NETWORKS)
def test_template_lies_in_the_chip_in_the_order_of_the_landmarks(name: str) -> None:
    network = store.load(name)
    left_eye, right_eye, nose, mouth_left, mouth_right = network.template

    assert network.template.shape == (5, 2)
    assert (network.template > 0).all() and (network.template < network.input_size).all()
    assert left_eye[0] < nose[0] < right_eye[0]
    assert mouth_left[0] < nose[0] < mouth_right[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(mouth_left[1], mouth_right[1])


def test_a_chip_of_another_size_is_refused() -> None:
    import tensorflow as tf

    network = store.load("mobilefacenet")
    with pytest.raises(ValueError, match="mobilefacenet wants chips"):
        network(tf.zeros([1, 224, 224, 3]))


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_filters_stay_beside_the_graph(name: str) -> None:
    """Inside it, TensorFlow's optimiser copies them again and again."""
    import tensorflow as tf

    network = store.load(name)

    @tf.function(autograph=False)
    def gradient(chips: tf.Tensor) -> tf.Tensor:
        return tf.gradients(tf.reduce_sum(network(chips)), chips)

    chips = tf.TensorSpec((1, network.input_size, network.input_size, 3))
    graph = gradient.get_concrete_function(chips).graph.as_graph_def()
    weights = sum(array.nbytes for array in network.weights.values())
    assert len(graph.SerializeToString()) < weights / 4

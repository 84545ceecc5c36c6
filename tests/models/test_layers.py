"""The fast forms of the layers give the numbers of TensorFlow's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fawkes_models.networks import layers


def draw(*shape: int) -> np.ndarray:
    return np.random.default_rng(len(shape)).normal(size=shape).astype(np.float32)


def differentiate(function: Callable[[Any], Any], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    import tensorflow as tf

    variable = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(variable)
        y = function(variable)
        value = tf.reduce_sum(
            y * tf.cos(tf.reshape(tf.range(tf.size(y), dtype=tf.float32), y.shape))
        )
    return y.numpy(), tape.gradient(value, variable).numpy()


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize(("stride", "padding"), [(1, "SAME"), (2, "SAME"), (2, "VALID")])
def test_convolution_and_its_gradient(kernel: int, stride: int, padding: str) -> None:
    import tensorflow as tf

    x, filters, bias = draw(2, 9, 8, 3), draw(kernel, kernel, 3, 5), draw(5)
    found = differentiate(lambda t: layers.convolve(t, filters, bias, stride, padding), x)
    expected = differentiate(lambda t: tf.nn.conv2d(t, filters, stride, padding) + bias, x)

    np.testing.assert_allclose(found[0], expected[0], atol=1e-4)
    np.testing.assert_allclose(found[1], expected[1], atol=1e-4)


def test_depthwise_convolution_keeps_channels_apart() -> None:
    x, filters, bias = draw(1, 6, 6, 4), draw(3, 3, 4, 1), draw(4)
    y, _ = differentiate(lambda t: layers.convolve_depthwise(t, filters, bias), x)

    x[..., 2] += 1
    changed, _ = differentiate(lambda t: layers.convolve_depthwise(t, filters, bias), x)
    assert np.abs(changed - y).max(axis=(0, 1, 2)).nonzero()[0].tolist() == [2]


def test_prelu_and_its_gradient() -> None:
    x = np.array([[-2.0, 3.0], [4.0, -5.0]], np.float32)
    slope = np.array([0.25, -2.0], np.float32)
    y, gradient = differentiate(lambda t: layers.prelu(t, slope), x)

    np.testing.assert_allclose(y, [[-0.5, 3.0], [4.0, 10.0]])
    np.testing.assert_allclose(gradient, np.cos([[0, 1], [2, 3]]) * [[0.25, 1], [1, -2]], rtol=1e-6)

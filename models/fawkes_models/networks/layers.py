"""The few layers that the networks are made of.

Weights are arrays, and then frozen: only the gradient with respect to the input
is wanted, and it is wanted fast on a CPU; where two forms give the same numbers,
the faster one stands here.  Or they are tensors, which is how a network is trained
(``models/train``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import tensorflow as tf


def convolve(
    x: tf.Tensor,
    filters: NDArray[np.float32] | tf.Tensor,
    bias: NDArray[np.float32] | tf.Tensor,
    stride: int = 1,
    padding: str = "SAME",
) -> tf.Tensor:
    """``x`` [n, h, w, c] convolved with ``filters`` [rows, columns, c, out], plus ``bias`` [out].

    The input's gradient of a convolution of stride 1 and odd, ``SAME`` filters is
    itself such a convolution, with the filters turned by 180° and their channels
    swapped.  TensorFlow's forward kernel computes it a quarter faster than its
    backward kernel does.
    """
    import tensorflow as tf

    if not isinstance(filters, np.ndarray):
        y = tf.nn.conv2d(x, filters, stride, padding)
    elif stride == 1 and padding == "SAME":

        @tf.custom_gradient
        def apply(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
            def slope(upstream: tf.Tensor) -> tf.Tensor:
                return _correlate(upstream, filters[::-1, ::-1].transpose(0, 1, 3, 2))

            return _correlate(x, filters), slope

        y = apply(x)
    else:
        y = tf.nn.conv2d(x, hold(filters), stride, padding)
    return tf.nn.bias_add(y, bias)


def _correlate(x: tf.Tensor, filters: NDArray[np.float32]) -> tf.Tensor:
    """``x`` with ``filters``, stride 1 and ``SAME``.

    Filters of one pixel are a matrix, which a product takes as it is.  A convolution
    would bring it into an order of its own, each time anew since it is no constant
    of the graph: without that ``faceres`` takes two thirds of the time.
    """
    import tensorflow as tf

    rows, columns, channels, out = filters.shape
    if (rows, columns) != (1, 1):
        return tf.nn.conv2d(x, hold(filters), 1, "SAME")
    pixels = tf.reshape(x, [-1, channels]) @ hold(filters[0, 0])
    return tf.reshape(pixels, [-1, x.shape[1], x.shape[2], out])


def hold(filters: NDArray[np.float32]) -> tf.Tensor:
    """``filters`` as a tensor beside the graph that is being traced.

    A constant inside it is copied by each stage of TensorFlow's optimiser, and every copy stays:
    tracing all three networks took 1.6 GB and twice as long.
    """
    import tensorflow as tf

    with tf.init_scope():
        return tf.constant(np.ascontiguousarray(filters))


def convolve_depthwise(
    x: tf.Tensor,
    filters: NDArray[np.float32],
    bias: NDArray[np.float32],
    stride: int = 1,
    padding: str = "SAME",
) -> tf.Tensor:
    """Every channel of ``x`` with its own of ``filters`` [rows, columns, c, 1], plus ``bias``."""
    import tensorflow as tf

    y = tf.nn.depthwise_conv2d(x, filters, [1, stride, stride, 1], padding)
    return tf.nn.bias_add(y, bias)


def prelu(x: tf.Tensor, slope: NDArray[np.float32]) -> tf.Tensor:
    """``x`` where positive, ``slope`` [c] · ``x`` elsewhere (He et al., 2015).

    As a product, since its gradient is then one product with the same factor;
    forms made of relu take twice as long.
    """
    import tensorflow as tf

    return x * tf.where(x > 0, 1.0, slope)


def pad_by_one(x: tf.Tensor) -> tf.Tensor:
    """``x`` [n, h, w, c] with a border of zeros, one pixel wide on every side.

    Before a ``VALID`` convolution it does what PyTorch and MXNet do; TensorFlow's ``SAME`` begins
    elsewhere where the stride is 2.
    """
    import tensorflow as tf

    return tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])

"""Gradients that come out the same, bit for bit, in every run."""

from __future__ import annotations

from typing import Any


def gradient(loss: Any, variable: Any) -> Any:
    """The gradient of a scalar by a tensor, inside a graph.

    A tape adds three terms and more in one go, in an order that depends on which thread is done
    first, and the last bits with it; here they are added in pairs.
    """
    import tensorflow as tf

    pairwise = tf.AggregationMethod.EXPERIMENTAL_TREE
    (result,) = tf.gradients(loss, variable, aggregation_method=pairwise)
    return result

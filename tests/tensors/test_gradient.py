"""What may not depend on which thread is done first."""

from __future__ import annotations

import numpy as np
import pytest

from fawkes_host.engine.surrogate import Surrogate
from fawkes_host.tensors.gradient import gradient, known_broadcasts
from fawkes_host.visibility.meter import graphs
from tests.engine.toy import toy_network


def longest_sum(function) -> int:
    """How many terms the longest sum of gradients has, each with a place in the order of adding."""
    operations = function.get_concrete_function().graph.get_operations()
    sums = [len(o.inputs) for o in operations if o.type == "AddN"]
    assert sums
    return max(sums)


def test_gradient_is_right_and_added_in_pairs():
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec((3,))], autograph=False)
    def derivative(x):
        return gradient(tf.reduce_sum(x * x + tf.sin(x) + tf.exp(x) + x), x)

    x = np.array([-1.0, 0.5, 2.0], np.float32)
    assert derivative(x).numpy() == pytest.approx(2 * x + np.cos(x) + np.exp(x) + 1, rel=1e-5)
    assert longest_sum(derivative) == 2


def test_a_step_and_its_budget_add_in_pairs():
    assert longest_sum(Surrogate(toy_network("toy", 0)).loss_gradient) == 2
    assert longest_sum(graphs().gradient) == 2


@pytest.mark.parametrize("shape", [(4, 3), (4, 1), (1, 1), (3,), ()])
def test_known_broadcasts_change_no_gradient_and_save_two_fifths_of_its_operations(shape):
    import tensorflow as tf

    def expression(x, y):
        return tf.reduce_sum(((x + y) * y - y / (x + 3.0)) * 0.5 + (y - x) / (y + 4.0))

    def usual_gradient(x, y):
        return tf.gradients(expression(x, y), [x, y])

    def known_gradient(x, y):
        with known_broadcasts():
            loss = expression(x, y)
        return tf.gradients(loss, [x, y])

    random = np.random.default_rng(0)
    x, y = (random.random(s, np.float32) for s in ((4, 3), shape))
    unknown = [None if size > 1 else size for size in shape]
    signature = [tf.TensorSpec((None, None)), tf.TensorSpec(unknown)]
    slow, fast = (
        tf.function(function, input_signature=signature, autograph=False)
        for function in (usual_gradient, known_gradient)
    )
    for right, found in zip(slow(x, y), fast(x, y), strict=True):
        assert found.numpy() == pytest.approx(right.numpy(), rel=1e-5)
    sizes = [len(f.get_concrete_function().graph.get_operations()) for f in (fast, slow)]
    assert sizes[0] < 0.6 * sizes[1]

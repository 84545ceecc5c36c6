"""What may not depend on which thread is done first."""

from __future__ import annotations

import numpy as np
import pytest

from fawkes_host.engine import visibility
from fawkes_host.engine.cloak import Cloaker
from fawkes_host.engine.gradient import gradient
from fawkes_models import store
from fawkes_models.registry import SURROGATES


def longest_sum(function) -> int:
    """How many terms the longest sum of gradients has, each with a place in the order of adding."""
    operations = function.get_concrete_function().graph.get_operations()
    sums = [len(o.inputs) for o in operations if o.type == "AddN"]
    assert sums
    return max(sums)


def test_gradient_is_right_and_added_in_pairs():
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec((3,))], autograph=False)
    def slope(x):
        return gradient(tf.reduce_sum(x * x + tf.sin(x) + tf.exp(x) + x), x)

    x = np.array([-1.0, 0.5, 2.0], np.float32)
    assert slope(x).numpy() == pytest.approx(2 * x + np.cos(x) + np.exp(x) + 1, rel=1e-5)
    assert longest_sum(slope) == 2


def test_a_step_and_its_budget_add_in_pairs():
    cloaker = Cloaker([store.load(name) for name in SURROGATES])
    assert [longest_sum(step) for _, step in cloaker._turns] == [2, 2, 2]
    assert longest_sum(visibility._graphs().slope) == 2

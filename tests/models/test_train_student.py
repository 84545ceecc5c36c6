"""One network that stands for several."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import portraits
import student
import views
from fawkes_models.network import Network
from fawkes_models.registry import SURROGATES
from robust import Adversary, Trainee
from teachers import Teachers, load_with_teachers


def tiny(width: int, size: int) -> Network:
    """A teacher that looks at coarse colours alone."""
    random = np.random.default_rng(width)
    head = random.normal(size=(4 * 4 * 3, width)).astype(np.float32)

    def embed(chips: Any, weights: Any) -> Any:
        import tensorflow as tf

        coarse = tf.nn.avg_pool2d(chips / 128.0 - 1.0, size // 4, size // 4, "VALID")
        return tf.reshape(coarse, (-1, 4 * 4 * 3)) @ weights["head"]

    template = (portraits.TEMPLATE * size / portraits.PORTRAIT_PX).astype(np.float32)
    centre = np.zeros(width, np.float32)
    return Network(f"tiny{width}", size, width, template, centre, embed, {"head": head})


def test_what_teachers_say_is_one_row_whose_cosines_are_the_mean_of_theirs(
    pictures: portraits.Portraits,
) -> None:
    networks = [tiny(5, 16), tiny(9, 24)]
    rows = np.arange(20)
    chips = [
        views.draw(pictures, rows, n.template, n.input_size, np.random.default_rng(0))
        for n in networks
    ]
    own = [Teachers([n]).say([c]) for n, c in zip(networks, chips, strict=True)]
    together = Teachers(networks).say(chips)
    assert together.shape == (20, 14)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, rtol=1e-5)
    mean = (own[0] @ own[0].T + own[1] @ own[1].T) / 2
    np.testing.assert_allclose(together @ together.T, mean, atol=1e-5)


@pytest.mark.slow
def test_a_student_learns_what_its_teachers_say(pictures: portraits.Portraits) -> None:
    teachers = Teachers([tiny(5, 16), tiny(9, 24)])
    network = student.begin(teachers.networks)
    trainee = Trainee(network, Adversary(0.5, 1), learning_rate=1e-3)
    chips, *theirs = (
        views.draw(pictures, range(4), n.template, n.input_size, np.random.default_rng(1))
        for n in (network, *teachers.networks)
    )
    noise = np.random.default_rng(2).normal(size=(*chips.shape[:3], 1)).astype(np.float32)
    losses = [trainee.train(chips, teachers.say(theirs), noise, 1.0) for _ in range(12)]
    assert losses[0] > 0.7  # It knew nothing of them.
    assert losses[-1] < 0.4


def test_the_student_has_all_surrogates_as_teachers_and_a_surrogate_itself() -> None:
    network, teachers = load_with_teachers(student.NAME)
    assert [teacher.name for teacher in teachers.networks] == list(SURROGATES)
    assert network.embedding_size == sum(t.embedding_size for t in teachers.networks)
    surrogate, itself = load_with_teachers("faceres")
    assert itself.networks == (surrogate,)

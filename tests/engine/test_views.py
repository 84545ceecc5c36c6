"""Views of a canvas: where a chip looks, and how far views differ."""

from __future__ import annotations

import functools
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from scipy.ndimage import gaussian_filter

from fawkes_host.engine import views
from fawkes_host.engine.align import CANVAS_PX
from fawkes_host.engine.views import KNOTS, Diversity

SIZE = 112
TEMPLATE = np.array([(38, 52), (74, 52), (56, 72), (42, 92), (71, 92)], np.float32)
NETWORK = SimpleNamespace(input_size=SIZE, template=TEMPLATE)
LANDMARKS = TEMPLATE * 1.2 + 40
STILL = Diversity(scale=0, shift=0, angle_deg=0, mirror_chance=0, blur_chance=0, warp=0)


@pytest.fixture(scope="module")
def canvas() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (CANVAS_PX, CANVAS_PX, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def ramp() -> np.ndarray:
    """Every pixel holds its own place (x, y)."""
    places = np.arange(CANVAS_PX, dtype=np.float32)
    return np.stack(np.meshgrid(places, places), -1)


def draw(diversity: Diversity, seed: int = 0) -> views.View:
    return views.draw(NETWORK, LANDMARKS, diversity, np.random.default_rng(seed))


@functools.cache
def graph():
    return tf.function(views.build_show(SIZE), autograph=False)


def show(view: views.View, *planes: np.ndarray) -> list[np.ndarray]:
    chips = graph()(*map(tf.constant, (view.transform, view.warp, *planes)))
    return [chip.numpy()[0] for chip in chips]


def test_a_view_without_diversity_is_how_the_network_expects_the_face(canvas):
    transform = views.plain_transform(NETWORK, LANDMARKS)
    plain = views.show_plain(canvas[None], transform[None], SIZE).numpy()[0]
    view = draw(STILL)
    assert np.array_equal(view.transform, transform)
    np.testing.assert_allclose(show(view, canvas)[0], plain, atol=0.05)


def test_a_chip_looks_where_the_transform_says(ramp):
    view = draw(Diversity(warp=0, blur_chance=0), 5)
    (places,) = show(view, ramp)
    a, b, c, d, e, f = view.transform[:6]
    x, y = np.meshgrid(np.arange(SIZE), np.arange(SIZE))
    wanted = np.stack([a * x + b * y + c, d * x + e * y + f], -1)
    np.testing.assert_allclose(places, np.clip(wanted, 0, views.LAST_PX), atol=0.01)


def test_a_warp_that_is_the_same_everywhere_shifts(ramp):
    view = draw(STILL)
    beside = np.broadcast_to(np.float32((3, -2)), (KNOTS, KNOTS, 2))
    (before,), (after,) = show(view, ramp), show(view._replace(warp=beside), ramp)
    np.testing.assert_allclose(after - before, np.broadcast_to((3, -2), before.shape), atol=0.01)


def test_a_warp_is_smooth_and_as_large_as_told(ramp):
    edge = SIZE * 1.2
    moves = []
    for seed in range(40):
        view = draw(Diversity(0, 0, 0, 0, 0, warp=0.015), seed)
        (before,), (after,) = show(draw(STILL), ramp), show(view, ramp)
        moves.append(after - before)
    # Between the knots a smooth field is somewhat smaller than at them.
    assert 0.5 < np.std(moves) / (0.015 * edge) < 1.1
    assert np.abs(np.diff(moves, axis=1)).max() < 1.0


def test_a_blur_is_a_gaussian_and_repeats_the_edge(canvas):
    plane = canvas[..., 0]
    wanted = gaussian_filter(plane, views.BLUR_SIGMA_PX, mode="nearest", truncate=3)
    np.testing.assert_allclose(views.blurred(plane), wanted, atol=0.01)
    assert np.array_equal(views.blurred(plane, 0.0), plane)


def test_planes_are_blurred_alike(canvas):
    planes = canvas.transpose(2, 0, 1)
    assert np.array_equal(views.blurred(planes)[1], views.blurred(planes[1]))


def test_planes_are_shown_alike(canvas):
    view = draw(Diversity(), 3)
    whole, red = show(view, canvas, canvas[..., :1])
    assert np.array_equal(whole[..., :1], red)


def test_the_gradient_of_a_view_is_exact(canvas):
    """What a view shows is linear, so a gradient by the canvas tells what any change does to it."""
    transform, warp, _ = map(tf.constant, draw(Diversity(), 7))
    shown, random = views.build_show(SIZE), np.random.default_rng(1)
    upstream = random.normal(size=(1, SIZE, SIZE, 1)).astype(np.float32)
    change = random.normal(size=(CANVAS_PX, CANVAS_PX, 1)).astype(np.float32)

    @tf.function(autograph=False)
    def gradient(plane):
        (chip,) = shown(transform, warp, plane)
        return tf.gradients(tf.reduce_sum(chip * upstream), plane)[0]

    told = float(np.vdot(gradient(tf.constant(canvas[..., :1])), change))
    (chip,) = shown(transform, warp, tf.constant(change))
    assert told == pytest.approx(float(np.vdot(chip, upstream)), rel=1e-3, abs=1e-2)


def test_views_differ_and_come_out_the_same_for_a_seed():
    one, again, other = draw(Diversity(), 1), draw(Diversity(), 1), draw(Diversity(), 2)
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not np.array_equal(one.transform, other.transform)
    assert not np.array_equal(one.warp, other.warp)


def test_half_of_the_views_are_mirrored_and_half_blurred():
    drawn = [draw(Diversity(), seed) for seed in range(200)]
    turned = [a * e - b * d < 0 for a, b, _, d, e, _ in (view.transform[:6] for view in drawn)]
    assert 70 < sum(turned) < 130
    assert 70 < sum(view.blur == 1 for view in drawn) < 130

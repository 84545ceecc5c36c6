"""The optimiser's parts, each by itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from fawkes_host.engine.align import CANVAS_PX, Frame, frame_face
from fawkes_host.engine.budget_projection import BudgetProjection, rms
from fawkes_host.engine.cloak import Cloaker
from fawkes_host.engine.delayed_gradients import DelayedGradients
from fawkes_host.engine.levels import LEVELS
from fawkes_host.engine.recipe import IN_FORCE
from fawkes_host.evaluation.portrait import draw_portrait
from fawkes_host.visibility.meter import VisibilityMeter
from tests.engine.toy import SHORT, TEMPLATE, toy_network

MID = LEVELS["mid"]

LANDMARKS = np.array([[125, 131], [175, 131], [150, 167], [130, 194], [170, 194]], np.float32)
"""Of the drawn portrait of 300 px."""


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    return draw_portrait(300)


@pytest.fixture(scope="module")
def frame() -> Frame:
    return frame_face(LANDMARKS, 300, 300)


class Echo:
    """A surrogate whose gradient is the change that it was asked at."""

    def __init__(self, name: str, asked: list[str]) -> None:
        self.name = name
        self.network = SimpleNamespace(input_size=32, template=TEMPLATE)
        self.asked = asked

    def loss_gradient(self, photo, change, *_):
        self.asked.append(self.name)
        return change


@pytest.mark.parametrize(
    ("ahead", "used"), [(1, [0, 1, 2, 3, 4]), (2, [0, 0, 1, 2, 3]), (3, [0, 0, 0, 1, 2])]
)
def test_gradients_come_in_turn_and_as_late_as_they_are_asked_ahead(ahead, used):
    asked: list[str] = []
    echoes = [Echo("a", asked), Echo("b", asked)]
    recipe = replace(SHORT, asked_ahead=ahead)
    canvas = np.zeros((CANVAS_PX, CANVAS_PX, 3), np.float32)
    directions = {"a": np.zeros(1), "b": np.zeros(1)}
    with ThreadPoolExecutor(1) as pool:
        gradients = DelayedGradients(
            echoes, pool, recipe, canvas, LANDMARKS, directions, seed=0, steps=5
        )
        changes = [np.full((2, 2), step, np.float32) for step in range(5)]
        found = [int(gradients.next(change)[0, 0]) for change in changes]
    assert found == used
    assert asked == ["a", "b", "a", "b", "a"]


def test_a_projection_keeps_a_change_within_its_radius_and_its_budget(portrait, frame):
    canvas = frame.extract(portrait)
    meter = VisibilityMeter(portrait[frame.crop.slices])
    recipe = replace(SHORT, radius=4.0, projections=(2,), fits=(2,), full_size_from=9)
    projection = BudgetProjection(canvas, frame, meter, MID.budget, recipe)
    change = np.random.default_rng(0).normal(0, 9, (CANVAS_PX, CANVAS_PX)).astype(np.float32)
    change *= frame.mask()

    first = projection.project(change, 1)
    assert rms(first) == pytest.approx(4.0, rel=1e-3)
    assert projection.radius == 4.0

    second = projection.project(change, 2)
    shown = np.s_[frame.crop_slices]
    spent_before, _ = meter.project(first[shown], MID.budget)
    spent_after, _ = meter.project(second[shown], MID.budget)
    assert spent_after < spent_before
    assert spent_before > 1
    # Fitted to a change that spends a quarter more than the budget.
    assert projection.radius == pytest.approx(4.0 * max(0.33, 1.25 / spent_before), rel=1e-3)


def test_a_change_within_its_radius_stays_as_it_is(portrait, frame):
    meter = VisibilityMeter(portrait[frame.crop.slices])
    projection = BudgetProjection(frame.extract(portrait), frame, meter, MID.budget, SHORT)
    change = np.ones((CANVAS_PX, CANVAS_PX), np.float32)
    assert np.array_equal(projection.project(change, 1), change)


def test_no_pixel_changes_by_more_than_the_recipe_allows(portrait, frame):
    recipe = replace(SHORT, linf=3.0, radius=9.0)
    cloaker = Cloaker([toy_network("one", 1)], recipe)
    canvas = frame.extract(portrait)
    meter = VisibilityMeter(portrait[frame.crop.slices])
    own = cloaker.embed(canvas, frame)
    shares: list[float] = []
    change = cloaker.optimise(canvas, frame, meter, MID.budget, 1, own, shares.append, steps=1)
    assert np.abs(change).max() == pytest.approx(3.0)
    assert shares == [0.0]


def test_steps_get_shorter_within_each_phase():
    sizes = IN_FORCE.each_step()
    assert len(sizes) == IN_FORCE.steps == 96
    assert sizes[[0, 63, 64, 95]] == pytest.approx([1.0, 0.03, 0.05, 0.015])
    assert sizes.dtype == np.float32

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from fawkes_host.engine.align import FaceCrop
from fawkes_host.engine.levels import LEVELS
from fawkes_host.engine.merge import Patch, largest_within, merge
from fawkes_host.evaluation.portrait import draw_portrait
from fawkes_host.visibility.budget import Budget, Visibility
from fawkes_host.visibility.meter import VisibilityMeter


def jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def blurred(pixels: np.ndarray, radius: float) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)))


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    return draw_portrait(320)


def test_ssimulacra2_agrees_with_the_reference_package(portrait, tmp_path):
    package = pytest.importorskip("ssimulacra2")
    for changed in (jpeg(portrait, 90), jpeg(portrait, 50), blurred(portrait, 1)):
        paths = [str(tmp_path / name) for name in ("a.png", "b.png")]
        for path, pixels in zip(paths, (portrait, changed), strict=True):
            Image.fromarray(pixels).save(path)
        ours = VisibilityMeter(portrait).measure(changed).ssimulacra2
        assert ours == pytest.approx(package.compute_ssimulacra2(*paths), abs=0.6)


def test_flip_agrees_with_the_reference_package(portrait):
    package = pytest.importorskip("flip_evaluator")
    for changed in (portrait, jpeg(portrait, 90), jpeg(portrait, 30), blurred(portrait, 1)):
        pair = [pixels.astype(np.float32) / 255 for pixels in (portrait, changed)]
        theirs = package.evaluate(*pair, "LDR")[1]
        assert VisibilityMeter(portrait).measure(changed).flip == pytest.approx(theirs, abs=2e-4)


def test_unchanged_crop_leaves_the_whole_budget(portrait):
    seen = VisibilityMeter(portrait).measure(portrait)
    assert seen.ssimulacra2 == pytest.approx(100, abs=0.1)
    assert seen.flip < 1e-4
    assert seen.delta_e < 1e-5
    assert LEVELS["low"].budget.slack(seen) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("edge", [12, 40, 90])
def test_small_crops_are_measured_too(edge):
    crop = draw_portrait(400)[100 : 100 + edge, 150 : 150 + edge]
    seen = VisibilityMeter(crop).measure(blurred(crop, 1))
    assert seen.ssimulacra2 < 99
    assert seen.flip > 0


def test_crops_larger_than_a_screen_are_judged_as_a_screen_shows_them():
    small = draw_portrait(500)
    large = np.asarray(Image.fromarray(small).resize((1500, 1500), Image.Resampling.BICUBIC))
    shade = np.zeros((500, 500), np.float32)
    shade[200:300:8, 200:300] = 12
    big_shade = np.asarray(Image.fromarray(shade).resize((1500, 1500), Image.Resampling.BICUBIC))
    scores = []
    for pixels, change in ((small, shade), (large, big_shade)):
        changed = np.clip(pixels + change[..., None], 0, 255).astype(np.uint8)
        scores.append(VisibilityMeter(pixels).measure(changed).ssimulacra2)
    assert scores[0] < 95
    assert scores[1] == pytest.approx(scores[0], abs=2)


def test_each_measure_alone_can_spend_the_budget():
    budget = Budget(ssimulacra2=60, flip=0.04, delta_e=6)
    assert budget.slack(Visibility(60, 0.0, 0.0)) == pytest.approx(0)
    assert budget.slack(Visibility(100, 0.04, 0.0)) == pytest.approx(0)
    assert budget.slack(Visibility(100, 0.0, 6.0)) == pytest.approx(0)
    assert budget.slack(Visibility(80, 0.01, 9.0)) == pytest.approx(-0.5)


def test_levels_are_ordered_from_weak_to_strong():
    low, mid, high = (level.budget for level in LEVELS.values())
    for weaker, stronger in ((low, mid), (mid, high)):
        assert weaker.ssimulacra2 > stronger.ssimulacra2
        assert weaker.flip < stronger.flip
        assert weaker.delta_e < stronger.delta_e


@pytest.mark.parametrize("start", [0.01, 0.5, 3.9])
@pytest.mark.parametrize("power", [0.7, 1.0, 1.6])
@pytest.mark.parametrize("limit", [0.05, 1.0, 3.0])
def test_search_finds_the_largest_strength_within_the_budget(start, power, limit):
    strength = largest_within(lambda s: 1.0 - (s / limit) ** power, start)
    assert 0.9 * limit <= strength <= limit


def test_search_gives_nothing_where_nothing_fits():
    assert largest_within(lambda s: 1.0 if s == 0 else -5.0, 1.0) < 1e-3


def test_fitted_patch_spends_its_budget_and_leaves_all_other_pixels_alone(portrait):
    crop = FaceCrop(60, 60, 260, 260)
    change = np.random.default_rng(1).normal(0, 4, (200, 200)).astype(np.float32)
    budget = LEVELS["mid"].budget
    mask = np.ones_like(change)
    patch = Patch(crop, change, mask, VisibilityMeter(portrait[crop.slices]))
    patch.fit(portrait, budget)
    merged = merge(portrait, [patch])
    assert 0 <= budget.slack(patch.meter.measure(merged[crop.slices])) < 0.05
    merged[crop.slices] = portrait[crop.slices]
    assert np.array_equal(merged, portrait)


def spent(crop: np.ndarray, change: np.ndarray, budget: Budget) -> float:
    changed = np.clip(crop + change[..., None], 0, 255).astype(np.float32)
    return 1.0 - budget.slack(VisibilityMeter(crop).measure(changed))


def blotches(height: int, width: int) -> np.ndarray:
    """Strong in one corner, weak elsewhere."""
    change = np.random.default_rng(2).normal(0, 3, (height, width)).astype(np.float32)
    change[: height // 4, : width // 4] *= 2
    return change


@pytest.mark.parametrize("limits", [(70, 1, 100), (0, 0.04, 100), (0, 1, 6), (70, 0.04, 6)])
def test_change_is_brought_within_a_budget_and_keeps_most_of_itself(portrait, limits):
    crop = portrait[60:260, 60:260]
    budget = Budget(*limits)
    before = blotches(200, 200)
    before *= 1.15 / spent(crop, before, budget)
    share, after = VisibilityMeter(crop).project(before, budget)
    assert share == pytest.approx(spent(crop, before, budget), abs=0.1)
    assert spent(crop, after, budget) < 1.08
    # To shrink it as a whole would take 15 % of every pixel.
    assert np.linalg.norm(after - before) < 0.15 * np.linalg.norm(before)


def test_change_within_its_budget_stays_as_it_is(portrait):
    crop = portrait[60:260, 60:260]
    change = blotches(200, 200) * np.float32(0.1)
    share, after = VisibilityMeter(crop).project(change, LEVELS["high"].budget)
    assert share < 1
    assert np.array_equal(after, change)


def test_crop_larger_than_a_screen_keeps_most_of_its_change_too():
    crop = draw_portrait(700)
    budget = LEVELS["mid"].budget
    before = np.kron(blotches(175, 175), np.ones((4, 4), np.float32))
    before *= 1.15 / spent(crop, before, budget)
    share, after = VisibilityMeter(crop).project(before, budget)
    assert share == pytest.approx(spent(crop, before, budget), abs=0.1)
    assert spent(crop, after, budget) < 1.08
    assert np.linalg.norm(after - before) < 0.15 * np.linalg.norm(before)


def test_trimmed_patch_keeps_more_of_itself_within_its_budget_and_keeps_to_its_mask(portrait):
    crop = FaceCrop(60, 60, 260, 260)
    budget = LEVELS["mid"].budget
    mask = np.zeros((200, 200), np.float32)
    mask[20:180, 20:180] = 1
    change = blotches(200, 200) * mask
    change /= spent(portrait[crop.slices], change, budget)
    patch = Patch(crop, change.copy(), mask, VisibilityMeter(portrait[crop.slices]))
    patch.trim(budget)
    assert 0.85 < spent(portrait[crop.slices], patch.change, budget) < 1.03
    assert not patch.change[mask == 0].any()
    quiet = np.s_[60:180, 60:180]
    assert np.linalg.norm(patch.change[quiet]) > 1.1 * np.linalg.norm(change[quiet])


def test_a_white_wall_and_a_black_coat_do_not_keep_a_change_from_being_brought_within():
    """Where two crops are the same, roots have no gradient, and must not spoil that of all others."""
    crop = np.full((120, 120, 3), 255, np.uint8)
    crop[40:80] = 0
    crop[80:] = draw_portrait(120)[80:]
    change = np.zeros((120, 120), np.float32)
    change[30:110, :90] = np.random.default_rng(3).normal(0, 6, (80, 90))
    budget = LEVELS["mid"].budget
    change *= np.float32(1.2 / spent(crop, change, budget))
    share, after = VisibilityMeter(crop).project(change, budget)
    assert share > 1.1
    assert np.isfinite(after).all()
    assert spent(crop, after, budget) < 1.1
    assert not after[change == 0].any()

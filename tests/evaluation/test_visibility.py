from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from fawkes_host.evaluation.portrait import draw_portrait
from fawkes_host.evaluation.visibility import SMALLEST_CROP_PX, measure, summarise


@pytest.fixture(scope="module")
def portrait():
    return draw_portrait(300)


def shifted(pixels, levels):
    return np.clip(pixels.astype(int) + levels, 0, 255).astype(np.uint8)


def test_unchanged_crop_shows_nothing(portrait):
    seen = measure(portrait, portrait)
    assert seen.ssimulacra2 == pytest.approx(100, abs=0.01)
    assert (seen.flip, seen.delta_e, seen.linf) == (0, 0, 0)
    assert seen.dssim == pytest.approx(0, abs=1e-5)


def test_larger_changes_are_seen_better_by_every_measure(portrait):
    noise = np.random.default_rng(0).integers(-3, 4, portrait.shape)
    weak, strong = (
        measure(portrait, shifted(portrait, noise)),
        measure(portrait, shifted(portrait, 3 * noise)),
    )
    assert strong.ssimulacra2 < weak.ssimulacra2 < 100
    assert strong.psnr < weak.psnr
    for name in ("flip", "delta_e", "dssim", "linf"):
        assert getattr(strong, name) > getattr(weak, name) > 0


def test_delta_e_is_cie76():
    grey = np.full((64, 64, 3), 119, np.uint8)
    # sRGB 119 is L* 50.03, 130 is 54.36; both are neutral.
    assert measure(grey, grey + np.uint8(11)).delta_e == pytest.approx(4.33, abs=0.05)


def test_shading_tells_blotches_from_grain(portrait):
    random = np.random.default_rng(0)
    grain = random.normal(0, 8, portrait.shape[:2])[..., None]
    small = Image.fromarray(random.normal(0, 8, (10, 10)).astype(np.float32))
    blotches = np.asarray(small.resize((300, 300), Image.Resampling.BICUBIC))[..., None]
    fine, coarse = (measure(portrait, shifted(portrait, c)) for c in (grain, blotches))
    assert coarse.delta_e_shading > 0.6 * coarse.delta_e
    assert fine.delta_e_shading < 0.4 * fine.delta_e


def test_small_crops_keep_all_scales(portrait):
    small = np.asarray(Image.fromarray(portrait).resize((120, 120)))
    tiled = np.pad(small, [(68, 68), (68, 68), (0, 0)], "symmetric")
    assert tiled.shape[0] == SMALLEST_CROP_PX

    def blurred(pixels):
        return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(1)))

    score = measure(small, blurred(small)).ssimulacra2
    assert score == pytest.approx(measure(tiled, blurred(tiled)).ssimulacra2, abs=1)


def test_summary_names_the_worst_twentieth(portrait):
    noise = np.random.default_rng(0).integers(-6, 7, portrait.shape)
    seen = [measure(portrait, portrait), measure(portrait, shifted(portrait, noise))]
    summary = summarise(seen)
    assert summary["ssimulacra2"]["percentile_5"] < summary["ssimulacra2"]["mean"]
    assert summary["flip"]["percentile_95"] > summary["flip"]["mean"]

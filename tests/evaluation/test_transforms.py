from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from fawkes_host.evaluation.portrait import draw_portrait
from fawkes_host.evaluation.transforms import NOISE_SIGMA, TRANSFORMS


@pytest.fixture(scope="module")
def portrait():
    return draw_portrait(800)


def difference(one, other):
    return float(np.abs(one.astype(float) - other).mean())


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_keep_type_and_shape_of_the_picture(name, portrait):
    pixels = TRANSFORMS[name](portrait)
    assert pixels.dtype == np.uint8
    assert pixels.shape[0] == pixels.shape[1]
    assert pixels.shape[2] == 3
    assert difference(TRANSFORMS[name](portrait), pixels) == 0


@pytest.mark.parametrize(
    ("name", "edge"),
    [("1080 px", 800), ("720 px", 720), ("half", 400), ("screenshot", 640), ("half, jpeg 75", 400)],
)
def test_sizes_after_resizing(name, edge, portrait):
    assert TRANSFORMS[name](portrait).shape == (edge, edge, 3)


def test_lower_jpeg_quality_changes_more(portrait):
    changes = [difference(portrait, TRANSFORMS[f"jpeg {q}"](portrait)) for q in (95, 85, 75, 50)]
    assert changes == sorted(changes)
    assert changes[0] > 0


def test_jpeg_is_what_a_site_would_store(portrait):
    file = io.BytesIO()
    Image.fromarray(portrait).save(file, "JPEG", quality=75)
    assert difference(np.asarray(Image.open(file)), TRANSFORMS["jpeg 75"](portrait)) == 0


def test_noise_has_the_stated_strength(portrait):
    added = TRANSFORMS["noise"](portrait).astype(float) - portrait
    assert added.std() == pytest.approx(NOISE_SIGMA, rel=0.05)


def test_blur_takes_detail_away(portrait):
    def detail(pixels):
        return np.abs(np.diff(pixels.astype(float), axis=0)).mean()

    assert detail(TRANSFORMS["blur"](portrait)) < 0.6 * detail(portrait)

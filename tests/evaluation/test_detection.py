from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fawkes_host.evaluation.detection import KINDS, MARKS, Portrait, placed, table, turned
from fawkes_host.evaluation.no_people import pictures

POINTS = np.array([(20.0, 30), (60, 30), (40, 50), (25, 70), (55, 70)])


@pytest.fixture
def portrait() -> Portrait:
    """Black, with a white pixel at the left eye."""
    pixels = np.zeros((100, 80, 3), np.uint8)
    pixels[30, 20] = 255
    return Portrait(pixels, POINTS)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_landmarks_go_with_a_turned_photo(portrait, degrees):
    shown = turned(degrees)(portrait)
    row, column = np.unravel_index(shown.pixels[..., 0].argmax(), shown.pixels.shape[:2])
    assert np.linalg.norm(shown.landmarks[0] - (column, row)) < 1.5


def test_landmarks_go_with_a_photo_that_is_placed_in_the_corner_of_a_larger_one(portrait):
    shown = placed(88, 400, 300, corner=True)(portrait)
    assert np.allclose(shown.landmarks - (320, 200), POINTS)
    assert (shown.pixels[200:, 320:] == portrait.pixels).all()


def test_pictures_without_people_are_the_same_each_time():
    pytest.importorskip("skimage")
    pytest.importorskip("sklearn")
    one, other = (list(pictures(10, seed=1)) for _ in range(2))
    assert [kind for kind, _ in one] == [kind for kind, _ in other]
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(one, other, strict=True))
    assert {"page of text", "noise"} < {kind for kind, _ in one}


def test_document_has_a_row_for_each_kind():
    document = Path(__file__).parents[2].joinpath("docs", "photos.md").read_text("utf-8")
    told = document[document.index(MARKS[0]) : document.index(MARKS[1])]
    for kind in KINDS:
        assert f"| {kind} |" in told
    assert table([("upright", 2, 3)], 1).splitlines()[2] == "| upright | 2 | 3 |"

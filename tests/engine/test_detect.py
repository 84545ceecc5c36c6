from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from fawkes_host.engine.detect import detect
from fawkes_host.evaluation.portrait import draw_group, draw_portrait


def expected_landmarks(edge: int) -> np.ndarray:
    return np.array([(166, 174), (234, 174), (200, 222), (175, 258), (225, 258)]) * edge / 400


@pytest.mark.parametrize("edge", [64, 200, 700, 1800])
def test_face_is_found_whole_with_its_landmarks_at_any_size(edge):
    faces = detect(draw_portrait(edge))
    assert len(faces) == 1
    error = np.linalg.norm(faces[0].landmarks - expected_landmarks(edge), axis=1)
    assert error.max() < 0.06 * edge


def test_every_face_of_a_group_is_found():
    assert len(detect(draw_group(1200, 500, 3))) == 3


def test_small_face_in_a_large_photo_is_found():
    photo = np.full((2000, 2600, 3), 128, np.uint8)
    photo[900:1000, 1700:1800] = draw_portrait(100)
    faces = detect(photo)
    assert len(faces) == 1
    x, y, w, h = faces[0].box
    assert 1700 < x + w / 2 < 1800
    assert 900 < y + h / 2 < 1000
    assert 32 <= w <= 60


def test_face_cut_by_the_border_is_found():
    photo = draw_portrait(400)[:, 140:]
    faces = detect(photo)
    assert len(faces) == 1
    assert np.linalg.norm(faces[0].landmarks[1] - (94, 174)) < 24


@pytest.mark.parametrize("shape", [(1, 1), (5, 400), (20, 20), (21, 30), (300, 300)])
def test_photo_without_a_face_has_none(shape):
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    blank = np.full((*shape, 3), 200, np.uint8)
    smooth = np.asarray(Image.fromarray(noise).resize((shape[1], shape[0]), Image.Resampling.BOX))
    for photo in (noise, blank, smooth):
        assert detect(photo) == []

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fawkes_host.engine import align

ARCFACE = np.array(
    [
        (38.2946, 51.6963),
        (73.5318, 51.5014),
        (56.0252, 71.7366),
        (41.5493, 92.3655),
        (70.7299, 92.2041),
    ]
)


@given(st.floats(0.05, 20), st.floats(-np.pi, np.pi), st.floats(-500, 500), st.floats(-500, 500))
def test_similarity_recovers_a_known_scale_angle_and_shift(scale, angle, dx, dy):
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = ARCFACE @ turn.T + (dx, dy)
    found = align.similarity(ARCFACE, moved)
    assert np.allclose(found, np.column_stack([turn, (dx, dy)]), atol=1e-6)
    assert np.allclose(align.apply(align.invert(found), moved), ARCFACE, atol=1e-6)


def test_points_in_one_place_have_no_similarity():
    with pytest.raises(ValueError, match="coincide"):
        align.similarity(np.ones((5, 2)), ARCFACE)


def test_composition_does_the_first_transform_first():
    shrink = np.array([[0.5, 0, 0], [0, 0.5, 0]])
    shift = np.array([[1.0, 0, 10], [0, 1.0, 20]])
    assert np.allclose(align.apply(align.compose(shift, shrink), [[4, 4]]), [[12, 22]])


def test_face_crop_is_the_landmarks_box_grown_by_nine_tenths_and_cut_at_the_border():
    crop = align.face_crop([(100, 100), (140, 100), (120, 120), (105, 150), (135, 150)], 180, 1000)
    # The longer edge is 50 px, so the box grows by 45 on each side.
    assert (crop.left, crop.top, crop.right, crop.bottom) == (55, 55, 180, 196)


@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_canvas_shows_the_face_where_its_landmarks_say(scale):
    landmarks = ARCFACE * scale + 200
    photo = np.zeros((900, 900, 3), np.uint8)
    x, y = np.rint(landmarks[0]).astype(int)
    half = max(1, round(2 * scale))
    photo[y - half : y + half + 1, x - half : x + half + 1] = 255
    frame = align.frame_face(landmarks, 900, 900)
    canvas = frame.extract(photo)
    rows, columns = np.nonzero(canvas[..., 0] > 127)
    assert np.hypot(columns.mean() - frame.landmarks[0][0], rows.mean() - frame.landmarks[0][1]) < 1


@pytest.mark.parametrize("scale", [0.2, 1.0, 3.7])
@pytest.mark.parametrize("shift", [40, -25])
def test_change_comes_back_to_the_place_it_was_made_for(scale, shift):
    """Also where the crop is cut by the photo's border."""
    landmarks = (ARCFACE + shift) * scale
    frame = align.frame_face(landmarks, 700, 600)
    change = np.zeros((align.CANVAS_PX, align.CANVAS_PX), np.float32)
    x, y = np.rint(frame.landmarks[2]).astype(int)
    change[y - 2 : y + 3, x - 2 : x + 3] = 10
    projected = frame.to_photo(change)
    assert projected.shape == (frame.crop.height, frame.crop.width)
    rows, columns = np.indices(projected.shape)
    weight = projected.sum()
    found = (columns * projected).sum() / weight, (rows * projected).sum() / weight
    expected = landmarks[2] - (frame.crop.left, frame.crop.top)
    assert np.hypot(*(np.array(found) - expected)) < max(1.0, scale)


@pytest.mark.parametrize("scale", [0.2, 1.0, 1.3, 2.63, 3.7])
@pytest.mark.parametrize("shift", [40, -25])
def test_change_shrinks_back_to_what_it_was_in_the_canvas(scale, shift):
    frame = align.frame_face((ARCFACE + shift) * scale, 700, 600)
    place = np.arange(align.CANVAS_PX) / 9
    change = np.outer(np.sin(place), np.cos(place)).astype(np.float32)
    shown = change[frame.crop_slices]
    back = frame.shrink(frame.to_photo(change))
    assert back.shape == shown.shape
    # The outermost pixels may lie partly beyond the crop.
    assert np.abs(back - shown)[2:-2, 2:-2].max() < (0.05 if scale > 1 else 1e-6)


def test_small_faces_keep_their_own_pixels():
    photo = np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8)
    frame = align.frame_face(ARCFACE * 0.6 + 150, 400, 400)
    assert frame.scale == 1.0
    canvas = frame.extract(photo)
    left, top = int(frame.left), int(frame.top)
    inside = photo[top : top + align.CANVAS_PX, left : left + align.CANVAS_PX]
    assert np.array_equal(canvas, inside)


def test_mask_is_one_at_the_landmarks_and_zero_at_the_crops_edge():
    frame = align.frame_face(ARCFACE + 100, 400, 400)
    mask = frame.mask()
    for x, y in np.rint(frame.landmarks).astype(int):
        assert mask[y, x] == 1
    rows, columns = frame.crop_slices
    outside = np.ones_like(mask, bool)
    outside[rows, columns] = False
    assert mask[outside].max() == 0

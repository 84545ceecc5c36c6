from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fawkes_host.engine.boxes import distinct, unlike_earlier
from fawkes_host.engine.cascade import PROPOSED, normalised, roll
from fawkes_host.engine.detect import TILE_PIXELS, detect, detector, tiles
from fawkes_host.evaluation.portrait import draw_group, draw_portrait
from fawkes_host.protocol.errors import WeightsCorrupt, WeightsMissing
from fawkes_models import registry, store
from fawkes_models.detector import load


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


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    data = pytest.importorskip("skimage.data", reason="needs scikit-image for its photo")
    return np.ascontiguousarray(data.astronaut()[:256, 96:352])


def shown_at(photo: np.ndarray, degrees: int) -> np.ndarray:
    """A square photo turned clockwise."""
    turned = Image.fromarray(photo).rotate(-degrees, Image.Resampling.BICUBIC, fillcolor="grey")
    return np.asarray(turned)


@pytest.mark.parametrize("degrees", [45, 60, 90, 135, 180, 270, 300])
def test_turned_face_is_found_with_its_own_landmarks(portrait, degrees):
    (upright,) = detect(portrait)
    angle, middle = np.radians(degrees), len(portrait) / 2
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    (face,) = detect(shown_at(portrait, degrees))
    error = np.linalg.norm(face.landmarks - ((upright.landmarks - middle) @ turn + middle), axis=1)
    eyes_apart = np.linalg.norm(upright.landmarks[1] - upright.landmarks[0])
    assert error.max() < 0.25 * eyes_apart
    away = (roll(face.landmarks) - angle - roll(upright.landmarks) + np.pi) % (2 * np.pi) - np.pi
    assert abs(away) < np.radians(8)


def test_lying_face_beside_an_upright_one_is_found_and_the_upright_one_stays_as_it_was(portrait):
    pair = np.full((256, 512, 3), 128, np.uint8)
    pair[:, :256] = portrait
    (alone,) = detect(pair)
    pair[:, 256:] = shown_at(portrait, 90)
    faces = sorted(detect(pair), key=lambda face: face.box[0])
    assert len(faces) == 2
    assert np.allclose(faces[0].box, alone.box, atol=1e-3)
    assert np.allclose(faces[0].landmarks, alone.landmarks, atol=1e-3)


def test_small_faces_are_found_all_over_a_long_screenshot():
    screenshot = np.full((20000, 1080, 3), 235, np.uint8)
    tops = (300, 6400, 9990, 19600)
    for top in tops:
        screenshot[top : top + 240, 500:740] = draw_portrait(240)
    faces = sorted(detect(screenshot), key=lambda face: face.box[1])
    assert len(faces) == len(tops)
    for face, top in zip(faces, tops, strict=True):
        assert np.linalg.norm(face.landmarks.mean(axis=0) - (620, top + 130)) < 20


def test_landmarks_of_a_small_face_are_those_of_the_close_look(portrait):
    (alone,) = detect(portrait)
    page = np.full((3000, 4000, 3), 205, np.uint8)
    page[2700:2956, 3700:3956] = portrait
    small = np.asarray(Image.fromarray(page).resize((3000, 2250), Image.Resampling.BOX))
    faces = detect(np.concatenate([small, np.full((2250, 3000, 3), 205, np.uint8)], axis=1))
    wanted = (alone.landmarks + (3700, 2700)) * 0.75
    eyes_apart = np.linalg.norm(wanted[1] - wanted[0])
    errors = [np.linalg.norm(face.landmarks - wanted, axis=1).mean() for face in faces]
    assert min(errors) < 0.08 * eyes_apart


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (1, 1),
        (4000, 3000),
        (4160, 4160),
        (1080, 20000),
        (12000, 9000),
        (100_000, 400),
        (9000, 9000),
    ],
)
def test_tiles_cover_a_photo_of_any_shape_with_what_they_share_and_a_bounded_area(width, height):
    overlap = 80
    found = tiles(width, height, overlap)
    for low, high, whole in ((0, 2, width), (1, 3, height)):
        spans = sorted({(tile[low], tile[high]) for tile in found})
        assert (spans[0][0], spans[-1][1]) == (0, whole)
        assert all(one[1] - two[0] >= overlap for one, two in pairwise(spans))
    sizes = {(right - left, bottom - top) for left, top, right, bottom in found}
    assert len(sizes) == 1
    assert all(w * h <= TILE_PIXELS for w, h in sizes)


def test_boxes_that_overlap_a_better_one_are_left_out_as_in_the_package():
    from mtcnn.utils.bboxes import smart_nms_from_bboxes

    rng = np.random.default_rng(1)
    corner, size = rng.uniform(0, 400, (3000, 2)), rng.uniform(12, 300, (3000, 1))
    boxes = np.column_stack([corner, corner + size, rng.uniform(0.6, 1, 3000)])
    numbered = np.column_stack([np.zeros(len(boxes)), boxes])
    for overlap, method in ((0.5, "union"), (0.7, "union"), (0.7, "min")):
        theirs = smart_nms_from_bboxes(numbered, overlap, method=method)[:, 1:]
        assert np.array_equal(distinct(boxes, overlap, method == "min"), theirs)
    assert len(unlike_earlier(boxes[:0], 0.5)) == 0


@pytest.mark.parametrize("shape", [(1, 1), (5, 400), (20, 20), (21, 30), (300, 300)])
def test_photo_without_a_face_has_none(shape):
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    blank = np.full((*shape, 3), 200, np.uint8)
    smooth = np.asarray(Image.fromarray(noise).resize((shape[1], shape[0]), Image.Resampling.BOX))
    for photo in (noise, blank, smooth):
        assert detect(photo) == []


class Hostile:
    """Unpickled, it leaves a trace."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        return Path.touch, (self.trace,)


def test_nothing_is_unpickled_not_even_from_the_folder_one_works_in(tmp_path, monkeypatch):
    import joblib
    from mtcnn import MTCNN

    trace = tmp_path / "trace"
    for name in ("pnet.lz4", "rnet.lz4", "onet.lz4"):
        joblib.dump(Hostile(trace), tmp_path / name)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TypeError):  # None are no weights.
        MTCNN()
    assert trace.exists()  # So it is with the package alone.
    trace.unlink()
    monkeypatch.setattr(joblib, "load", None)
    detector.cache_clear()
    assert len(detect(draw_portrait(200))) == 1
    assert not trace.exists()


def test_weights_are_the_packages_and_so_is_what_is_found_to_the_last_bit():
    from mtcnn import MTCNN

    package, ours = MTCNN(), load()
    for theirs, mine in zip(package.stages, ours.stages, strict=True):
        assert (theirs.name, theirs.id, type(theirs)) == (mine.name, mine.id, type(mine))
        for one, other in zip(theirs.model.get_weights(), mine.model.get_weights(), strict=True):
            assert one.dtype == other.dtype
            assert np.array_equal(one, other)
    group = draw_group(900, 400, 3)
    theirs, mine = (
        one.detect_faces(
            group.astype(np.float32), fit_to_image=False, box_format="xyxy", output_type="numpy"
        )
        for one in (package, ours)
    )
    assert theirs.shape == (3, 16)
    assert np.array_equal(theirs, mine)
    cascade, picture = detector(), normalised(group)
    (proposals,) = cascade.propose(picture, PROPOSED)
    assert np.array_equal(cascade.upright(picture, proposals), theirs[:, 1:])
    # Those that more are asked for besides are the same.
    assert np.array_equal(cascade.propose(picture, PROPOSED, 0.3)[0], proposals)


@pytest.mark.parametrize(("change", "error"), [("gone", WeightsMissing), ("cut", WeightsCorrupt)])
def test_weights_that_are_not_those_published_are_refused(tmp_path, monkeypatch, change, error):
    shutil.copytree(store.WEIGHTS_FOLDER, tmp_path, dirs_exist_ok=True)
    file = tmp_path / registry.DETECTOR.weights.name
    if change == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-4] + b"\1\2\3\4")
    # ``read`` has its default from before.
    monkeypatch.setattr(store.read, "__defaults__", (tmp_path,))
    detector.cache_clear()
    with pytest.raises(error) as refusal:
        detector()
    assert refusal.value.parameters == {"network": "mtcnn"}

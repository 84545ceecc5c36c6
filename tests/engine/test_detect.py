from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fawkes_host.engine.detect import detect, detector
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
    load.cache_clear()
    assert len(detect(draw_portrait(200))) == 1
    assert not trace.exists()


def test_weights_are_the_packages_and_so_is_what_is_found():
    from mtcnn import MTCNN

    package, ours = MTCNN(), detector()
    for theirs, mine in zip(package.stages, ours.stages, strict=True):
        assert (theirs.name, theirs.id, type(theirs)) == (mine.name, mine.id, type(mine))
        for one, other in zip(theirs.model.get_weights(), mine.model.get_weights(), strict=True):
            assert one.dtype == other.dtype
            assert np.array_equal(one, other)
    group = draw_group(900, 400, 3).astype(np.float32)
    found = [one.detect_faces(group, output_type="numpy") for one in (package, ours)]
    assert found[0].shape == (3, 16)
    assert np.array_equal(*found)


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
    load.cache_clear()
    with pytest.raises(error) as refusal:
        detector()
    assert refusal.value.parameters == {"network": "mtcnn"}

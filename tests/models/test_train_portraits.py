"""Portraits to train on: whose, where the face is in them, and that they are found once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import portraits
import views
from fawkes_models.registry import SURROGATES


def put(folder: Path, *people: str) -> None:
    for person in people:
        (folder / person).mkdir(parents=True)
        (folder / person / "1.jpg").touch()


def test_nobody_who_judges_is_trained_on(tmp_path: Path) -> None:
    put(tmp_path, "ada", "grace", "emmy")
    photos = portraits.list_photos_to_train_on([tmp_path], frozenset({"grace"}))
    assert [photo.parent.name for photo in photos] == ["ada", "emmy"]


def test_the_people_who_judge_are_named() -> None:
    judged = portraits.read_judged_people()
    assert len(judged) == 20
    assert "will_smith" in judged


@pytest.fixture(scope="module")
def astronaut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo of a face, upright."""
    from skimage import data

    path = tmp_path_factory.mktemp("people") / "eileen" / "1.png"
    path.parent.mkdir()
    Image.fromarray(data.astronaut()).save(path)
    return path


def test_a_portrait_shows_the_face_in_its_place(astronaut: Path, tmp_path: Path) -> None:
    faces = portraits.gather([astronaut], tmp_path / "portraits.npz")
    assert faces.pixels.shape == (1, portraits.PORTRAIT_PX, portraits.PORTRAIT_PX, 3)
    assert np.abs(faces.landmarks[0] - portraits.TEMPLATE).max() < 15


def test_portraits_are_found_once(
    astronaut: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "portraits.npz"
    first = portraits.gather([astronaut], kept)
    monkeypatch.setattr(portraits, "_find", lambda _: pytest.fail("looked for them again"))
    again = portraits.gather([astronaut], kept)
    np.testing.assert_array_equal(again.pixels, first.pixels)
    np.testing.assert_array_equal(again.landmarks, first.landmarks)


def test_other_photos_are_looked_at_anew(astronaut: Path, tmp_path: Path) -> None:
    kept = tmp_path / "portraits.npz"
    assert len(portraits.gather([astronaut], kept)) == 1
    assert len(portraits.gather([astronaut, astronaut], kept)) == 2


def test_photos_without_a_face_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wall = tmp_path / "wall.png"
    Image.new("RGB", (200, 200), "white").save(wall)
    with pytest.raises(ValueError, match="no face"):
        portraits.gather([wall], tmp_path / "portraits.npz")
    assert "wall.png" in capsys.readouterr().err


@pytest.mark.parametrize("name", SURROGATES)
def test_a_view_shows_the_face_where_the_network_wants_it(name: str) -> None:
    from fawkes_models import store

    network = store.load(name)
    nose = portraits.TEMPLATE[2].astype(int)
    pixels = np.full((1, portraits.PORTRAIT_PX, portraits.PORTRAIT_PX, 3), 60, np.uint8)
    pixels[0, nose[1] - 2 : nose[1] + 3, nose[0] - 2 : nose[0] + 3] = 255
    faces = portraits.Portraits(pixels, portraits.TEMPLATE[None])
    chips = views.draw(
        faces, [0] * 40, network.template, network.input_size, np.random.default_rng(1)
    )
    assert chips.shape == (40, network.input_size, network.input_size, 3)
    assert chips.min() >= 0
    assert chips.max() <= 255
    rows, columns = zip(
        *(np.unravel_index(chip.mean(-1).argmax(), chip.shape[:2]) for chip in chips),
        strict=True,
    )
    # Mirrored, turned and shifted, it is about the chip's middle line, at its own height.
    assert np.mean(columns) == pytest.approx(network.input_size / 2, abs=6)
    assert np.mean(rows) == pytest.approx(network.template[2, 1], abs=10)
    assert np.std(columns) > 1

"""Landmarks land on the template, whatever the size of the photo."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
import pytest
from PIL import Image

import alignment
from fawkes_host.evaluation.portrait import draw_portrait
from fawkes_models.networks.mobilefacenet import INPUT_SIZE, TEMPLATE

TEMPLATE_POINTS = np.array(TEMPLATE, np.float64)


def rotate_and_scale(points: np.ndarray, degrees: float, scale: float) -> np.ndarray:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return scale * points @ turn.T


def test_a_similarity_is_found_again() -> None:
    moved = rotate_and_scale(TEMPLATE_POINTS, 20, 3.5) + np.array([40, -7])
    matrix = alignment.fit_similarity(moved, TEMPLATE_POINTS)
    np.testing.assert_allclose(moved @ matrix[:, :2].T + matrix[:, 2], TEMPLATE_POINTS, atol=1e-9)


def test_a_reflection_is_never_fitted() -> None:
    mirrored = TEMPLATE_POINTS * [-1, 1]
    assert np.linalg.det(alignment.fit_similarity(mirrored, TEMPLATE_POINTS)[:, :2]) > 0


@pytest.mark.parametrize(("degrees", "scale"), [(0, 1.0), (15, 2.0), (-10, 5.3), (5, 0.7)])
def test_a_bright_dot_on_a_landmark_lands_on_the_template(degrees: float, scale: float) -> None:
    landmarks = rotate_and_scale(TEMPLATE_POINTS - 56, degrees, scale) + 400
    y, x = np.mgrid[0:800, 0:800]
    for landmark, wanted in zip(landmarks, TEMPLATE_POINTS, strict=True):
        squared = (x - landmark[0]) ** 2 + (y - landmark[1]) ** 2
        dot = 255 * np.exp(-squared / (2 * (1.5 * scale) ** 2))
        photo = Image.fromarray(dot.astype(np.uint8)).convert("RGB")
        chip = alignment.cut_chip(photo, landmarks, TEMPLATE_POINTS, INPUT_SIZE)[..., 0]
        chip_y, chip_x = np.mgrid[0:INPUT_SIZE, 0:INPUT_SIZE]
        found = [(chip * chip_x).sum() / chip.sum(), (chip * chip_y).sum() / chip.sum()]
        np.testing.assert_allclose(found, wanted, atol=0.1)


class Hostile:
    """Unpickled, it leaves a trace."""

    def __reduce__(self):
        return Path.touch, (Path("trace"),)


def test_nothing_is_unpickled_from_the_folder_one_works_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    joblib.dump(Hostile(), "pnet.lz4")
    Image.fromarray(draw_portrait(200)).save("portrait.png")
    ((path, photo, landmarks),) = alignment.find_faces([Path("portrait.png")])
    assert (path.name, photo.size, landmarks.shape) == ("portrait.png", (200, 200), (5, 2))
    assert not Path("trace").exists()

"""Finds the face of a portrait and cuts the chip that a network wants."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

LANDMARKS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png"}

_DETECTION_SIDE = 1000
"""Pixels.  MTCNN is both fastest and right when the long side is about this."""


def list_photos(folder: Path) -> list[Path]:
    """Every photo below ``folder``, sorted by path."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES)


def open_photo(path: Path) -> Image.Image:
    """The photo as displayed, RGB."""
    with Image.open(path) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


def find_landmarks(detector: Any, photo: Image.Image) -> NDArray[np.float64] | None:
    """Float64 [5, 2] (x, y) of the large face nearest the middle; None without a face.

    ``detector`` is an ``mtcnn.MTCNN`` with stock options: with ``min_face_size``
    of 40 or more, mtcnn 1.0 finds nothing at all.
    """
    shrink = min(1.0, _DETECTION_SIDE / max(photo.size))
    size = (round(photo.width * shrink), round(photo.height * shrink))
    faces = detector.detect_faces(np.asarray(photo.resize(size) if shrink < 1 else photo))
    if not faces:
        return None

    def prominence(face: dict[str, Any]) -> float:
        x, y, width, height = face["box"]
        off_x, off_y = x + width / 2 - size[0] / 2, y + height / 2 - size[1] / 2
        return float(width * height - 2 * (off_x**2 + off_y**2))

    points = max(faces, key=prominence)["keypoints"]
    return np.array([points[name] for name in LANDMARKS], np.float64) / shrink


def find_faces(
    paths: Iterable[Path],
) -> Iterator[tuple[Path, Image.Image, NDArray[np.float64]]]:
    """Those of the photos that show a face, opened, with its landmarks; others are named on
    stderr."""
    from fawkes_models import detector

    found = detector.load()
    for path in paths:
        photo = open_photo(path)
        landmarks = find_landmarks(found, photo)
        if landmarks is None:
            print(f"no face in {path}", file=sys.stderr)
        else:
            yield path, photo, landmarks


def fit_similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Float64 [2, 3]: the rotation, uniform scale and shift that take ``source`` [n, 2]
    nearest to ``target`` [n, 2] in least squares (Umeyama, 1991)."""
    source_mean, target_mean = source.mean(0), target.mean(0)
    # As complex numbers a similarity without reflection is target = a · source + b.
    p = (source - source_mean) @ np.array([1, 1j])
    q = (target - target_mean) @ np.array([1, 1j])
    a = np.vdot(p, q) / np.vdot(p, p).real
    linear = np.array([[a.real, -a.imag], [a.imag, a.real]])
    return np.column_stack([linear, target_mean - linear @ source_mean])


def cut_chip(
    photo: Image.Image,
    landmarks: NDArray[np.float64],
    template: NDArray[np.float32],
    size: int,
) -> NDArray[np.float32]:
    """Float32 [size, size, 3], RGB 0..255: the face with its landmarks on ``template``."""
    forward = fit_similarity(landmarks, template.astype(np.float64))
    scale = float(np.hypot(forward[0, 0], forward[1, 0]))
    # Pillow's affine transform samples without averaging, so a large face is
    # first reduced to at most twice the chip.
    reduction = max(1, int(0.5 / scale))
    if reduction > 1:
        photo = photo.reduce(reduction)
        # The centre of the first reduced pixel lies (reduction − 1) / 2 pixels in.
        forward[:, 2] += forward[:, :2] @ np.full(2, (reduction - 1) / 2)
        forward[:, :2] *= reduction
    inverse = np.linalg.inv(np.vstack([forward, [0, 0, 1]]))[:2]
    # Landmarks count from the centre of the first pixel, Pillow from its corner.
    inverse[:, 2] += 0.5 - inverse[:, :2] @ np.full(2, 0.5)
    chip = photo.transform(
        (size, size), Image.Transform.AFFINE, tuple(inverse.ravel()), Image.Resampling.BICUBIC
    )
    return np.asarray(chip, np.float32)

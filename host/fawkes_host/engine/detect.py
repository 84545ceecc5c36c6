"""Finds faces with MTCNN (Zhang et al., 2016), by the ``mtcnn`` package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fawkes_host.engine.weight_files import coded_errors

OVERVIEW_LONG_SIDE_PX = 1000
"""Photos are searched at this size first: right and fastest (0.2 s for 2.5 megapixels)."""

MTCNN_SMALLEST_FACE_PX = 20
"""MTCNN's stock smallest face.  Larger settings find nothing in mtcnn 1.0.0: scales under 12 px
raise, and the package swallows the error."""

SMALLEST_FACE_PX = 32
"""Faces from this size up, in the photo's own pixels, are looked for."""

CLOSE_LONG_SIDE_PX = 2600
"""The close look for small faces never works on more than this, which bounds its memory."""

BORDER_FRACTION = 0.25
"""Mirrored border for faces that fill or leave the picture, as a share of its long side."""

SAME_FACE_OVERLAP = 0.4
"""Two boxes whose intersection is this share of the smaller one are one face."""


@dataclass(frozen=True)
class Face:
    """One detected face, in the photo's pixels (x to the right, y down).

    ``box`` is (x, y, width, height) and may leave the photo; ``landmarks`` is float32 [5, 2]:
    left eye, right eye, nose, left and right corner of the mouth, as the viewer sees them.
    """

    box: tuple[float, float, float, float]
    landmarks: NDArray[np.float32]
    confidence: float

    def box_inside(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return whole pixels of the box (x, y, width, height), cut at the photo's border."""
        x, y, w, h = self.box
        left, top = max(round(x), 0), max(round(y), 0)
        right, bottom = min(round(x + w), width), min(round(y + h), height)
        return left, top, max(right - left, 0), max(bottom - top, 0)


def detector() -> Any:
    """Return the package's ``MTCNN``.  Raises ``WeightsMissing``, ``WeightsCorrupt``."""
    from fawkes_models import detector

    with coded_errors():
        return detector.load()


def detect(pixels: NDArray[np.uint8]) -> list[Face]:
    """Return the faces of a photo, largest first.

    ``pixels`` is uint8 [h, w, 3] RGB.  A photo without faces gives an empty list.
    """
    height, width = pixels.shape[:2]
    long_side = max(height, width)
    faces = _search(pixels, min(1.0, OVERVIEW_LONG_SIDE_PX / long_side))
    close = min(1.0, MTCNN_SMALLEST_FACE_PX / SMALLEST_FACE_PX, CLOSE_LONG_SIDE_PX / long_side)
    if close * long_side > OVERVIEW_LONG_SIDE_PX:
        faces = _merge(faces, _search(pixels, close))
    if not faces:
        faces = _search_with_border(pixels)
    if not faces and long_side > OVERVIEW_LONG_SIDE_PX:
        faces = _search(pixels, min(1.0, CLOSE_LONG_SIDE_PX / long_side))
    middles = [face.landmarks.mean(axis=0) for face in faces]
    # MTCNN may guess a face beyond the border; of such a one there is nothing to cloak.
    faces = [
        face
        for face, (x, y) in zip(faces, middles, strict=True)
        if 0 <= x < width and 0 <= y < height
    ]
    return sorted(faces, key=lambda face: -face.box[2] * face.box[3])


def _search(pixels: NDArray[np.uint8], scale: float) -> list[Face]:
    """Ask MTCNN about the photo shrunk by ``scale``."""
    if scale < 1.0:
        height, width = pixels.shape[:2]
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))
        factor = np.array([width / size[0], height / size[1]])
    else:
        small = pixels
        factor = np.ones(2)
    if min(small.shape[:2]) <= MTCNN_SMALLEST_FACE_PX:
        return []
    rows = detector().detect_faces(
        small.astype(np.float32), fit_to_image=False, box_format="xyxy", output_type="numpy"
    )
    faces = []
    for row in np.asarray(rows, np.float64).reshape(-1, 16):
        x1, y1, x2, y2 = row[1:5] * np.tile(factor, 2)
        landmarks = np.stack([row[6:11], row[11:16]], axis=1) * factor
        if x2 - x1 < 1 or y2 - y1 < 1 or not np.isfinite(landmarks).all():
            continue
        faces.append(Face((x1, y1, x2 - x1, y2 - y1), landmarks.astype(np.float32), float(row[5])))
    return faces


def _search_with_border(pixels: NDArray[np.uint8]) -> list[Face]:
    """Search again with a mirrored border, for faces that the edge cuts or that fill the photo."""
    height, width = pixels.shape[:2]
    scale = min(1.0, OVERVIEW_LONG_SIDE_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))
    border = min(round(max(size) * BORDER_FRACTION), min(size) - 1)
    if border < 1:
        return []
    padded = np.pad(small, ((border, border), (border, border), (0, 0)), mode="reflect")
    factor = np.array([width / size[0], height / size[1]])
    faces = []
    for face in _search(padded, 1.0):
        x, y, w, h = face.box
        landmarks = ((face.landmarks - border) * factor).astype(np.float32)
        inside = ((landmarks >= 0) & (landmarks < (width, height))).all(axis=1)
        # A mirror image of a face is no face: most of its landmarks must lie in the photo.
        if inside.sum() >= 3:
            box = ((x - border) * factor[0], (y - border) * factor[1], w * factor[0], h * factor[1])
            faces.append(Face(box, landmarks, face.confidence))
    return faces


def _merge(coarse: list[Face], fine: list[Face]) -> list[Face]:
    """Add to ``coarse`` the faces of ``fine`` that it does not hold yet."""
    return coarse + [f for f in fine if all(_overlap(f, c) < SAME_FACE_OVERLAP for c in coarse)]


def _overlap(a: Face, b: Face) -> float:
    """Return the intersection over the smaller box."""
    ax, ay, aw, ah = a.box
    bx, by, bw, bh = b.box
    w = min(ax + aw, bx + bw) - max(ax, bx)
    h = min(ay + ah, by + bh) - max(ay, by)
    return max(w, 0.0) * max(h, 0.0) / min(aw * ah, bw * bh)

"""Finds faces with MTCNN (Zhang et al., 2016), upright and turned, in photos of any shape."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fawkes_host.engine.boxes import distinct, squares
from fawkes_host.engine.cascade import (
    PROPOSED,
    Cascade,
    normalised,
    roll,
)
from fawkes_host.engine.weight_files import coded_errors

OVERVIEW_LONG_SIDE_PX = 1000
"""Photos are searched at this size first: right and fastest (0.2 s for 2.5 megapixels)."""

MTCNN_SMALLEST_FACE_PX = 20
"""MTCNN's stock smallest face."""

SMALLEST_FACE_PX = 32
"""Faces from this size up, in the photo's own pixels, are looked for."""

CLOSE_LONG_SIDE_PX = 2600
"""Where nothing was found, the photo is looked at once more in up to this size."""

TILE_PIXELS = 4160 * 4160
"""The close look sees so much of a photo at a time, which bounds its memory whatever the photo's
shape."""

TILE_OVERLAP = 2.0
"""Tiles overlap by so many times the smallest face that the overview finds."""

TURNED_PROPOSED = 0.3
"""In the overview squares from this score on are looked at in every turn: the first network scores
lying faces lower than upright ones."""

MOST_TURNED = 300
"""In each look the best so many squares are looked at in every turn: noise and foliage have
thousands, and eight looks at each would take minutes."""

LIES_FROM = math.radians(35.0)
"""MTCNN finds many a face that is turned by more, with landmarks that are those of none."""

TURNED_FOUND = 0.99
"""A face in another turn is one from this score on: eight looks at each square find eight times as
much that is none.  Turned portraits mostly have more, grass, gravel and cats up to .985."""

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
    turned: bool = False
    """Whether it was found in another turn, or in all turns alone."""
    instead: Face | None = None
    """Of a turned one, what MTCNN took for upright in its place."""

    def moved(self, shift: NDArray[np.float64], factor: NDArray[np.float64]) -> Face:
        """Return it shifted by (x, y), and then scaled by (x, y)."""
        x, y, w, h = self.box
        box = (
            (x + float(shift[0])) * float(factor[0]),
            (y + float(shift[1])) * float(factor[1]),
            w * float(factor[0]),
            h * float(factor[1]),
        )
        landmarks = ((self.landmarks + shift) * factor).astype(np.float32)
        return replace(self, box=box, landmarks=landmarks)

    def middle_inside(self, width: int, height: int) -> bool:
        """Tell whether the middle of its landmarks lies in a photo."""
        x, y = self.landmarks.mean(axis=0)
        return bool(0 <= x < width and 0 <= y < height)

    def box_inside(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return whole pixels of the box (x, y, width, height), cut at the photo's border."""
        x, y, w, h = self.box
        left, top = max(round(x), 0), max(round(y), 0)
        right, bottom = min(round(x + w), width), min(round(y + h), height)
        return left, top, max(right - left, 0), max(bottom - top, 0)


@lru_cache(maxsize=1)
def detector() -> Cascade:
    """Return MTCNN with weights whose checksum is known, made once a process.

    The package's own constructor unpickles a file of its package, or one of the same name that
    lies in the working folder: a pickle may run anything.  Raises ``WeightsMissing``,
    ``WeightsCorrupt``.
    """
    from fawkes_models import registry, store

    with coded_errors():
        return Cascade(store.read(registry.DETECTOR.weights))


def detect(pixels: NDArray[np.uint8]) -> list[Face]:
    """Return the faces of a photo, largest first.

    ``pixels`` is uint8 [h, w, 3] RGB.  A photo without faces gives an empty list.
    """
    return look(pixels)[0]


def look(pixels: NDArray[np.uint8]) -> tuple[list[Face], list[Face]]:
    """Return the faces of a photo, and what may be faces, each largest first.

    ``pixels`` is uint8 [h, w, 3] RGB.
    """
    height, width = pixels.shape[:2]
    long_side = max(height, width)
    overview = min(1.0, OVERVIEW_LONG_SIDE_PX / long_side)
    smallest = MTCNN_SMALLEST_FACE_PX / overview
    whole = _search(pixels, overview, TURNED_PROPOSED)
    # Of what is smaller MTCNN finds some, with landmarks that the close look tells far better.
    tiny = whole.filtered(lambda face: face.box[2] < smallest)
    sights = [whole.filtered(lambda face: face.box[2] >= smallest)]
    close = min(1.0, MTCNN_SMALLEST_FACE_PX / SMALLEST_FACE_PX)
    if close * long_side > OVERVIEW_LONG_SIDE_PX:
        overlap = TILE_OVERLAP * smallest
        sights += [
            _search_tile(pixels, tile, close, overlap) for tile in tiles(width, height, overlap)
        ]
    sights.append(tiny)
    if not any(sight.upright for sight in sights):
        sights.append(_search_with_border(pixels))
    full = min(1.0, CLOSE_LONG_SIDE_PX / long_side)
    if full > max(overview, close) and not any(sight.upright for sight in sights):
        sights.append(_search(pixels, full, PROPOSED))
    upright = _merge([face for sight in sights for face in sight.upright])
    turned = _merge([face for sight in sights for face in sight.turned])
    faces, candidates = _both(upright, turned)
    # MTCNN may guess a face beyond the border; of such a one there is nothing to cloak.
    faces, candidates = (
        sorted(
            (face for face in found if face.middle_inside(width, height)),
            key=lambda face: -face.box[2] * face.box[3],
        )
        for found in (faces, candidates)
    )
    return faces, candidates


def tiles(width: int, height: int, overlap: float) -> list[tuple[int, int, int, int]]:
    """Return parts (left, top, right, bottom) that cover a photo, each of at most
    ``TILE_PIXELS`` and all of one size, next to each other with at least ``overlap`` in common."""
    if width * height <= TILE_PIXELS:
        return [(0, 0, width, height)]
    edge = math.isqrt(TILE_PIXELS)
    tile_width = min(width, max(edge, TILE_PIXELS // height))
    tile_height = min(height, TILE_PIXELS // tile_width)
    return [
        (left, top, left + tile_width, top + tile_height)
        for top in _starts(height, tile_height, overlap)
        for left in _starts(width, tile_width, overlap)
    ]


def _starts(whole: int, part: int, overlap: float) -> list[int]:
    """Return where parts begin that cover a side."""
    if part >= whole:
        return [0]
    overlap = min(overlap, part / 2)
    count = math.ceil((whole - overlap) / (part - overlap))
    return [round(number * (whole - part) / (count - 1)) for number in range(count)]


@dataclass(frozen=True)
class _Sight:
    """What one look found, in the photo's pixels."""

    upright: list[Face]
    turned: list[Face]

    def filtered(self, keep: Callable[[Face], bool]) -> _Sight:
        return _Sight([*filter(keep, self.upright)], [*filter(keep, self.turned)])

    def moved(self, shift: NDArray[np.float64], factor: NDArray[np.float64]) -> _Sight:
        return _Sight(
            [face.moved(shift, factor) for face in self.upright],
            [face.moved(shift, factor) for face in self.turned],
        )


def _search(
    pixels: NDArray[np.uint8], scale: float, turned_proposed: float, largest: float = np.inf
) -> _Sight:
    """Look at the photo shrunk by ``scale``.

    Of its squares those whose score is over ``turned_proposed``, and which are not ``largest`` in
    the photo, are looked at in every turn.
    """
    if scale < 1.0:
        height, width = pixels.shape[:2]
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))
        factor = np.array([width / size[0], height / size[1]])
    else:
        small = pixels
        factor = np.ones(2)
    if min(small.shape[:2]) <= MTCNN_SMALLEST_FACE_PX:
        return _Sight([], [])
    cascade, picture = detector(), normalised(small)
    proposals, more = cascade.propose(picture, PROPOSED, turned_proposed)
    upright = cascade.upright(picture, proposals)
    more = distinct(more[(more[:, 2] - more[:, 0]) < largest / factor[0]], 0.5)
    middles = (more[:, :2] + more[:, 2:4]) / 2
    known = np.zeros(len(more), bool)
    for left, top, right, bottom in upright[:, :4]:
        known |= ((middles > (left, top)) & (middles < (right, bottom))).all(axis=1)
    # Whether a face that was taken for upright lies is asked once.
    more = np.concatenate([squares(upright)[:, :5], more[~known][:MOST_TURNED]])
    return _Sight(_faces(upright, factor), _faces(cascade.turned(picture, more), factor))


def _faces(rows: NDArray[np.float64], factor: NDArray[np.float64]) -> list[Face]:
    faces = []
    for row in rows:
        x1, y1, x2, y2 = row[:4] * np.tile(factor, 2)
        landmarks = np.stack([row[5:10], row[10:15]], axis=1) * factor
        if x2 - x1 < 1 or y2 - y1 < 1 or not np.isfinite(landmarks).all():
            continue
        faces.append(Face((x1, y1, x2 - x1, y2 - y1), landmarks.astype(np.float32), float(row[4])))
    return faces


def _search_tile(
    pixels: NDArray[np.uint8], tile: tuple[int, int, int, int], scale: float, largest: float
) -> _Sight:
    """Look at one tile of the photo."""
    left, top, right, bottom = tile
    height, width = pixels.shape[:2]
    part = pixels[top:bottom, left:right]
    found = _search(part, scale, PROPOSED, largest).moved(np.array([left, top]), np.ones(2))

    def whole(face: Face) -> bool:
        x, y, w, h = face.box
        return (
            (x >= left or left == 0)
            and (y >= top or top == 0)
            and (x + w <= right or right == width)
            and (y + h <= bottom or bottom == height)
        )

    # What the tile cuts, its neighbour shows whole, or the overview.
    return found.filtered(whole)


def _search_with_border(pixels: NDArray[np.uint8]) -> _Sight:
    """Search again with a mirrored border, for faces that the edge cuts or that fill the photo."""
    height, width = pixels.shape[:2]
    scale = min(1.0, OVERVIEW_LONG_SIDE_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))
    border = min(round(max(size) * BORDER_FRACTION), min(size) - 1)
    if border < 1:
        return _Sight([], [])
    padded = np.pad(small, ((border, border), (border, border), (0, 0)), mode="reflect")
    factor = np.array([width / size[0], height / size[1]])

    def inside(face: Face) -> bool:
        # A mirror image of a face is no face: most of its landmarks must lie in the photo.
        return (
            int(((face.landmarks >= 0) & (face.landmarks < (width, height))).all(axis=1).sum()) >= 3
        )

    return _search(padded, 1.0, TURNED_PROPOSED).moved(np.full(2, -border), factor).filtered(inside)


def _both(upright: list[Face], turned: list[Face]) -> tuple[list[Face], list[Face]]:
    """Return the faces among upright and turned ones, and what else may be faces.

    Of those in one place the upright one is it, but where it lies and MTCNN took it for upright.
    """
    faces, candidates = list(upright), []
    for face in turned:
        same = [other for other in faces if _overlap(face, other) >= SAME_FACE_OVERLAP]
        lies = abs(roll(face.landmarks)) > LIES_FROM
        needed = min([TURNED_FOUND, *(other.confidence for other in same)])
        if face.confidence > needed and (lies or not same):
            faces = [other for other in faces if other not in same]
            faces.append(replace(face, turned=True, instead=same[0] if same else None))
        elif not same:
            candidates.append(face)
    return faces, candidates


def _merge(found: list[Face]) -> list[Face]:
    """Return each face once, as it was found first."""
    faces: list[Face] = []
    for face in found:
        if all(_overlap(face, other) < SAME_FACE_OVERLAP for other in faces):
            faces.append(face)
    return faces


def _overlap(a: Face, b: Face) -> float:
    """Return the intersection over the smaller box."""
    ax, ay, aw, ah = a.box
    bx, by, bw, bh = b.box
    w = min(ax + aw, bx + bw) - max(ax, bx)
    h = min(ay + ah, by + bh) - max(ay, by)
    return max(w, 0.0) * max(h, 0.0) / min(aw * ah, bw * bh)

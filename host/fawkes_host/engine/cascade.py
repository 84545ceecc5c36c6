"""MTCNN's three networks in a row (Zhang et al., 2016), with the weights of the ``mtcnn`` package.

Upright faces come out to the last bit as from the package's own stages, which take twice as long
or more: they run layer by layer, and compare each candidate with all others.  Turned faces those do
not know: here the first network proposes squares, and the other two look at each in eight turns.

A picture is float32 [h, w, 3] in -1..1, from ``normalised``; boxes are those of ``boxes``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine import align
from fawkes_host.engine.boxes import adjusted, best_first, distinct, squares, unlike_earlier
from fawkes_host.engine.detector_networks import (
    Layers,
    graph,
    in_parts,
    output_network,
    proposal_network,
    refinement_network,
)
from fawkes_host.engine.turned_squares import TurnedSquares, patches

SMALLEST_FACE_PX = 20
"""MTCNN's stock smallest face, in the pixels of the picture that is searched."""

CELL_PX = 12
STRIDE_PX = 2
"""What the first network looks at, and with which stride."""

SCALE_FACTOR = 0.709
"""Between two sizes of the picture that the first network sees: half the area."""

PROPOSED, REFINED, FOUND = 0.6, 0.7, 0.8
"""MTCNN's stock thresholds on the scores of its three networks."""

TURNS = np.radians(np.arange(0.0, 360.0, 45.0))
"""The networks know a face that is turned by up to 30°; so one of these is near enough."""

_REFINED_PX, _OUTPUT_PX = 24, 48
"""What the second and the third network see of a square."""

_UPRIGHT = np.array([(-0.9, -0.9), (0.9, -0.9), (0.0, 0.0), (-0.75, 1.0), (0.75, 1.0)])
"""Landmarks of an upright face, of any size: only their turn is asked for."""

_NOTHING = np.empty((0, 15))


def normalised(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return pixels uint8 [h, w, 3] RGB as the networks take them."""
    return (pixels.astype(np.float32) - np.float32(127.5)) / np.float32(128)


def roll(landmarks: NDArray[np.floating]) -> float:
    """Return by how many radians a face with landmarks [5, 2] lies clockwise, -π to π."""
    linear = align.similarity(_UPRIGHT, landmarks)
    return float(np.arctan2(linear[1, 0], linear[0, 0]))


class Cascade:
    """The three networks.  The faces that they find are boxes [n, 15]: after the score come x of
    the five landmarks and then y."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        """``weights`` are named ``network/layer/variable``, as in the package."""
        proposing, refining, output = (Layers(weights, name) for name in ("pnet", "rnet", "onet"))
        self._propose = graph(proposal_network, proposing)
        self._refine = in_parts(partial(refinement_network, layers=refining))
        self._finish = in_parts(partial(output_network, layers=output))
        # As graphs these two are faster, and another in the last bit.
        self._refine_turned = in_parts(graph(refinement_network, refining))
        self._finish_turned = in_parts(graph(output_network, output))

    def propose(
        self, picture: NDArray[np.float32], *thresholds: float
    ) -> list[NDArray[np.float64]]:
        """Return for each threshold the squares [k, 5] with a higher score that may show a
        face."""
        import tensorflow as tf

        found: list[tuple[float, NDArray[np.float64]]] = []
        for scale in scales(*picture.shape[:2]):
            size = np.asarray(picture.shape[:2]) * scale
            if min(size) < CELL_PX:
                continue
            small = tf.image.resize(picture[None], size, method=tf.image.ResizeMethod.AREA)
            shifts, scores = (out.numpy()[0] for out in self._propose(small))
            rows, columns = np.where(scores[..., 1] > min(thresholds))
            corner = np.stack([columns, rows], axis=1) * STRIDE_PX
            first, last = corner + 1, corner + CELL_PX
            shift, edge = shifts[rows, columns], last - first
            boxes = [first + shift[:, :2] * edge, last + shift[:, 2:] * edge]
            found.append((scale, np.column_stack([*boxes, scores[rows, columns, 1]])))
        return [_proposals(found, threshold) for threshold in thresholds]

    def upright(
        self, picture: NDArray[np.float32], proposals: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the upright faces among proposals [k, 5]."""
        if not len(proposals):
            return _NOTHING
        shifts, scores = self._refine(patches(picture, proposals, _REFINED_PX))
        boxes = adjusted(proposals, shifts, scores)
        boxes = squares(distinct(boxes[boxes[:, 4] > REFINED], 0.7))
        if not len(boxes):
            return _NOTHING
        shifts, places, scores = self._finish(patches(picture, boxes, _OUTPUT_PX))
        edges = boxes[:, 2:4] - boxes[:, :2] + 1
        places[:, :5] = edges[:, :1] * places[:, :5] + boxes[:, :1] - 1
        places[:, 5:] = edges[:, 1:] * places[:, 5:] + boxes[:, 1:2] - 1
        found = np.column_stack([adjusted(boxes, shifts, scores), places])
        return distinct(found[found[:, 4] > FOUND], 0.7, of_smaller=True)

    def turned(
        self, picture: NDArray[np.float32], proposals: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the faces among proposals [k, 5] however they lie.

        Each is looked at once more as its own landmarks turn it upright: that gives its score and
        better landmarks.  Its box is an upright square.
        """
        views = TurnedSquares.of(proposals, TURNS)
        if not len(views):
            return _NOTHING
        shifts, scores = self._refine_turned(views.patches(picture, _REFINED_PX))
        views = views.moved(shifts)[scores[:, 1] > REFINED]
        if not len(views):
            return _NOTHING
        _, places, scores = self._finish_turned(views.patches(picture, _OUTPUT_PX))
        numbered = np.column_stack([views.boxes(scores[:, 1]), np.arange(len(views))])
        likely = numbered[scores[:, 1] > FOUND]
        chosen = distinct(likely, 0.4, of_smaller=True)[:, 5].astype(int)
        if not len(chosen):
            return _NOTHING
        views = views[chosen].at([roll(points) for points in views.landmarks(places)[chosen]])
        shifts, places, scores = self._finish_turned(views.patches(picture, _OUTPUT_PX))
        landmarks = views.landmarks(places).transpose(0, 2, 1).reshape(-1, 10)
        found = np.column_stack([views.moved(shifts).boxes(scores[:, 1]), landmarks])
        return distinct(found[found[:, 4] > FOUND], 0.4, of_smaller=True)


def scales(height: int, width: int) -> NDArray[np.float64]:
    """Return the sizes at which the first network sees a picture, as shares of its own: from one
    where MTCNN's smallest face fills its window to one where nearly the whole picture does."""
    smaller = min(height, width)
    count = round(-(np.log(smaller / CELL_PX) / np.log(SCALE_FACTOR) + 1))
    first = CELL_PX / SMALLEST_FACE_PX
    sizes: NDArray[np.float64] = first * SCALE_FACTOR ** np.arange(max(count, 0))
    return sizes


def _proposals(
    found: list[tuple[float, NDArray[np.float64]]], threshold: float
) -> NDArray[np.float64]:
    """Return the distinct ones of the boxes [k, 5] that were found at each scale."""
    kept = [np.empty((0, 5))]
    for scale, at_scale in found:
        boxes = best_first(at_scale[at_scale[:, 4] > np.float32(threshold)])
        boxes[:, :4] /= scale
        kept.append(boxes[unlike_earlier(boxes, 0.5)])
    return squares(distinct(np.concatenate(kept), 0.7))

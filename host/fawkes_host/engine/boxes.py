"""Boxes of faces that a detector may have found, as it chooses among them.

A box is a float64 row that begins with left, top, right, bottom and score.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK = 256
"""So many boxes are compared with others at a time: of noise there are ten thousand, and a table of
each against each would take gigabytes."""


def squares(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return boxes as squares around their middles, as wide as each is long."""
    boxes = boxes.copy()
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    edge = np.maximum(width, height)
    boxes[:, 0] = boxes[:, 0] + width * 0.5 - edge * 0.5
    boxes[:, 1] = boxes[:, 1] + height * 0.5 - edge * 0.5
    boxes[:, 2:4] = boxes[:, :2] + edge[:, None]
    return boxes


def best_first(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return boxes by their scores."""
    return boxes[np.argsort(boxes[:, 4])[::-1]]


def distinct(
    boxes: NDArray[np.float64], overlap: float, of_smaller: bool = False
) -> NDArray[np.float64]:
    """Return those boxes that no better one overlaps by more than a share of their union, or of
    the smaller one; best first."""
    boxes = best_first(boxes)
    return boxes[unlike_earlier(boxes, overlap, of_smaller)]


def unlike_earlier(
    boxes: NDArray[np.float64], overlap: float, of_smaller: bool = False
) -> NDArray[np.int64]:
    """Return the numbers of the boxes that none before them overlaps by more than ``overlap``.

    One that is left out for an earlier one still counts against later ones, as in the ``mtcnn``
    package.
    """
    count = len(boxes)
    left, top, right, bottom = boxes[:, :4].T
    area = (right - left) * (bottom - top)
    # Boxes of about one size, from the top down: those of a block are near each other.
    order = np.lexsort((top, np.floor(np.log2(np.maximum(bottom - top, 1e-3)))))
    keep = np.ones(count, bool)
    for start in range(0, count, _BLOCK):
        block = order[start : start + _BLOCK]
        near = np.flatnonzero(
            (right > left[block].min())
            & (left < right[block].max())
            & (bottom > top[block].min())
            & (top < bottom[block].max())
            & (np.arange(count) < block.max())
        )
        width = np.minimum(right[block, None], right[near])
        width -= np.maximum(left[block, None], left[near])
        height = np.minimum(bottom[block, None], bottom[near])
        height -= np.maximum(top[block, None], top[near])
        shared = np.maximum(0, height) * np.maximum(0, width)
        if of_smaller:
            whole = np.minimum(area[block, None], area[near])
        else:
            whole = area[block, None] + area[near] - shared
        alike = (shared / whole > overlap) & (near < block[:, None])
        keep[block] = ~alike.any(axis=1)
    return np.flatnonzero(keep)


def adjusted(
    boxes: NDArray[np.float64], shifts: NDArray[np.float32], scores: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return boxes [k, 5] with their corners moved by shares [k, 4] of their edges, and with the
    second of new scores [k, 2]."""
    boxes = boxes.copy()
    edges = np.tile(boxes[:, 2:4] - boxes[:, :2] + 1, 2)
    # In single precision, as the package does it.
    boxes[:, :4] = boxes[:, :4].astype(np.float32) + shifts * edges.astype(np.float32)
    boxes[:, 4] = scores[:, 1]
    return boxes

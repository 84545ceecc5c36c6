"""Squares in a picture that are turned: what they show upright, and where that lies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from fawkes_host.tensors import Tensor

_AROUND = 1.5
"""A turned square is cut from an upright one so many times as wide; an eighth needs 1.42."""


def patches(picture: NDArray[np.float32], boxes: NDArray[np.float64], edge: int) -> Tensor:
    """Return what a picture float32 [h, w, 3] shows in boxes [k, 4 or more], float32
    [k, edge, edge, 3]; black beyond it."""
    import tensorflow as tf

    height, width = picture.shape[:2]
    shares = boxes[:, [1, 0, 3, 2]] / np.asarray([[height, width, height, width]])
    pictures = np.zeros(len(boxes), int)
    return tf.image.crop_and_resize(picture[None], shares, pictures, (edge, edge))


@dataclass(frozen=True, eq=False)
class TurnedSquares:
    """Squares: ``middles`` [k, 2] and ``edges`` [k] in pixels, ``angles`` [k] in radians by which
    what they show upright lies clockwise in the picture."""

    middles: NDArray[np.float64]
    edges: NDArray[np.float64]
    angles: NDArray[np.float64]

    @classmethod
    def of(cls, boxes: NDArray[np.float64], turns: NDArray[np.float64]) -> TurnedSquares:
        """Return each of square boxes [k, 4 or more] in every turn."""
        return cls(
            np.repeat(boxes[:, :2] + boxes[:, 2:4], len(turns), axis=0) / 2,
            np.repeat(boxes[:, 2] - boxes[:, 0], len(turns)),
            np.tile(turns, len(boxes)),
        )

    def __len__(self) -> int:
        return len(self.edges)

    def __getitem__(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> TurnedSquares:
        return TurnedSquares(self.middles[chosen], self.edges[chosen], self.angles[chosen])

    def at(self, angles: ArrayLike) -> TurnedSquares:
        """Return them in other turns [k]."""
        return replace(self, angles=np.asarray(angles, np.float64))

    def moved(self, shifts: NDArray[np.float32]) -> TurnedSquares:
        """Return them with their corners moved by shares [k, 4] of their edges, square again."""
        low, high = shifts[:, :2] - 0.5, shifts[:, 2:] + 0.5
        middles = self._in_picture((low + high)[:, None] / 2)[:, 0]
        return TurnedSquares(middles, self.edges * (high - low).max(axis=1), self.angles)

    def landmarks(self, places: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return where places [k, 10] lie in the picture, [k, 5, 2]: shares of the squares, five x
        and then five y."""
        return self._in_picture(np.stack([places[:, :5], places[:, 5:]], axis=2) - 0.5)

    def boxes(self, scores: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return them as upright boxes [k, 5] around the same middles, with scores [k]."""
        half = self.edges[:, None] / 2
        return np.column_stack([self.middles - half, self.middles + half, scores])

    def patches(self, picture: NDArray[np.float32], edge: int) -> Tensor:
        """Return what they show of a picture float32 [h, w, 3], upright: float32
        [k, edge, edge, 3]."""
        import tensorflow as tf

        half = self.edges[:, None] * _AROUND / 2
        wide = round(edge * _AROUND)
        around = patches(picture, np.column_stack([self.middles - half, self.middles + half]), wide)
        # From a place in the patch to that in the wider one; corners are pixel centres.
        zoom = (wide - 1) / (_AROUND * (edge - 1))
        cosine, sine = zoom * np.cos(self.angles), zoom * np.sin(self.angles)
        inner, outer = (edge - 1) / 2, (wide - 1) / 2
        x = [cosine, -sine, outer - inner * (cosine - sine)]
        y = [sine, cosine, outer - inner * (sine + cosine)]
        none = np.zeros(len(self))
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=around,
            transforms=np.column_stack([*x, *y, none, none]).astype(np.float32),
            output_shape=(edge, edge),
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode="NEAREST",
        )

    def _in_picture(self, shares: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return where places [k, n, 2] lie, given as shares of the edges from the middles."""
        cosine, sine = np.cos(self.angles)[:, None], np.sin(self.angles)[:, None]
        x, y = shares[..., 0], shares[..., 1]
        turned = np.stack([cosine * x - sine * y, sine * x + cosine * y], axis=2)
        return self.middles[:, None] + turned * self.edges[:, None, None]

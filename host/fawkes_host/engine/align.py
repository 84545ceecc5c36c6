"""Where a face lies: five-point similarities, and the canvas in which its cloak is made.

A *transform* is float64 [2, 3] and maps (x, y, 1) to (x, y); pixel centres have whole coordinates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

Transform = NDArray[np.float64]

CROP_MARGIN = 0.9
"""The face crop is the landmarks' bounding box, grown on each side by this share of its longer
edge.  The cloak lives there, and visibility is measured there."""

FEATHER = 0.06
"""Width of the soft border of a cloak, as a share of its edge."""

CANVAS_PX = 256
"""Edge of the square canvas in which a cloak is optimised.  Networks see 112 to 224 px of it;
smaller faces keep their own pixels, larger ones are shrunk to it."""


def similarity(source: ArrayLike, target: ArrayLike) -> Transform:
    """Return the least-squares rotation, scale and shift between points (Umeyama, 1991).

    Both are [k, 2] with k >= 2.  Raises ``ValueError`` where the points coincide.
    """
    source = np.asarray(source, np.float64)
    target = np.asarray(target, np.float64)
    mean_s, mean_t = source.mean(axis=0), target.mean(axis=0)
    # As complex numbers a similarity is one factor: t = a·s + b.
    s = (source - mean_s) @ (1, 1j)
    t = (target - mean_t) @ (1, 1j)
    spread = np.vdot(s, s).real
    if spread < 1e-9:
        raise ValueError("points coincide")
    a = np.vdot(s, t) / spread
    linear = np.array([[a.real, -a.imag], [a.imag, a.real]])
    return np.column_stack([linear, mean_t - linear @ mean_s])


def compose(second: Transform, first: Transform) -> Transform:
    """Return the transform that does ``first``, then ``second``."""
    return np.column_stack(
        [second[:, :2] @ first[:, :2], second[:, :2] @ first[:, 2] + second[:, 2]]
    )


def invert(transform: Transform) -> Transform:
    """Return the inverse of a transform."""
    linear = np.linalg.inv(transform[:, :2])
    return np.column_stack([linear, -linear @ transform[:, 2]])


def apply(transform: Transform, points: ArrayLike) -> NDArray[np.float64]:
    """Map points [k, 2]."""
    return np.asarray(points, np.float64) @ transform[:, :2].T + transform[:, 2]


def resample(
    pixels: NDArray[np.uint8], to_photo: Transform, width: int, height: int
) -> NDArray[np.uint8]:
    """Return uint8 [height, width, 3]: what a photo uint8 [h, w, 3] shows at the places to which
    ``to_photo`` takes those of the result; black beyond it.  Bilinear, averaged where it shrinks.
    """
    scale = float(np.hypot(*to_photo[:, 0]))
    image = Image.fromarray(pixels)
    if scale > 2:
        # Bilinear sampling alone would skip pixels of a large face.
        image = image.reduce(int(scale))
        to_photo = to_photo / int(scale)
    # Pillow places pixel centres at halves.
    a, b, c, d, e, f = to_photo.ravel()
    half = 0.5
    coefficients = (a, b, c + half - half * (a + b), d, e, f + half - half * (d + e))
    shown = image.transform(
        (width, height), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR
    )
    return np.asarray(shown)


@dataclass(frozen=True)
class FaceCrop:
    """The part of a photo that shows one face, in the photo's pixels (right, bottom exclusive)."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of the crop in an array [h, w, …]."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def face_crop(landmarks: ArrayLike, photo_width: int, photo_height: int) -> FaceCrop:
    """Return the face crop of landmarks [5, 2], cut at the photo's border."""
    landmarks = np.asarray(landmarks, np.float64)
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    margin = CROP_MARGIN * (high - low).max()
    left, top = np.floor(low - margin).astype(int)
    right, bottom = np.ceil(high + margin).astype(int) + 1
    return FaceCrop(
        max(int(left), 0),
        max(int(top), 0),
        min(int(right), photo_width),
        min(int(bottom), photo_height),
    )


@dataclass(frozen=True)
class Frame:
    """Where a square canvas of ``CANVAS_PX`` lies on a photo.

    ``left`` and ``top`` are its corner in the photo (pixel edges, not centres), ``scale`` the
    photo's pixels per canvas pixel, never under 1: small faces keep their own pixels.
    """

    left: float
    top: float
    scale: float
    crop: FaceCrop
    landmarks: NDArray[np.float32]
    """float32 [5, 2], in the canvas."""

    @property
    def crop_slices(self) -> tuple[slice, slice]:
        """Index of the face crop in the canvas."""
        low = (np.array([self.crop.top, self.crop.left]) - (self.top, self.left)) / self.scale
        high = (np.array([self.crop.bottom, self.crop.right]) - (self.top, self.left)) / self.scale
        first = np.clip(np.floor(low), 0, CANVAS_PX - 1).astype(int)
        last = np.clip(np.ceil(high), first + 1, CANVAS_PX).astype(int)
        return slice(first[0], last[0]), slice(first[1], last[1])

    @property
    def full_size(self) -> bool:
        """Whether the canvas shows the whole face crop, pixel by pixel."""
        rows, columns = self.crop_slices
        shown = (rows.stop - rows.start, columns.stop - columns.start)
        return self.scale == 1.0 and shown == (self.crop.height, self.crop.width)

    def extract(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the canvas, float32 [C, C, 3] 0..255, of a photo uint8 [h, w, 3].

        Beyond the photo its edge is repeated.
        """
        edge = self.scale * CANVAS_PX
        # Two pixels more on each side, for the resampling filter.
        rows = np.arange(math.floor(self.top) - 2, math.ceil(self.top + edge) + 2)
        columns = np.arange(math.floor(self.left) - 2, math.ceil(self.left + edge) + 2)
        height, width = pixels.shape[:2]
        region = pixels[np.clip(rows, 0, height - 1)][:, np.clip(columns, 0, width - 1)]
        left, top = self.left - columns[0], self.top - rows[0]
        canvas = Image.fromarray(region).resize(
            (CANVAS_PX, CANVAS_PX),
            Image.Resampling.BICUBIC,
            box=(left, top, left + edge, top + edge),
        )
        return np.asarray(canvas, np.float32)

    def to_photo(self, change: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a change of the canvas, float32 [C, C], at the photo's own resolution.

        The result is float32 [crop.height, crop.width].  Enlarging is bicubic, so that a change
        made for a large face becomes smooth shading and never blocks.
        """
        pad = 2
        origin = np.array([self.left, self.top])
        low = (np.array([self.crop.left, self.crop.top]) - origin) / self.scale + pad
        high = (np.array([self.crop.right, self.crop.bottom]) - origin) / self.scale + pad
        box = (*np.maximum(low, 0), *np.minimum(high, CANVAS_PX + 2 * pad))
        image = Image.fromarray(np.pad(change, pad))
        size = (self.crop.width, self.crop.height)
        return np.asarray(image.resize(size, Image.Resampling.BICUBIC, box=box))

    def shrink(self, change: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a change of the face crop, float32 [crop.height, crop.width], as the canvas shows
        it: float32, of the shape of ``crop_slices``."""
        rows, columns = self.crop_slices
        # The canvas' crop ends on whole pixels of the canvas, up to one beyond that of the photo.
        pad = math.ceil(self.scale)
        origin = (self.left - self.crop.left + pad, self.top - self.crop.top + pad)
        low = np.array([columns.start, rows.start]) * self.scale + origin
        high = np.array([columns.stop, rows.stop]) * self.scale + origin
        edges = np.array([self.crop.width, self.crop.height]) + 2 * pad
        image = Image.fromarray(np.pad(change, pad))
        return np.asarray(
            image.resize(
                (columns.stop - columns.start, rows.stop - rows.start),
                Image.Resampling.BICUBIC,
                box=(*np.maximum(low, 0), *np.minimum(high, edges)),
            )
        )

    def mask(self) -> NDArray[np.float32]:
        """Return where a cloak may act, float32 [C, C]: 1 inside, falling softly to 0 at the crop's
        border (its own border, not where the photo ends)."""
        low, high = self.landmarks.min(axis=0), self.landmarks.max(axis=0)
        margin = CROP_MARGIN * float((high - low).max())
        axes = []
        for first, last in zip(low - margin, high + margin, strict=True):
            place = np.arange(CANVAS_PX)
            inside = np.minimum(place - first, last - place)
            ramp = np.clip(inside / (FEATHER * (last - first)), 0.0, 1.0)
            axes.append(ramp * ramp * (3.0 - 2.0 * ramp))
        return np.outer(axes[1], axes[0]).astype(np.float32)


def frame_face(landmarks: ArrayLike, photo_width: int, photo_height: int) -> Frame:
    """Lay a canvas over the face crop of landmarks [5, 2] (the photo's pixels)."""
    landmarks = np.asarray(landmarks, np.float64)
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    middle = (low + high) / 2 + 0.5
    edge = (1 + 2 * CROP_MARGIN) * (high - low).max()
    scale = max(float(edge) / CANVAS_PX, 1.0)
    left, top = middle - scale * CANVAS_PX / 2
    if scale == 1.0:
        # On whole pixels, so that nothing is resampled.
        left, top = round(left), round(top)
    in_canvas = (landmarks + 0.5 - (left, top)) / scale - 0.5
    crop = face_crop(landmarks, photo_width, photo_height)
    return Frame(float(left), float(top), scale, crop, in_canvas.astype(np.float32))

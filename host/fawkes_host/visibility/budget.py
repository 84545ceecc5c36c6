"""How visible a change of a face is, and whether that is within a level's budget.

Three measures together, since each alone can be gamed: SSIMULACRA2 lets smooth skin pay for busy
hair, FLIP does not see structure, and both overlook a few strong blotches, which ΔE shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fawkes_host.tensors.gradient import gradient, known_broadcasts
from fawkes_host.visibility import flip, ssimulacra2
from fawkes_host.visibility.colour import to_lab, to_linear, to_xyz

VIEWED_PX = 512
"""Crops with a longer edge are judged as a screen shows them, shrunk to this.  At full size a
change that is 8 px wide in the shrunk crop is too coarse for the measures, but not for people."""

SMALLEST_CROP_PX = 16
"""Smaller crops are enlarged to this, since the coarse scales of SSIMULACRA2 need some pixels."""

RESAMPLING = Image.Resampling.BICUBIC

DELTA_E_PERCENTILE = 99

DELTA_E_LARGEST = 0.02
"""The mean over this share of the pixels, the largest first, is about the percentile above, and
has a slope."""

SHARPNESS = 16.0
"""Exponent of the mean by which three shares of a budget become one that has a slope."""

LEAST_CHANGE = 0.05
"""Grey levels: a smaller change is not worth taking away, though roots are steep there."""

Crop = NDArray[np.uint8] | NDArray[np.float32]


@dataclass(frozen=True)
class Visibility:
    """What can be seen of a change, in three measures.

    ``ssimulacra2``: 100 identical, 90 visually lossless, 70 high, 50 medium quality.
    ``flip``: mean LDR-FLIP, 0 identical.
    ``delta_e``: 99th percentile over the pixels of CIE76 ΔE.
    """

    ssimulacra2: float
    flip: float
    delta_e: float


@dataclass(frozen=True)
class Budget:
    """The most that may be seen: the worst value of each measure that is within it."""

    ssimulacra2: float
    flip: float
    delta_e: float

    def room(self, seen: Visibility) -> float:
        """Return the share of the budget that is left: 1 for no change, 0 for a change that spends
        it in one measure, negative beyond."""
        return 1.0 - max(
            (100.0 - seen.ssimulacra2) / (100.0 - self.ssimulacra2),
            seen.flip / self.flip,
            seen.delta_e / self.delta_e,
        )


class Viewer:
    """Looks at changes of one face crop, [h, w, 3] RGB 0..255."""

    def __init__(self, original: Crop) -> None:
        height, width = original.shape[:2]
        scale = min(1.0, VIEWED_PX / max(height, width))
        scale = max(scale, SMALLEST_CROP_PX / min(height, width))
        self._size = (max(1, round(width * scale)), max(1, round(height * scale)))
        self._resize = scale != 1.0
        self._crop = original
        self._original = self._view(original)
        self._seen = _graphs().look_at(self._original)

    @property
    def shrinks(self) -> bool:
        """Whether the crop is looked at smaller than it is."""
        return self._size[0] < self._crop.shape[1]

    def _view(self, crop: Crop) -> NDArray[np.float32]:
        if self._resize:
            image = Image.fromarray(np.rint(crop).astype(np.uint8))
            crop = np.asarray(image.resize(self._size, RESAMPLING))
        return crop[None].astype(np.float32)

    def see(self, changed: Crop) -> Visibility:
        """Measure a changed crop of the original's size."""
        score, difference, delta_e = _graphs().measure(self._seen, self._view(changed))
        return Visibility(
            ssimulacra2=float(score),
            flip=float(difference),
            delta_e=float(np.percentile(delta_e, DELTA_E_PERCENTILE)),
        )

    def bring_within(
        self, change: NDArray[np.float32], budget: Budget
    ) -> tuple[float, NDArray[np.float32]]:
        """Bring a change of luminance within a budget, nearly, by its steepest way.

        ``change`` is float32 [h, w], in grey levels.  Returns the share of the budget that it
        spends and the change less what costs most, which is the same one where the share is at
        most 1.  The share is a smooth stand-in for that of ``Budget.room``, a few hundredths above
        it where several measures are near their limits.
        """
        limits = np.array([budget.ssimulacra2, budget.flip, budget.delta_e], np.float32)
        viewed = change
        if self._resize:
            viewed = np.asarray(Image.fromarray(change).resize(self._size, RESAMPLING))
        spent, slope = _graphs().slope(self._seen, self._original, viewed[None, ..., None], limits)
        spent, slope = float(spent), np.asarray(slope)[0, ..., 0]
        if spent > 1.0:
            slope = np.where(np.abs(viewed) > LEAST_CHANGE, slope, np.float32(0.0))
            step = (spent - 1.0) / max(float((slope**2).sum()), 1e-12) * slope
            if self._resize:
                step = np.asarray(Image.fromarray(step).resize(change.shape[::-1], RESAMPLING))
            change = (change - step).astype(np.float32)
        return spent, change


@dataclass(frozen=True)
class _Graphs:
    """Each traced once, for crops of any size."""

    look_at: Any
    measure: Any
    slope: Any


@lru_cache(maxsize=1)
def _graphs() -> _Graphs:
    import tensorflow as tf

    crop, plane = tf.TensorSpec((1, None, None, 3)), tf.TensorSpec((1, None, None))
    planes, matrices = tf.TensorSpec((1, None, None, None)), tf.TensorSpec((None, None, None))
    three = (plane, plane, plane)
    seen = (
        [(planes, planes, planes, (matrices, matrices))] * ssimulacra2.SCALES,
        (three, (plane, plane), [matrices] * 2 * flip.FILTERS),
        three,
    )

    @tf.function(input_signature=[crop], autograph=False)
    def look_at(original: Any) -> Any:
        linear = to_linear(original)
        xyz = to_xyz(tf.unstack(linear, axis=-1))
        return ssimulacra2.look_at(linear), flip.look_at(xyz), to_lab(xyz)

    @tf.function(input_signature=[seen, crop], autograph=False)
    def measure(seen: Any, changed: Any) -> Any:
        structure, colours, lab = seen
        linear = to_linear(changed)
        xyz = to_xyz(tf.unstack(linear, axis=-1))
        gaps = (before - after for before, after in zip(lab, to_lab(xyz), strict=True))
        squared = sum(gap**2 for gap in gaps)
        return (
            ssimulacra2.score(structure, linear)[0],
            flip.difference(colours, xyz)[0],
            tf.sqrt(tf.maximum(squared, flip.ALIKE**2)),
        )

    @tf.function(
        input_signature=[seen, crop, tf.TensorSpec((1, None, None, 1)), tf.TensorSpec((3,))],
        autograph=False,
    )
    def slope(seen: Any, original: Any, change: Any, limits: Any) -> Any:
        with known_broadcasts():
            changed = tf.clip_by_value(original + change, 0.0, 255.0)
            score, difference, delta_e = measure.python_function(seen, changed)
            flat = tf.reshape(delta_e, [-1])
            largest = tf.cast(tf.cast(tf.size(flat), tf.float32) * DELTA_E_LARGEST, tf.int32)
            delta_e = tf.reduce_mean(tf.math.top_k(flat, tf.maximum(largest, 1)).values)
            shares = tf.stack([100.0 - score, difference, delta_e]) / (
                tf.stack([100.0 - limits[0], limits[1], limits[2]])
            )
            spent = tf.reduce_sum(shares**SHARPNESS) ** (1.0 / SHARPNESS)
        return spent, gradient(spent, change)

    return _Graphs(look_at, measure, slope)

"""Measures how visible a change of a face is, and takes away what is too visible of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fawkes_host.tensors import Tensor
from fawkes_host.tensors.gradient import gradient, known_broadcasts
from fawkes_host.visibility import flip, ssimulacra2
from fawkes_host.visibility.budget import Budget, Visibility
from fawkes_host.visibility.colour import Planes, to_lab, to_linear, to_xyz

VIEWED_PX = 512
"""Crops with a longer edge are judged as a screen shows them, shrunk to this.  At full size a
change that is 8 px wide in the shrunk crop is too coarse for the measures, but not for people."""

SMALLEST_CROP_PX = 16
"""Smaller crops are enlarged to this, since the coarse scales of SSIMULACRA2 need some pixels."""

RESAMPLING = Image.Resampling.BICUBIC

DELTA_E_PERCENTILE = 99

DELTA_E_LARGEST = 0.02
"""The mean over this share of the pixels, the largest first, is about the percentile above, and
has a gradient."""

SHARPNESS = 16.0
"""Exponent of the mean by which three shares of a budget become one that has a gradient."""

LEAST_CHANGE = 0.05
"""Grey levels: a smaller change is not worth taking away, though roots are steep there."""

Crop: TypeAlias = NDArray[np.uint8] | NDArray[np.float32]
"""[h, w, 3] RGB, 0..255."""

Reference: TypeAlias = tuple[ssimulacra2.Reference, flip.Reference, Planes]
"""What the three measures need of an original."""


class VisibilityMeter:
    """Measures changes of one face crop, [h, w, 3] RGB 0..255, as a screen shows it: [v, w, 3]."""

    def __init__(self, original: Crop) -> None:
        height, width = original.shape[:2]
        scale = min(1.0, VIEWED_PX / max(height, width))
        scale = max(scale, SMALLEST_CROP_PX / min(height, width))
        self._size = (max(1, round(width * scale)), max(1, round(height * scale)))
        self._resize = scale != 1.0
        self.shrinks: bool = self._size[0] < width
        """Whether the crop is measured smaller than it is."""
        self._original = self._view(original)
        self._reference: Reference = graphs().reference(self._original)

    def measure(self, changed: Crop) -> Visibility:
        """Measure a changed crop of the original's size."""
        score, difference, delta_e = graphs().measure(self._reference, self._view(changed))
        return Visibility(
            ssimulacra2=float(score),
            flip=float(difference),
            delta_e=float(np.percentile(delta_e, DELTA_E_PERCENTILE)),
        )

    def project(
        self, change: NDArray[np.float32], budget: Budget
    ) -> tuple[float, NDArray[np.float32]]:
        """Bring a change of luminance within a budget, nearly, by its steepest way.

        ``change`` is float32 [h, w], in grey levels.  Return the share of the budget that it
        spends and the change less what costs most, which is the same one where the share is at
        most 1.  The share is a smooth stand-in for that of ``Budget.slack``, a few hundredths above
        it where several measures are near their limits.
        """
        limits = np.array([budget.ssimulacra2, budget.flip, budget.delta_e], np.float32)
        viewed = change
        if self._resize:
            viewed = np.asarray(Image.fromarray(change).resize(self._size, RESAMPLING))
        share, by_change = graphs().gradient(
            self._reference, self._original, viewed[None, ..., None], limits
        )
        spent, steepest = float(share), np.asarray(by_change)[0, ..., 0]
        if spent > 1.0:
            steepest = np.where(np.abs(viewed) > LEAST_CHANGE, steepest, np.float32(0.0))
            step = (spent - 1.0) / max(float((steepest**2).sum()), 1e-12) * steepest
            if self._resize:
                step = np.asarray(Image.fromarray(step).resize(change.shape[::-1], RESAMPLING))
            change = (change - step).astype(np.float32)
        return spent, change

    def _view(self, crop: Crop) -> NDArray[np.float32]:
        """Show a crop [h, w, 3] as a screen does, float32 [1, v, w, 3]."""
        if self._resize:
            image = Image.fromarray(np.rint(crop).astype(np.uint8))
            crop = np.asarray(image.resize(self._size, RESAMPLING))
        return crop[None].astype(np.float32)


@dataclass(frozen=True)
class Graphs:
    """The measures as TensorFlow runs them, each traced once, for crops of any size.

    ``reference(original)``: a ``Reference`` of an original float32 [1, h, w, 3].
    ``measure(reference, changed)``: SSIMULACRA2 [], FLIP [] and ΔE [1, h, w] of a changed crop.
    ``gradient(reference, original, change, limits)``: the share [] of a budget's ``limits`` [3]
    that a change [1, h, w, 1] spends, and its gradient by the change [1, h, w, 1].
    """

    reference: Any
    measure: Any
    gradient: Any


@lru_cache(maxsize=1)
def graphs() -> Graphs:
    """Return the graphs of this process."""
    import tensorflow as tf

    crop, plane = tf.TensorSpec((1, None, None, 3)), tf.TensorSpec((1, None, None))
    planes, matrices = tf.TensorSpec((1, None, None, None)), tf.TensorSpec((None, None, None))
    three = (plane, plane, plane)
    reference = (
        [(planes, planes, planes, (matrices, matrices))] * ssimulacra2.SCALES,
        (three, (plane, plane), [matrices] * 2 * flip.FILTERS),
        three,
    )
    change, limits = tf.TensorSpec((1, None, None, 1)), tf.TensorSpec((3,))

    def graph(function: Any, *signature: Any) -> Any:
        return tf.function(function, input_signature=signature, autograph=False)

    return Graphs(
        graph(_reference, crop),
        graph(_measure, reference, crop),
        graph(_gradient, reference, crop, change, limits),
    )


def _reference(original: Tensor) -> Reference:
    import tensorflow as tf

    linear = to_linear(original)
    xyz = to_xyz(tf.unstack(linear, axis=-1))
    return ssimulacra2.reference(linear), flip.reference(xyz), to_lab(xyz)


def _measure(reference: Reference, changed: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    import tensorflow as tf

    structure, colours, lab = reference
    linear = to_linear(changed)
    xyz = to_xyz(tf.unstack(linear, axis=-1))
    # CIE76 ΔE is the distance in Lab (CIE 15).
    gaps = (before - after for before, after in zip(lab, to_lab(xyz), strict=True))
    squared = sum(gap**2 for gap in gaps)
    return (
        ssimulacra2.score(structure, linear)[0],
        flip.difference(colours, xyz)[0],
        tf.sqrt(tf.maximum(squared, flip.ALIKE**2)),
    )


def _gradient(
    reference: Reference, original: Tensor, change: Tensor, limits: Tensor
) -> tuple[Tensor, Tensor]:
    import tensorflow as tf

    with known_broadcasts():
        changed = tf.clip_by_value(original + change, 0.0, 255.0)
        score, difference, delta_e = _measure(reference, changed)
        flat = tf.reshape(delta_e, [-1])
        largest = tf.cast(tf.cast(tf.size(flat), tf.float32) * DELTA_E_LARGEST, tf.int32)
        delta_e = tf.reduce_mean(tf.math.top_k(flat, tf.maximum(largest, 1)).values)
        shares = tf.stack([100.0 - score, difference, delta_e]) / (
            tf.stack([100.0 - limits[0], limits[1], limits[2]])
        )
        spent = tf.reduce_sum(shares**SHARPNESS) ** (1.0 / SHARPNESS)
    return spent, gradient(spent, change)

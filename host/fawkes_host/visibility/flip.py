"""LDR-FLIP (Andersson et al., 2020) in TensorFlow: what is seen when flipping between two images.

0 is identical, 1 the largest difference.  The mean over a crop is the crop's value.  The viewer is
the paper's: a monitor of 0.7 m and 3840 px, 0.7 m away, 67 pixels per degree.

Andersson et al., "FLIP: A Difference Evaluator for Alternating Images", HPG 2020; its colour
pipeline filters by contrast sensitivity and takes the HyAB distance (Abasi et al., 2020) in Lab
adjusted for the Hunt effect, its feature pipeline compares edges and points.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from fawkes_host.tensors import Tensor, separable
from fawkes_host.tensors.separable import Border, band_matrices
from fawkes_host.visibility.colour import (
    KNEE,
    RGB_TO_RELATIVE_XYZ,
    RGB_TO_XYZ,
    WHITE,
    Planes,
    mix,
    power,
    to_lab,
    to_linear,
    to_xyz,
)

PIXELS_PER_DEGREE = 0.7 * 3840 / 0.7 * np.pi / 180
COLOUR_EXPONENT = 0.7
FEATURE_EXPONENT = 0.5
BEND = (0.4, 0.95)
"""Colour differences up to the first share of the largest fill the range up to the second."""
FEATURE_WIDTH_DEG = 0.082
ALIKE = 1e-6
"""Smaller differences count as this one: roots have no gradient at 0, and one such pixel would
spoil that of all."""

CSF = {
    # channel: (amplitude, width) of one or two Gaussians of the contrast sensitivity
    "achromatic": ((1.0, 0.0047),),
    "red-green": ((1.0, 0.0053),),
    "blue-yellow": ((34.1, 0.04), (13.5, 0.025)),
}
FILTERS = 5
"""As many as ``_profiles`` gives."""

XYZ_TO_RGB = np.linalg.inv(RGB_TO_RELATIVE_XYZ)

Reference: TypeAlias = tuple[Planes, tuple[Tensor, Tensor], list[Tensor]]
"""What the eye sees of an original: colours and the strength of edges and of points, each float32
[n, h, w], and the matrices [c, h, h] and [c, w, w] that filter a crop of its size."""


def flip(original: Tensor, changed: Tensor) -> Tensor:
    """Return the mean FLIP, float32 [n], of each changed crop against its original.

    Both are float32 [n, h, w, 3], sRGB 0..255.  Call it in a graph: TensorFlow then fuses most of
    it.
    """
    import tensorflow as tf

    one, other = (tf.unstack(to_linear(crop), axis=-1) for crop in (original, changed))
    return difference(reference(to_xyz(one)), to_xyz(other))


def difference(original: Reference, changed: Planes) -> Tensor:
    """Return what ``flip`` does, of XYZ relative to white, each plane [n, h, w], against originals
    that ``reference`` has prepared."""
    import tensorflow as tf

    colour1, features1, matrices = original
    colour2, features2, _ = reference(changed, matrices)
    colour = power(tf.maximum(_hyab(colour1, colour2), ALIKE), COLOUR_EXPONENT)
    largest = _largest_difference()
    # The paper's redistribution of errors, so that small ones are not lost.
    bend, share = BEND[0] * largest, BEND[1]
    colour = tf.where(
        colour < bend,
        share / bend * colour,
        share + (colour - bend) / (largest - bend) * (1.0 - share),
    )
    feature = ALIKE
    for before, after in zip(features1, features2, strict=True):
        feature = tf.maximum(feature, tf.abs(before - after))
    feature = power(feature / np.sqrt(2.0), FEATURE_EXPONENT)
    # The paper's final difference: the colour's, raised by that of features.
    return tf.reduce_mean(power(colour, 1.0 - tf.minimum(feature, 1.0)), axis=(1, 2))


def reference(xyz: Planes, matrices: list[Tensor] | None = None) -> Reference:
    """Prepare what is compared: Hunt-adjusted Lab as the eye resolves it, and the strength of edges
    and of points.  ``xyz`` is relative to white, each plane [n, h, w]."""
    import tensorflow as tf

    if matrices is None:
        height, width = tf.shape(xyz[1])[1], tf.shape(xyz[1])[2]
        matrices = [
            band_matrices(profile, size, Border.REPEATED)
            for profile in _profiles()
            for size in (height, width)
        ]
    sharp, wide, smooth, edge, point = zip(matrices[::2], matrices[1::2], strict=True)

    light = 116.0 * xyz[1] - 16.0
    red_green, blue_yellow = 500.0 * (xyz[0] - xyz[1]), 200.0 * (xyz[1] - xyz[2])
    narrow = separable.apply(tf.stack([light, red_green, blue_yellow], axis=1), *sharp)
    light, red_green, blue_yellow_sharp = tf.unstack(narrow, axis=1)
    # Only the last channel has a second term.
    blue_yellow_wide = separable.apply(blue_yellow[:, None], *wide)[:, 0]
    _, _, share = _csf_filters()
    blue_yellow = (1.0 - share) * blue_yellow_sharp + share * blue_yellow_wide
    y = (light + 16.0) / 116.0
    rgb = mix((red_green / 500.0 + y, y, y - blue_yellow / 200.0), XYZ_TO_RGB)
    red, green, blue = (tf.clip_by_value(plane, 0.0, 1.0) for plane in rgb)
    lightness, a, b = to_lab(to_xyz((red, green, blue)))
    hunt = (lightness, 0.01 * lightness * a, 0.01 * lightness * b)

    grey = xyz[1][:, None]
    strengths = []
    for feature in (edge, point):
        across = separable.apply(grey, smooth[0], feature[1])[:, 0]
        down = separable.apply(grey, feature[0], smooth[1])[:, 0]
        strengths.append(tf.sqrt(tf.maximum(across**2 + down**2, ALIKE**2)))
    return hunt, (strengths[0], strengths[1]), matrices


def _hyab(one: Planes, other: Planes) -> Tensor:
    """Return the HyAB distance [n, h, w] of Lab colours (Abasi et al., 2020)."""
    import tensorflow as tf

    light, a, b = (before - after for before, after in zip(one, other, strict=True))
    return tf.abs(light) + tf.sqrt(tf.maximum(a**2 + b**2, ALIKE**2))


@lru_cache(maxsize=1)
def _largest_difference() -> float:
    """Return that between the Hunt-adjusted green and blue of sRGB."""
    ends = []
    for rgb in ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0)):
        f = RGB_TO_XYZ @ rgb / WHITE
        f = np.where(f > KNEE**3, np.cbrt(f), f / (3 * KNEE**2) + 4.0 / 29.0)
        light = 116.0 * f[1] - 16.0
        ends.append((light, 5.0 * light * (f[0] - f[1]), 2.0 * light * (f[1] - f[2])))
    gap = np.subtract(ends[0], ends[1])
    return float((abs(gap[0]) + np.hypot(gap[1], gap[2])) ** COLOUR_EXPONENT)


Profiles: TypeAlias = NDArray[np.float32]
"""Float32 [channels, k] with k odd."""


@lru_cache(maxsize=1)
def _profiles() -> tuple[Profiles, ...]:
    """Return those of all filters: the eye's, sharp and wide, and those of features."""
    sharp, wide, _ = _csf_filters()
    return sharp, wide, *_feature_filters()


@lru_cache(maxsize=1)
def _csf_filters() -> tuple[Profiles, Profiles, float]:
    """Return the contrast sensitivity as separable Gaussians: a profile of each channel [3, k], a
    second one of the last channel [1, k], and the share that this has there."""
    widest = max(width for terms in CSF.values() for _, width in terms)
    radius = int(np.ceil(3 * np.sqrt(widest / (2 * np.pi**2)) * PIXELS_PER_DEGREE))
    degrees = np.arange(-radius, radius + 1) / PIXELS_PER_DEGREE
    profiles, weights = [], []
    for amplitude, width in (gaussian for terms in CSF.values() for gaussian in terms):
        profile = np.exp(-(np.pi**2) / width * degrees**2)
        profiles.append((profile / profile.sum()).astype(np.float32))
        weights.append(amplitude * np.sqrt(np.pi / width) * profile.sum() ** 2)
    *sharp, wide = profiles
    return np.stack(sharp), wide[None], float(weights[3] / (weights[2] + weights[3]))


@lru_cache(maxsize=1)
def _feature_filters() -> tuple[Profiles, Profiles, Profiles]:
    """Return profiles [1, k]: a Gaussian, and its first and second derivatives, each scaled so that
    its positive and its negative part sum to one."""
    sigma = 0.5 * FEATURE_WIDTH_DEG * PIXELS_PER_DEGREE
    radius = int(np.ceil(3 * sigma))
    place = np.arange(-radius, radius + 1, dtype=np.float64)
    gauss = np.exp(-(place**2) / (2 * sigma**2))
    edge = -place * gauss
    point = (place**2 / sigma**2 - 1) * gauss

    def scale(profile: NDArray[np.float64]) -> Profiles:
        positive, negative = profile.clip(min=0).sum(), -profile.clip(max=0).sum()
        balanced = np.where(profile > 0, profile / positive, profile / max(negative, 1e-12))
        scaled: Profiles = balanced[None].astype(np.float32)
        return scaled

    return (gauss / gauss.sum())[None].astype(np.float32), scale(edge), scale(point)

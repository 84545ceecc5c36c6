"""LDR-FLIP (Andersson et al., 2020) in TensorFlow: what is seen when flipping between two images.

0 is identical, 1 the largest difference.  The mean over a crop is the crop's value.  The viewer is
the paper's: a monitor of 0.7 m and 3840 px, 0.7 m away, 67 pixels per degree.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import separable
from .separable import Border, band_matrices

PIXELS_PER_DEGREE = 0.7 * 3840 / 0.7 * np.pi / 180
COLOUR_EXPONENT = 0.7
FEATURE_EXPONENT = 0.5
BEND = (0.4, 0.95)
"""Colour differences up to the first share of the largest fill the range up to the second."""
FEATURE_WIDTH_DEG = 0.082
ALIKE = 1e-6
"""Smaller differences count as this one: roots have no slope at 0, and one such pixel would spoil
the gradient of all."""

CSF = {
    # channel: (amplitude, width) of one or two Gaussians of the contrast sensitivity
    "achromatic": ((1.0, 0.0047),),
    "red-green": ((1.0, 0.0053),),
    "blue-yellow": ((34.1, 0.04), (13.5, 0.025)),
}

RGB_TO_XYZ = np.array(
    [
        [0.41238656, 0.35759149, 0.18045049],
        [0.21263682, 0.71518298, 0.07218020],
        [0.01933062, 0.11919716, 0.95037259],
    ]
)
"""IEC 61966-2-1, reference white D65 at (1, 1, 1)."""
WHITE = RGB_TO_XYZ.sum(axis=1)
RGB_TO_RELATIVE_XYZ = (RGB_TO_XYZ / WHITE[:, None]).astype(np.float32)


Reference = tuple[Any, tuple[Any, Any]]
"""What the eye sees of an original: colours, and the strength of edges and of points."""


def flip(original: Any, changed: Any) -> Any:
    """Mean FLIP of each changed crop against its original.

    Both are float32 tensors [n, h, w, 3], sRGB 0..255.  Returns a float32 tensor [n].  Call it in
    a graph: TensorFlow then fuses most of it.
    """
    return difference(look_at(original), changed)


def difference(reference: Reference, changed: Any) -> Any:
    """As ``flip``, against originals that ``look_at`` has prepared."""
    import tensorflow as tf

    colour1, features1 = reference
    colour2, features2 = look_at(changed)
    colour = tf.maximum(_hyab(colour1, colour2), ALIKE) ** COLOUR_EXPONENT
    largest = _largest_difference()
    bend, share = BEND[0] * largest, BEND[1]
    colour = tf.where(
        colour < bend,
        share / bend * colour,
        share + (colour - bend) / (largest - bend) * (1.0 - share),
    )
    feature = ALIKE
    for before, after in zip(features1, features2, strict=True):
        feature = tf.maximum(feature, tf.abs(before - after))
    feature = (feature / np.sqrt(2.0)) ** FEATURE_EXPONENT
    return tf.reduce_mean(colour ** (1.0 - tf.minimum(feature, 1.0)), axis=(1, 2))


def look_at(srgb: Any) -> Reference:
    """What is compared: Hunt-adjusted Lab [n, h, w, 3] as the eye resolves it, and the strength of
    edges and of points, each [n, h, w]."""
    import tensorflow as tf

    xyz = to_xyz(srgb)
    height, width = tf.shape(xyz)[1], tf.shape(xyz)[2]

    def filtered(planes: Any, down: Profiles, across: Profiles) -> Any:
        rows = band_matrices(down, height, Border.REPEATED)
        columns = band_matrices(across, width, Border.REPEATED)
        return separable.apply(planes, rows, columns)

    luminance = 116.0 * xyz[..., 1] - 16.0
    opponents = (
        luminance,
        500.0 * (xyz[..., 0] - xyz[..., 1]),
        200.0 * (xyz[..., 1] - xyz[..., 2]),
    )

    seen = [0.0, 0.0, 0.0]
    for weights, profiles in _csf_filters():
        # Only the last channel has a second term.
        channels = np.flatnonzero(weights)
        terms = filtered(
            tf.stack([opponents[channel] for channel in channels], axis=1),
            profiles[channels],
            profiles[channels],
        )
        for place, channel in enumerate(channels):
            seen[channel] += weights[channel] * terms[:, place]
    y = (seen[0] + 16.0) / 116.0
    seen_xyz = tf.stack([seen[1] / 500.0 + y, y, y - seen[2] / 200.0], axis=-1)
    to_rgb = np.linalg.inv(RGB_TO_RELATIVE_XYZ)
    seen_rgb = tf.clip_by_value(tf.einsum("nhwc,dc->nhwd", seen_xyz, to_rgb), 0.0, 1.0)
    lab = to_lab(tf.einsum("nhwc,dc->nhwd", seen_rgb, RGB_TO_RELATIVE_XYZ))
    hunt = tf.concat([lab[..., :1], lab[..., 1:] * lab[..., :1] * 0.01], axis=-1)

    grey = xyz[:, None, :, :, 1]
    smooth, edge, point = _feature_filters()
    strengths = []
    for profile in (edge, point):
        across = filtered(grey, smooth, profile)[:, 0]
        down = filtered(grey, profile, smooth)[:, 0]
        strengths.append(tf.sqrt(tf.maximum(across**2 + down**2, ALIKE**2)))
    return hunt, (strengths[0], strengths[1])


def to_xyz(srgb: Any) -> Any:
    """XYZ relative to white of sRGB 0..255, [n, h, w, 3]."""
    import tensorflow as tf

    value = tf.clip_by_value(srgb / 255.0, 0.0, 1.0)
    linear = tf.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return tf.einsum("nhwc,dc->nhwd", linear, RGB_TO_RELATIVE_XYZ)


def to_lab(xyz: Any) -> Any:
    """CIE Lab of XYZ relative to white, [n, h, w, 3]."""
    import tensorflow as tf

    knee = 6.0 / 29.0
    safe = tf.maximum(xyz, knee**3)
    f = tf.where(xyz > knee**3, safe ** (1.0 / 3.0), xyz / (3.0 * knee**2) + 4.0 / 29.0)
    return tf.stack(
        [
            116.0 * f[..., 1] - 16.0,
            500.0 * (f[..., 0] - f[..., 1]),
            200.0 * (f[..., 1] - f[..., 2]),
        ],
        axis=-1,
    )


def _hyab(one: Any, other: Any) -> Any:
    import tensorflow as tf

    gap = one - other
    colours = tf.reduce_sum(gap[..., 1:] ** 2, axis=-1)
    return tf.abs(gap[..., 0]) + tf.sqrt(tf.maximum(colours, ALIKE**2))


@lru_cache(maxsize=1)
def _largest_difference() -> float:
    """Between the Hunt-adjusted green and blue of sRGB."""
    ends = []
    for rgb in ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0)):
        f = RGB_TO_XYZ @ rgb / WHITE
        knee = 6.0 / 29.0
        f = np.where(f > knee**3, np.cbrt(f), f / (3 * knee**2) + 4.0 / 29.0)
        light = 116.0 * f[1] - 16.0
        ends.append((light, 5.0 * light * (f[0] - f[1]), 2.0 * light * (f[1] - f[2])))
    gap = np.subtract(ends[0], ends[1])
    return float((abs(gap[0]) + np.hypot(gap[1], gap[2])) ** COLOUR_EXPONENT)


Profiles = NDArray[np.float32]
"""Float32 [channels, k] with k odd."""


@lru_cache(maxsize=1)
def _csf_filters() -> tuple[tuple[NDArray[np.float32], Profiles], ...]:
    """The contrast sensitivity of each channel as a sum of separable Gaussians: weights [3] and
    profiles [3, k] of each term; the whole sums to one in every channel."""
    widest = max(width for terms in CSF.values() for _, width in terms)
    radius = int(np.ceil(3 * np.sqrt(widest / (2 * np.pi**2)) * PIXELS_PER_DEGREE))
    degrees = np.arange(-radius, radius + 1) / PIXELS_PER_DEGREE
    terms = []
    for place in range(2):
        weights, profiles = np.zeros(3), np.zeros((3, len(degrees)))
        for channel, gaussians in enumerate(CSF.values()):
            profiles[channel] = 1.0 / len(degrees)
            if place < len(gaussians):
                amplitude, width = gaussians[place]
                profile = np.exp(-(np.pi**2) / width * degrees**2)
                profiles[channel] = profile / profile.sum()
                weights[channel] = amplitude * np.sqrt(np.pi / width) * profile.sum() ** 2
        terms.append((weights, profiles))
    total = terms[0][0] + terms[1][0]
    return tuple(
        ((weights / total).astype(np.float32), profiles.astype(np.float32))
        for weights, profiles in terms
    )


@lru_cache(maxsize=1)
def _feature_filters() -> tuple[Profiles, Profiles, Profiles]:
    """Profiles [1, k]: a Gaussian, and its first and second derivatives, each scaled so that its
    positive and its negative part sum to one."""
    sigma = 0.5 * FEATURE_WIDTH_DEG * PIXELS_PER_DEGREE
    radius = int(np.ceil(3 * sigma))
    place = np.arange(-radius, radius + 1, dtype=np.float64)
    gauss = np.exp(-(place**2) / (2 * sigma**2))
    edge = -place * gauss
    point = (place**2 / sigma**2 - 1) * gauss

    def scale(profile: NDArray[np.float64]) -> Profiles:
        positive, negative = profile.clip(min=0).sum(), -profile.clip(max=0).sum()
        balanced = np.where(profile > 0, profile / positive, profile / max(negative, 1e-12))
        return balanced[None].astype(np.float32)

    return (gauss / gauss.sum())[None].astype(np.float32), scale(edge), scale(point)

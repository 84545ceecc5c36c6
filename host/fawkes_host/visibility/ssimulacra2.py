"""SSIMULACRA2 (Sneyers, 2023; version 2.1 of libjxl) in TensorFlow, for batches of face crops.

100 is identical, 90 is called visually lossless, 70 high and 50 medium quality.  One thing differs
from the reference tool on purpose: all scales are always used, with their own weights (the
reference drops scales on crops under about 256 px, which shifts its weights onto other terms).

The reference is ``tools/ssimulacra2.cc`` of libjxl, whose ``SSIMMap`` and ``EdgeDiffMap`` are the
maps below and whose ``Msssim::Score`` is the sum over them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from fawkes_host.tensors import Tensor, separable
from fawkes_host.tensors.separable import Border, band_matrices
from fawkes_host.visibility.colour import Planes, mix, power, to_linear

SCALES = 5
"""The reference computes six, but no weight of the sixth is above 0.0014."""

BLUR_SIGMA_PX = 1.5
BLUR_RADIUS_PX = 5
SSIM_C2 = 0.0009

OPSIN_MIX = np.array(
    [
        [0.30, 0.622, 0.078],
        [0.23, 0.692, 0.078],
        [0.24342268924547819, 0.20476744424496821, 0.5518098665095536],
    ],
    np.float32,
)
"""Linear RGB to the cone responses that XYB mixes (a row a response)."""

OPSIN_BIAS = 0.0037930732552754493

_WEIGHT_LIST = (
    # plane, scale, norm, map, weight: the trained weights above 0.01 of the reference's 108.
    ("x", 1, "l4", "ssim", 1.1041726426657346),
    ("x", 2, "l4", "ssim", 1.8422455520539298),
    ("x", 2, "l4", "ringing", 11.441172603757666),
    ("x", 3, "l4", "ssim", 1.8787594979546387),
    ("x", 3, "l4", "ringing", 10.94906990605142),
    ("x", 4, "mean", "ringing", 0.9677937080626833),
    ("x", 4, "l4", "ringing", 0.9981766977854967),
    ("y", 0, "l4", "ssim", 7.466890328078848),
    ("y", 0, "l4", "blurring", 17.445833984131262),
    ("y", 1, "l4", "ssim", 6.683678146179332),
    ("y", 1, "l4", "blurring", 1.027889937768264),
    ("y", 2, "mean", "ssim", 225.20515300849274),
    ("y", 2, "l4", "ssim", 19.213238186143016),
    ("y", 3, "mean", "ssim", 176.39317598450694),
    ("y", 3, "l4", "ssim", 24.43300999870476),
    ("y", 3, "l4", "ringing", 0.28520802612117757),
    ("y", 4, "l4", "ssim", 34.77906344483772),
    ("y", 4, "l4", "ringing", 44.835625328877896),
    ("b", 3, "l4", "ssim", 8.826982764996862),
    ("b", 3, "l4", "ringing", 23.19243343998926),
    ("b", 4, "mean", "ssim", 95.1080498811086),
    ("b", 4, "mean", "ringing", 0.9863978034400682),
    ("b", 4, "mean", "blurring", 0.9834382792465353),
    ("b", 4, "l4", "ringing", 171.2667255897307),
    ("b", 4, "l4", "blurring", 0.9807858872435379),
)

_MAPS = ("ssim", "ringing", "blurring")
_NORMS = ("mean", "l4")


@lru_cache(maxsize=1)
def _weights() -> NDArray[np.float32]:
    """Return the weights as float32 [scale, norm, map, plane]."""
    weights = np.zeros((SCALES, 2, 3, 3), np.float32)
    for plane, scale, norm, name, weight in _WEIGHT_LIST:
        weights[scale, _NORMS.index(norm), _MAPS.index(name), "xyb".index(plane)] = weight
    return weights


@lru_cache(maxsize=SCALES)
def _planes(scale: int) -> list[int]:
    """Return which planes have a weight at a scale: at the finest, where they cost most, one in
    three."""
    found: list[int] = np.flatnonzero(_weights()[scale].any(axis=(0, 1))).tolist()
    return found


Reference: TypeAlias = list[tuple[Tensor, Tensor, Tensor, tuple[Tensor, Tensor]]]
"""What is needed of an original, a scale each: those planes of XYB that have a weight there, their
local mean and their local variance, float32 [n, planes, h, w], and the matrices that blur them."""


def ssimulacra2(original: Tensor, changed: Tensor) -> Tensor:
    """Score each changed crop against its original, float32 [n].

    Both are float32 [n, h, w, 3], sRGB 0..255, at least 16 px on each side.  Call it in a graph:
    TensorFlow then fuses most of it.
    """
    return score(reference(to_linear(original)), to_linear(changed))


def reference(linear: Tensor) -> Reference:
    """Prepare originals, linear light [n, h, w, 3], that several crops will be compared with."""
    scales = []
    for xyb in _pyramid(linear):
        blur = _blur_matrices(xyb)
        mean = separable.apply(xyb, *blur)
        scales.append((xyb, mean, separable.apply(xyb * xyb, *blur) - mean * mean, blur))
    return scales


def score(original: Reference, changed: Tensor) -> Tensor:
    """Return what ``ssimulacra2`` does, of linear light [n, h, w, 3], against originals that
    ``reference`` has prepared."""
    import tensorflow as tf

    total = 0.0
    for scale, (prepared, xyb2) in enumerate(zip(original, _pyramid(changed), strict=True)):
        weights = _weights()[scale][..., _planes(scale)]
        xyb1, mean1, variance1, blur = prepared
        mean2 = separable.apply(xyb2, *blur)
        variance2 = separable.apply(xyb2 * xyb2, *blur) - mean2 * mean2
        covariance = separable.apply(xyb1 * xyb2, *blur) - mean1 * mean2
        likeness = (1.0 - (mean1 - mean2) ** 2) * (2.0 * covariance + SSIM_C2)
        ssim = tf.nn.relu(1.0 - likeness / (variance1 + variance2 + SSIM_C2))
        edges = (1.0 + tf.abs(xyb2 - mean2)) / (1.0 + tf.abs(xyb1 - mean1)) - 1.0
        for name, found in zip(_MAPS, (ssim, tf.nn.relu(edges), tf.nn.relu(-edges)), strict=True):
            mean, fourth = weights[:, _MAPS.index(name)]
            if mean.any():
                total += tf.einsum("np,p->n", tf.reduce_mean(found, axis=(2, 3)), mean)
            if fourth.any():
                squared = found * found
                # Not 0, where roots have no gradient.
                mean = tf.maximum(tf.reduce_mean(squared * squared, axis=(2, 3)), 1e-32)
                l4 = tf.sqrt(tf.sqrt(mean))
                total += tf.einsum("np,p->n", l4, fourth)
    # The reference's fit of the weighted sum to people's answers, in ``Msssim::Score``.
    error = 0.9562382616834844 * total
    error = (6.248496625763138e-05 * error - 0.020884521182843837) * error**2 + (
        2.326765642916932 * error
    )
    return 100.0 - 10.0 * tf.maximum(error, 1e-6) ** 0.6276336467831387


def _pyramid(linear: Tensor) -> list[Tensor]:
    """Return those planes of XYB that have a weight, [n, planes, h, w], at every scale, each half
    as large as the one before, averaged in linear light [n, h, w, 3]."""
    import tensorflow as tf

    scales = []
    for scale in range(SCALES):
        if scale:
            linear = tf.nn.avg_pool2d(linear, 2, 2, "SAME")
        xyb = _to_xyb(linear)
        scales.append(tf.stack([xyb[plane] for plane in _planes(scale)], axis=1))
    return scales


def _to_xyb(linear: Tensor) -> Planes:
    """Turn linear light [n, h, w, 3] into the planes X, Y and B, each [n, h, w], shifted and scaled
    to positive values as the reference's ``MakePositiveXYB`` does."""
    import tensorflow as tf

    red, green, blue = tf.unstack(linear, axis=-1)
    mixed = mix((red, green, blue), OPSIN_MIX)
    long, middle, short = (
        power(plane + OPSIN_BIAS, 1.0 / 3.0) - OPSIN_BIAS ** (1.0 / 3.0) for plane in mixed
    )
    x = 0.5 * (long - middle)
    y = 0.5 * (long + middle)
    return 14.0 * x + 0.42, y + 0.01, short - y + 0.55


def _blur_matrices(planes: Tensor) -> tuple[Tensor, Tensor]:
    """Return those of a Gaussian, [1, h, h] and [1, w, w], for planes [n, c, h, w]; columns are
    mirrored and rows end in zeros, as the reference has it."""
    import tensorflow as tf

    offsets = np.arange(-BLUR_RADIUS_PX, BLUR_RADIUS_PX + 1)
    kernel = np.exp(-0.5 * (offsets / BLUR_SIGMA_PX) ** 2)
    profile = (kernel / kernel.sum()).astype(np.float32)[None]
    height, width = tf.shape(planes)[2], tf.shape(planes)[3]
    return (
        band_matrices(profile, height, Border.ZERO),
        band_matrices(profile, width, Border.MIRRORED),
    )

"""SSIMULACRA2 (Sneyers, 2023; version 2.1 of libjxl) in TensorFlow, for batches of face crops.

100 is identical, 90 is called visually lossless, 70 high and 50 medium quality.  One thing differs
from the reference tool on purpose: all scales are always used, with their own weights (the
reference drops scales on crops under about 256 px, which shifts its weights onto other terms).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    """float32 [scale, norm, map, plane]."""
    weights = np.zeros((SCALES, 2, 3, 3), np.float32)
    for plane, scale, norm, name, weight in _WEIGHT_LIST:
        weights[scale, _NORMS.index(norm), _MAPS.index(name), "xyb".index(plane)] = weight
    return weights


def ssimulacra2(original: Any, changed: Any) -> Any:
    """Score each changed crop against its original.

    Both are float32 tensors [n, h, w, 3], sRGB 0..255, at least 16 px on each side.  Returns a
    float32 tensor [n].  Call it in a graph: TensorFlow then fuses most of it.
    """
    import tensorflow as tf

    total = 0.0
    for weights, xyb1, xyb2 in zip(_weights(), _pyramid(original), _pyramid(changed), strict=True):
        mean1, mean2 = _blur(xyb1), _blur(xyb2)
        variance1 = _blur(xyb1 * xyb1) - mean1 * mean1
        variance2 = _blur(xyb2 * xyb2) - mean2 * mean2
        covariance = _blur(xyb1 * xyb2) - mean1 * mean2
        likeness = (1.0 - (mean1 - mean2) ** 2) * (2.0 * covariance + SSIM_C2)
        ssim = tf.nn.relu(1.0 - likeness / (variance1 + variance2 + SSIM_C2))
        edges = (1.0 + tf.abs(xyb2 - mean2)) / (1.0 + tf.abs(xyb1 - mean1)) - 1.0
        maps = tf.stack([ssim, tf.nn.relu(edges), tf.nn.relu(-edges)], axis=3)
        mean = tf.reduce_mean(maps, axis=(1, 2))
        l4 = tf.reduce_mean(maps**4, axis=(1, 2)) ** 0.25
        total += tf.einsum("nmp,mp->n", mean, weights[0])
        total += tf.einsum("nmp,mp->n", l4, weights[1])
    error = 0.9562382616834844 * total
    error = (6.248496625763138e-05 * error - 0.020884521182843837) * error**2 + (
        2.326765642916932 * error
    )
    return 100.0 - 10.0 * tf.maximum(error, 0.0) ** 0.6276336467831387


def _to_linear(srgb: Any) -> Any:
    """SRGB 0..255 to linear light 0..1 (IEC 61966-2-1)."""
    import tensorflow as tf

    value = tf.clip_by_value(srgb / 255.0, 0.0, 1.0)
    return tf.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _pyramid(srgb: Any) -> list[Any]:
    """XYB images of every scale, each half as large as the one before, averaged in linear light."""
    import tensorflow as tf

    linear = _to_linear(srgb)
    scales = []
    for scale in range(SCALES):
        if scale:
            linear = tf.nn.avg_pool2d(linear, 2, 2, "SAME")
        scales.append(_to_xyb(linear))
    return scales


def _to_xyb(linear: Any) -> Any:
    """Linear light to XYB, shifted and scaled to positive values as SSIMULACRA2 wants it."""
    import tensorflow as tf

    mixed = tf.einsum("nhwc,dc->nhwd", linear, OPSIN_MIX) + OPSIN_BIAS
    cones = mixed ** (1.0 / 3.0) - OPSIN_BIAS ** (1.0 / 3.0)
    x = 0.5 * (cones[..., 0] - cones[..., 1])
    y = 0.5 * (cones[..., 0] + cones[..., 1])
    return tf.stack([14.0 * x + 0.42, y + 0.01, cones[..., 2] - y + 0.55], axis=-1)


def _blur(images: Any) -> Any:
    """Gaussian blur of [n, h, w, 3]; columns are mirrored and rows end in zeros, as the reference
    has it."""
    import tensorflow as tf

    offsets = np.arange(-BLUR_RADIUS_PX, BLUR_RADIUS_PX + 1)
    kernel = np.exp(-0.5 * (offsets / BLUR_SIGMA_PX) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    taps = np.repeat(kernel[:, None, None, None], 3, axis=2)
    images = tf.nn.depthwise_conv2d(images, taps, (1, 1, 1, 1), "SAME")
    # Mirrored as often as it must be: the coarse scales of small crops are narrower than the blur.
    width = tf.shape(images)[2]
    index = tf.range(-BLUR_RADIUS_PX, width + BLUR_RADIUS_PX) % (2 * width)
    images = tf.gather(images, tf.minimum(index, 2 * width - 1 - index), axis=2)
    return tf.nn.depthwise_conv2d(images, taps.transpose(1, 0, 2, 3), (1, 1, 1, 1), "VALID")

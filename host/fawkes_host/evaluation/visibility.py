"""How visible a cloak is, by the reference programs and not by the engine's stand-ins.

Measured on the face crop at the photo's own resolution, against the original file.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SMALLEST_CROP_PX = 256
"""On smaller crops the ``ssimulacra2`` package leaves scales out and its weights shift; they are
grown by their mirror image, which adds nothing that is not in the crop."""

SHADING_SIGMA = 0.02
"""Width of the blur that leaves shading and blotches, as a share of the crop's width."""

PERCENTILE = 99

WORST_IS_LOW = frozenset({"ssimulacra2", "psnr"})


@dataclass(frozen=True)
class Visibility:
    """What can be seen of a change of one face.

    ``ssimulacra2``: 100 identical, 90 visually lossless, 70 high, 50 medium quality.
    ``flip``: mean LDR-FLIP.  ``delta_e``: 99th percentile of CIE76 ΔE, ``delta_e_shading`` the same
    after a blur.  ``linf``: the largest change of a sample, in grey levels.
    """

    ssimulacra2: float
    flip: float
    delta_e: float
    delta_e_shading: float
    dssim: float
    psnr: float
    linf: float


def measure(original: NDArray[np.uint8], changed: NDArray[np.uint8]) -> Visibility:
    """Compare two crops uint8 [h, w, 3] RGB of one size."""
    import flip_evaluator
    from scipy.ndimage import gaussian_filter

    from fawkes_host.visibility.dssim import dssim

    pair = [crop.astype(np.float32) / 255.0 for crop in (original, changed)]
    flip = flip_evaluator.evaluate(*pair, "LDR", applyMagma=False)[1]
    lab = [_to_lab(crop) for crop in pair]
    sigma = SHADING_SIGMA * original.shape[1]
    gap = lab[0] - lab[1]
    shading = np.stack([gaussian_filter(gap[..., i], sigma) for i in range(3)], axis=-1)
    difference = changed.astype(np.float64) - original
    mse = float((difference**2).mean())
    return Visibility(
        ssimulacra2=_ssimulacra2(original, changed),
        flip=float(flip),
        delta_e=float(np.percentile(np.linalg.norm(gap, axis=-1), PERCENTILE)),
        delta_e_shading=float(np.percentile(np.linalg.norm(shading, axis=-1), PERCENTILE)),
        dssim=dssim(original, changed),
        # Of a change of nothing it would be infinite, which JSON cannot say.
        psnr=float(10.0 * np.log10(255.0**2 / max(mse, 1e-4))),
        linf=float(np.abs(difference).max()),
    )


def summarise(seen: Sequence[Visibility]) -> dict[str, Any]:
    """Return the mean and the worst twentieth of each measure over faces."""
    summary = {}
    for name in asdict(seen[0]):
        values = [getattr(face, name) for face in seen]
        worst = 5 if name in WORST_IS_LOW else 95
        summary[name] = {
            "mean": round(float(np.mean(values)), 4),
            f"percentile_{worst}": round(float(np.percentile(values, worst)), 4),
        }
    return summary


def _ssimulacra2(original: NDArray[np.uint8], changed: NDArray[np.uint8]) -> float:
    from ssimulacra2 import compute_ssimulacra2

    files = []
    for crop in (original, changed):
        missing = [max(0, SMALLEST_CROP_PX - size) for size in crop.shape[:2]]
        border = [(gap // 2, gap - gap // 2) for gap in missing]
        file = io.BytesIO()
        Image.fromarray(np.pad(crop, [*border, (0, 0)], "symmetric")).save(file, "BMP")
        files.append(file)
    return float(compute_ssimulacra2(*files))


def _to_lab(crop: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return CIELAB (D65) of sRGB [h, w, 3] in 0..1."""
    linear = np.where(crop <= 0.04045, crop / 12.92, ((crop + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    # Divided by the white point, which is the sum of each row.
    x, y, z = np.moveaxis(linear @ (to_xyz / to_xyz.sum(axis=1, keepdims=True)).T, -1, 0)
    fx, fy, fz = (
        np.where(v > (6 / 29) ** 3, np.cbrt(v), v / (3 * (6 / 29) ** 2) + 4 / 29) for v in (x, y, z)
    )
    return np.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=-1)

"""What was done to each face, measured on the encoded result."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine.align import FaceCrop
from fawkes_host.visibility.budget import Visibility
from fawkes_host.visibility.dssim import dssim

NO_ERROR_PSNR_DB = 100.0
"""PSNR of an unchanged crop, which would be infinite; JSON knows no infinity."""


@dataclass(frozen=True)
class FaceReceipt:
    """One face.

    ``box``: (x, y, width, height) in pixels as displayed, cut at the photo's border.
    The measures compare the face crop with the original's, after encoding: ``ssimulacra2`` (100
    identical), ``flip`` (mean, 0 identical), ``delta_e`` (99th percentile), ``dssim`` (0
    identical), ``psnr`` in dB, ``linf`` in grey levels of 255.
    ``similarity``: for each surrogate the cosine between the centred embeddings of the face
    before and after (1 unchanged).
    ``other_photos``: on so many photos the person was seen, beside this one, when it was cloaked.
    ``likeness``: of a decoy, for each surrogate the cosine to the person it is to be taken for.
    """

    box: tuple[int, int, int, int]
    ssimulacra2: float
    flip: float
    delta_e: float
    dssim: float
    psnr: float
    linf: int
    seconds: float
    similarity: dict[str, float]
    other_photos: int
    likeness: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """One photo: the level and metadata policy it was cloaked with, and its faces.

    ``notices`` are codes of what the photo lost beside what its policy plainly says
    (``photo.metadata``), and of a place that may show a face and stayed as it was.
    """

    level: str
    policy: str
    seconds: float
    engine: str
    faces: tuple[FaceReceipt, ...]
    notices: tuple[str, ...] = ()


def measure_face(
    original: NDArray[np.uint8],
    result: NDArray[np.uint8],
    crop: FaceCrop,
    seen: Visibility,
    box: tuple[int, int, int, int],
    seconds: float,
    similarity: dict[str, float],
    other_photos: int,
) -> FaceReceipt:
    """Measure one face of two photos, uint8 [h, w, 3] RGB of the same size."""
    before, after = original[crop.slices], result[crop.slices]
    difference = after.astype(np.float64) - before
    mse = float(np.mean(difference**2))
    psnr = min(10 * np.log10(255**2 / mse), NO_ERROR_PSNR_DB) if mse else NO_ERROR_PSNR_DB
    return FaceReceipt(
        box=box,
        ssimulacra2=round(seen.ssimulacra2, 2),
        flip=round(seen.flip, 4),
        delta_e=round(seen.delta_e, 2),
        dssim=round(dssim(before, after), 5),
        psnr=round(psnr, 2),
        linf=int(np.abs(difference).max()),
        seconds=round(seconds, 3),
        similarity={name: round(cosine, 4) for name, cosine in similarity.items()},
        other_photos=other_photos,
    )

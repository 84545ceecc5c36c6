"""A detector of cloaks: can a tracker tell that a photo was cloaked?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BANDS = 24
"""Rings of spatial frequency, in which a cloak and a camera differ."""


def spectrum(chip: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the log power of a chip uint8 [s, s, 3] by spatial frequency, float64 [2 · BANDS]:
    of its luminance, and of red against green."""
    values = chip.astype(np.float64)
    luminance = values @ (0.299, 0.587, 0.114)
    chroma = values[..., 0] - values[..., 1]
    size = chip.shape[0]
    window = np.outer(np.hanning(size), np.hanning(size))
    place = np.fft.fftfreq(size)
    radius = np.hypot(place[:, None], place[None])
    ring = np.minimum((radius / 0.5 * BANDS).astype(int), BANDS - 1)
    counts = np.bincount(ring.ravel(), minlength=BANDS)
    features = []
    for plane in (luminance, chroma):
        power = np.abs(np.fft.fft2((plane - plane.mean()) * window)) ** 2
        total = np.bincount(ring.ravel(), power.ravel(), BANDS) / counts
        features.append(np.log(total + 1e-3))
    return np.concatenate(features)


def detection_auc(
    clean: NDArray[np.float64], cloaked: NDArray[np.float64], folds: NDArray[np.int64]
) -> float:
    """Return the area under the detector's curve: 0.5 guesses, 1 knows.

    ``clean`` and ``cloaked`` are spectra [n, f] of the same photos, ``folds`` [n] keeps people
    apart: every photo is judged by a detector trained on the others' folds.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    areas = []
    for fold in np.unique(folds):
        train, test = folds != fold, folds == fold
        inputs = np.concatenate([clean[train], cloaked[train]])
        labels = np.repeat([0, 1], train.sum())
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
        model.fit(inputs, labels)
        low, high = model.decision_function(clean[test]), model.decision_function(cloaked[test])
        gaps = high[:, None] - low
        areas.append(float((gaps > 0).mean() + 0.5 * (gaps == 0).mean()))
    return float(np.mean(areas))

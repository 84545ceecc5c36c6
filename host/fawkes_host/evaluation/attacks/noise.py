"""The control: random noise as visible as a cloak.  It must protect nobody."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine.align import FaceCrop, face_crop
from fawkes_host.engine.detect import Face
from fawkes_host.engine.levels import Level
from fawkes_host.evaluation.attacks.base import FaceAttack
from fawkes_host.photo.decode import Photo
from fawkes_host.visibility.meter import VisibilityMeter

ROUNDS = 10
LARGEST_SIGMA = 60.0
"""Grey levels."""


class NoiseAttack(FaceAttack):
    """Noise on every face, of a level's SSIMULACRA2."""

    def __init__(self, level: Level, seed: int) -> None:
        self._level = level
        self._seed = seed

    def change_face(self, pixels: NDArray[np.uint8], photo: Photo, face: Face) -> NDArray[np.uint8]:
        crop = face_crop(face.landmarks, photo.width, photo.height)
        return add_noise(pixels, crop, self._level.budget.ssimulacra2, self._seed)


def add_noise(
    pixels: NDArray[np.uint8], crop: FaceCrop, ssimulacra2: float, seed: int
) -> NDArray[np.uint8]:
    """Return a photo uint8 [h, w, 3] whose face crop has RGB noise of that SSIMULACRA2."""
    original = pixels[crop.slices]
    noise = np.random.default_rng(seed).normal(0.0, 1.0, original.shape)
    meter = VisibilityMeter(original)
    weak, strong = 0.0, LARGEST_SIGMA
    for _ in range(ROUNDS):
        sigma = (weak + strong) / 2
        if meter.measure(_noisy(original, sigma * noise)).ssimulacra2 > ssimulacra2:
            weak = sigma
        else:
            strong = sigma
    changed = pixels.copy()
    changed[crop.slices] = _noisy(original, weak * noise)
    return changed


def _noisy(crop: NDArray[np.uint8], noise: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.clip(np.rint(crop + noise), 0, 255).astype(np.uint8)

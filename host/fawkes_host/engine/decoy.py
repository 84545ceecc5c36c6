"""Decoys: photos of somebody else, in which recognisers find a given person.

They are posted under another name, so that who looks for the person finds that name (the Sybil
accounts of Fawkes, Shan et al., 2020; the decoys of FoggySight, Evtimov et al., 2020).  The
optimiser is the cloak's, with another direction, budget and recipe.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine import align
from fawkes_host.engine.album import Embeddings
from fawkes_host.engine.levels import Level
from fawkes_host.engine.likeness import Portrait
from fawkes_host.engine.recipe import IN_FORCE
from fawkes_host.visibility.budget import Budget

LEVEL = Level("decoy", Budget(ssimulacra2=40.0, flip=0.07, delta_e=11.0))
"""A decoy may be seen, for nobody knows its original: it has to look like a photo, no more."""

PATIENCE = 4
"""So many times the steps of a cloak: a decoy may take its time (``docs/experiments``)."""

RECIPE = replace(
    IN_FORCE,
    linf=40.0,
    step_sizes=tuple((PATIENCE * count, first, last) for count, first, last in IN_FORCE.step_sizes),
    fits=tuple(PATIENCE * step for step in IN_FORCE.fits),
    projections=tuple(PATIENCE * step for step in IN_FORCE.projections),
    full_size_from=PATIENCE * IN_FORCE.full_size_from,
)

RESEMBLANCE = 0.0
"""Share of the person's own face that is blended in before the optimiser begins: it brings little
(``docs/experiments``), and people see it."""

ELLIPSE = (0.95, 1.2)
"""Half of the blend's width and height, in distances from the eyes to the mouth."""

CORE = 0.6
"""Share of the ellipse's radius within which the blend is whole."""

SPREADS = (0.5, 2.0)
"""A blend's contrast is brought to the donor's by factors within these."""


@dataclass(frozen=True)
class Decoy:
    """A finished decoy, and how near its face is to the person: for each network the cosine of the
    donor's face (``before``) and of the decoy's (``after``)."""

    data: bytes = field(repr=False)
    before: dict[str, float]
    after: dict[str, float]
    notices: tuple[str, ...] = ()


def towards(person: Embeddings) -> Embeddings:
    """Return the direction that makes the optimiser, which moves faces away, come near a person."""
    return {name: -row for name, row in person.items()}


def blend(
    pixels: NDArray[np.uint8], landmarks: NDArray[np.float32], portrait: Portrait, share: float
) -> NDArray[np.uint8]:
    """Return a photo uint8 [h, w, 3] whose face, with ``landmarks`` [5, 2], has become a ``share``
    0..1 of the portrait's.

    The portrait is laid over it by the five landmarks, in its colours, in a soft ellipse.
    """
    height, width = pixels.shape[:2]
    crop = align.face_crop(landmarks, width, height)
    corner = np.array([crop.left, crop.top])
    to_portrait = align.similarity(landmarks - corner, portrait.landmarks)
    laid = align.resample(portrait.pixels, to_portrait, crop.width, crop.height).astype(np.float32)
    own = pixels[crop.slices].astype(np.float32)
    weight = _ellipse(landmarks - corner, crop.width, crop.height)
    laid = _in_colours_of(own, laid, weight)
    mixed = own + (share * weight)[..., None] * (laid - own)
    blended = pixels.copy()
    blended[crop.slices] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    return blended


def _ellipse(landmarks: NDArray[np.floating], width: int, height: int) -> NDArray[np.float32]:
    """Return where a blend acts, float32 [height, width]: 1 over the face, falling softly to 0."""
    eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
    down = mouth - eyes
    reach = float(np.hypot(*down))
    down = down / reach
    y, x = np.mgrid[:height, :width]
    beside = np.stack([x, y], axis=-1) - (eyes + mouth) / 2
    across = beside @ np.array([down[1], -down[0]]) / (ELLIPSE[0] * reach)
    along = beside @ down / (ELLIPSE[1] * reach)
    fall = np.clip((1.0 - np.hypot(across, along)) / (1.0 - CORE), 0.0, 1.0)
    return (fall * fall * (3.0 - 2.0 * fall)).astype(np.float32)


def _in_colours_of(
    own: NDArray[np.float32], other: NDArray[np.float32], weight: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return a picture [h, w, 3] with the mean and the contrast of another one, channel by channel,
    where ``weight`` [h, w] is."""
    total = weight.sum()

    def moments(picture: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        mean = (picture * weight[..., None]).sum(axis=(0, 1)) / total
        variance = ((picture - mean) ** 2 * weight[..., None]).sum(axis=(0, 1)) / total
        return mean, np.sqrt(variance) + 1.0

    (mean, spread), (other_mean, other_spread) = moments(own), moments(other)
    return (other - other_mean) * np.clip(spread / other_spread, *SPREADS) + mean

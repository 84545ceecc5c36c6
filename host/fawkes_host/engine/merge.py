"""Puts cloaks into the photo, each as strong as its visibility budget allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine.align import FaceCrop
from fawkes_host.visibility.budget import Budget, Visibility
from fawkes_host.visibility.meter import VisibilityMeter

TOLERANCE = 0.02
"""This share of the budget may stay unspent."""

HEADROOM = 1.2
"""A cloak is made so much too strong before what is most visible of it is taken away."""

TRIM_ROUNDS = 2
TRIMMED = 0.01
"""A cloak that spends this share more than its budget is left to the search of its strength."""

SEARCH_ROUNDS = 8
LARGEST_STRENGTH = 4.0


@dataclass
class Patch:
    """One face's cloak at the photo's own resolution.

    ``change`` is float32 [crop.height, crop.width], in grey levels, added to all three channels;
    ``strength`` multiplies it.  ``mask``, of the same shape, is 1 where it may be altered and falls
    to 0 at its border.
    """

    crop: FaceCrop
    change: NDArray[np.float32]
    mask: NDArray[np.float32]
    meter: VisibilityMeter
    strength: float = 1.0

    def add_to(self, pixels: NDArray[np.uint8], strength: float | None = None) -> NDArray[np.uint8]:
        """Return the crop of a photo uint8 [h, w, 3] with this cloak added, rounded and clipped."""
        factor = self.strength if strength is None else strength
        # Rounded before it is added: rounding the sum could part the channels by one.
        whole = np.rint(factor * self.change).astype(np.int16)
        cloaked = pixels[self.crop.slices].astype(np.int16) + whole[..., None]
        return np.clip(cloaked, 0, 255).astype(np.uint8)

    def measure(self, pixels: NDArray[np.uint8]) -> Visibility:
        """Measure what is seen of this cloak in a finished photo uint8 [h, w, 3]."""
        return self.meter.measure(pixels[self.crop.slices])

    def trim(self, budget: Budget) -> None:
        """Take away what is most visible at the photo's own resolution, for the canvas hides it.

        What is left spends nearly the whole budget, and more of it where it moves the face.
        """
        self.change = HEADROOM * self.change
        for _ in range(TRIM_ROUNDS):
            spent, within = self.meter.project(self.change, budget)
            if spent <= 1.0 + TRIMMED:
                break
            self.change += self.mask * (within - self.change)

    def fit(self, pixels: NDArray[np.uint8], budget: Budget) -> None:
        """Make the cloak as strong as its budget allows, once it is added to a photo uint8
        [h, w, 3]."""

        def slack(strength: float) -> float:
            return budget.slack(self.meter.measure(self.add_to(pixels, strength)))

        self.strength = largest_within(slack, self.strength)


def largest_within(slack: Callable[[float], float], start: float) -> float:
    """Return nearly the largest strength at which ``slack(strength) >= 0``.

    ``slack`` falls as the strength grows, from 1 at 0.  What is spent is nearly a power of
    the strength, so the search is a secant that starts from there.
    """
    within, beyond = (0.0, 1.0), None
    strength = min(start, LARGEST_STRENGTH)
    for _ in range(SEARCH_ROUNDS):
        left = slack(strength)
        if 0.0 <= left <= TOLERANCE:
            return strength
        if left >= 0.0:
            within = (strength, left)
            if strength >= LARGEST_STRENGTH:
                return strength
        else:
            beyond = (strength, left)
        # Aim for the middle of the tolerated range.
        aim = 1.0 - TOLERANCE / 2
        if beyond is None:
            strength *= min(aim / max(1.0 - left, 0.05), 4.0)
            strength = min(strength, LARGEST_STRENGTH)
        elif within[0] == 0.0:
            strength *= max(aim / (1.0 - left), 0.1)
        else:
            share = (within[1] - TOLERANCE / 2) / (within[1] - beyond[1])
            strength = within[0] + share * (beyond[0] - within[0])
    return within[0]


def merge(pixels: NDArray[np.uint8], patches: Sequence[Patch]) -> NDArray[np.uint8]:
    """Return a copy of a photo uint8 [h, w, 3] with every patch added.

    Pixels outside the patches' crops stay as they are, bit for bit.
    """
    merged = pixels.copy()
    for patch in patches:
        merged[patch.crop.slices] = patch.add_to(merged)
    return merged


def merge_within_budget(
    pixels: NDArray[np.uint8], patches: list[Patch], budget: Budget
) -> NDArray[np.uint8]:
    """Return a copy of a photo uint8 [h, w, 3] with every patch fitted to the budget and added;
    where faces overlap, a later one finds it partly spent."""
    merged = pixels.copy()
    for patch in patches:
        patch.fit(merged, budget)
        merged[patch.crop.slices] = patch.add_to(merged)
    return merged

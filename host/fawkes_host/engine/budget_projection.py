"""Keeps a change, while it is optimised, to what its budget of visibility allows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine.align import Frame
from fawkes_host.engine.recipe import Recipe
from fawkes_host.engine.surrogate import TINY
from fawkes_host.visibility.budget import Budget
from fawkes_host.visibility.meter import VisibilityMeter


class BudgetProjection:
    """Projects the change of one face onto its budget.

    After every step onto a ball whose ``radius``, a root mean square in grey levels, is fitted to
    the budget now and then; after some steps onto the budget itself.
    """

    def __init__(
        self,
        canvas: NDArray[np.float32],
        frame: Frame,
        meter: VisibilityMeter,
        budget: Budget,
        recipe: Recipe,
    ) -> None:
        """``canvas`` is float32 [C, C, 3]; ``meter`` measures the face crop as the photo has it."""
        shown = frame.crop_slices
        self.radius = recipe.radius
        self._frame = frame
        self._mask = frame.mask()[shown]
        self._full_size = meter
        self._in_canvas = meter if frame.full_size else VisibilityMeter(canvas[shown])
        self._budget = budget
        self._recipe = recipe

    def project(self, change: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return a change float32 [C, C], after so many steps, as far as it may stay."""
        change = change * min(1.0, self.radius / (rms(change) + TINY))
        if step in self._recipe.projections:
            spent, excess = self._excess(change, step)
            change[self._frame.crop_slices] -= self._mask * excess
            if step in self._recipe.fits:
                # What is spent is nearly proportional to the change.
                share = self._recipe.overshoot / max(spent, 0.01)
                self.radius *= float(np.clip(share, 0.33, 3.0))
        return change

    def _excess(self, change: NDArray[np.float32], step: int) -> tuple[float, NDArray[np.float32]]:
        """Return the share of the budget that a change [C, C] spends, and what is too visible of
        it, of the shape of the canvas' crop."""
        frame = self._frame
        late = step >= self._recipe.full_size_from
        if late and not (frame.full_size or self._full_size.shrinks):
            whole = frame.to_photo(change)
            spent, within = self._full_size.project(whole, self._budget)
            return spent, frame.shrink(whole - within)
        shown = change[frame.crop_slices]
        spent, within = self._in_canvas.project(shown, self._budget)
        return spent, shown - within


def rms(plane: NDArray[np.float32]) -> float:
    """Return the root mean square of a plane."""
    return float(np.sqrt(np.mean(plane**2)))

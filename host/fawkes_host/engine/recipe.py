"""How a cloak is optimised: every number, chosen by measurement (``docs/recipe.md``)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine.views import Diversity


@dataclass(frozen=True)
class Recipe:
    """How a cloak is optimised; the numbers were chosen by measurement (``docs/recipe.md``)."""

    step_sizes: tuple[tuple[int, float, float], ...] = ((64, 1.0, 0.03), (32, 0.05, 0.015))
    """Of every phase: its steps, and the root mean square of its first and of its last step, as
    shares of that of the largest change.  The others lie on the line between, so that what one
    random view adds averages out."""
    asked_ahead: int = 2
    """A step uses the gradient of one surrogate, in turn: many cheap steps are worth more than a
    few with all.  So many are asked at a time, each on its share of the cores, and with two of them
    each gradient is one step old when it is used."""
    momentum: float = 0.6
    contrast_powers: tuple[float, ...] = (0.25, 0.0, 0.25, 0.25)
    """Exponents of the local contrast W in a step, of the canvas and of it halved once, twice, …: a
    change hides in texture of its own size.  All 0 spreads it evenly."""
    linf: float = 20.0
    """No pixel changes by more grey levels than this, before the last fit to the budget."""
    diversity: Diversity = field(default_factory=Diversity)
    radius: float = 2.0
    """Root mean square of the change, in grey levels of the whole canvas, before the first fit."""
    fits: tuple[int, ...] = (16, 37)
    """After so many steps the radius is fitted to the budget of visibility."""
    overshoot: float = 1.25
    """The radius is that of a change which spends so much of the budget."""
    projections: tuple[int, ...] = (16, 27, 37, 45, 56, 64, 72, 80, 88, 96)
    """After so many steps the change is projected onto the budget, so that it loses what is most
    visible and keeps the rest."""
    full_size_from: int = 37
    """From this step on a face larger than the canvas is measured in the photo's own resolution:
    what it spends there is another share than in the canvas, and other pixels spend it."""

    @property
    def steps(self) -> int:
        """How many there are in all phases."""
        return sum(count for count, _, _ in self.step_sizes)

    def each_step(self) -> NDArray[np.float32]:
        """Return the size of every step, float32 [steps], as a share of the radius."""
        sizes = [np.linspace(first, last, count) for count, first, last in self.step_sizes]
        return np.concatenate(sizes).astype(np.float32)


IN_FORCE = Recipe()
"""The one that is used where no other is asked for."""

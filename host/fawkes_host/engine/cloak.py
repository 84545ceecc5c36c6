"""The cloak: a small change of a face that moves it in the feature space of face recognisers.

gradient → momentum → precondition → step → clip → project, as in Fawkes (Shan et al., 2020), with
what later work and our measurements added (``docs/recipe.md``): one change of luminance for all
three channels, a step preconditioned by the photo's local contrast, input diversity (Xie et al.,
2019), momentum (Dong et al., 2018), and one surrogate a step, in turn, which momentum brings
together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine import align
from fawkes_host.engine.album import Embeddings
from fawkes_host.engine.align import CANVAS_PX, Frame
from fawkes_host.engine.budget_projection import BudgetProjection, rms
from fawkes_host.engine.delayed_gradients import DelayedGradients
from fawkes_host.engine.preconditioner import build_preconditioner
from fawkes_host.engine.recipe import IN_FORCE, Recipe
from fawkes_host.engine.surrogate import TINY, Surrogate
from fawkes_host.visibility.budget import Budget
from fawkes_host.visibility.meter import VisibilityMeter

if TYPE_CHECKING:
    from fawkes_models.network import Network


class Cloaker:
    """Optimises cloaks on a set of surrogate networks.

    Every graph is traced once, by ``warm_up`` or the first photo.
    """

    def __init__(self, networks: Sequence[Network], recipe: Recipe = IN_FORCE) -> None:
        self.recipe = recipe
        self.networks = tuple(networks)
        self._surrogates = [Surrogate(network) for network in networks]
        self._pool = ThreadPoolExecutor(recipe.asked_ahead, "surrogate")

    def warm_up(self) -> None:
        """Trace every graph on a blank face."""
        template = self.networks[0].template * (CANVAS_PX / self.networks[0].input_size)
        frame = align.frame_face(template, CANVAS_PX, CANVAS_PX)
        blank = np.full((CANVAS_PX, CANVAS_PX, 3), 128, np.float32)
        meter = VisibilityMeter(blank[frame.crop.slices])
        person, steps = self.embed(blank, frame), len(self.networks)
        self.optimise(blank, frame, meter, Budget(90.0, 0.01, 1.0), 0, person, steps=steps)

    def optimise(
        self,
        canvas: NDArray[np.float32],
        frame: Frame,
        meter: VisibilityMeter,
        budget: Budget,
        seed: int,
        away_from: Embeddings,
        on_step: Callable[[float], None] | None = None,
        steps: int | None = None,
        recipe: Recipe | None = None,
    ) -> NDArray[np.float32]:
        """Return the change of a face's luminance, float32 [C, C] in grey levels.

        ``canvas`` is float32 [C, C, 3], RGB 0..255; ``meter`` measures the face crop as the photo
        has it.  The change spends ``budget`` there, roughly: the last fit is the merge's.  The face
        is moved ``away_from`` an embedding [d] a network: that of the person whose face it is, or
        the negative of one that it is to be taken for.  ``on_step`` hears the share of the steps
        done before each of them and may raise.  ``steps`` ends after so many of the recipe's, which
        is the cloaker's own where no other is given.
        """
        recipe = recipe or self.recipe
        step_sizes = recipe.each_step()[:steps]
        count = len(step_sizes)
        mask = frame.mask()
        precondition = build_preconditioner(recipe.contrast_powers)
        preconditioner = precondition(canvas[None], mask[None, ..., None]).numpy()[0, ..., 0]
        gradients = DelayedGradients(
            self._surrogates, self._pool, recipe, canvas, frame.landmarks, away_from, seed, count
        )
        projection = BudgetProjection(canvas, frame, meter, budget, recipe)
        change = np.zeros((CANVAS_PX, CANVAS_PX), np.float32)
        velocity = np.zeros_like(change)
        for step, step_size in enumerate(step_sizes):
            if on_step is not None:
                on_step(step / count)
            velocity = recipe.momentum * velocity + gradients.next(change)
            downhill = preconditioner * velocity
            change = change - step_size * projection.radius / (rms(downhill) + TINY) * downhill
            change = np.clip(change, -recipe.linf, recipe.linf)
            change = projection.project(change, step + 1)
        return change

    def embed(self, canvas: NDArray[np.float32], frame: Frame) -> Embeddings:
        """Return the centred unit embedding [d] of a canvas's face, for each surrogate."""
        return {one.name: one.embed(canvas, frame.landmarks) for one in self._surrogates}

    def face_likeness(self, canvas: NDArray[np.float32], frame: Frame) -> float:
        """Return how much the surrogates take a canvas's face for one: from 1 on they do."""
        told = [one.face_likeness(canvas, frame.landmarks) for one in self._surrogates]
        known = [likeness for likeness in told if likeness is not None]
        return float(np.mean(known)) if known else 1.0

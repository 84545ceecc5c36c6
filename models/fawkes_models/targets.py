"""Faces to pull towards: averages of a population, no individual."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fawkes_models import store
from fawkes_models.registry import SURROGATES


def load() -> dict[str, NDArray[np.float32]]:
    """For every surrogate, float32 [k, d]: k centres of clusters of people.

    Row i is the same cluster of people in every network, L2-normalised and not
    centred.  Raises as :func:`fawkes_models.store.load` does.
    """
    population = store.read_population()
    return {name: population[f"{name}/targets"] for name in SURROGATES}

"""Means over people, with intervals: people differ more than their photos do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

BOOTSTRAPS = 2000


@dataclass(frozen=True)
class Share:
    """A mean over people and its 95 % interval, as shares of one."""

    mean: float
    low: float
    high: float
    people: int

    def to_json(self) -> dict[str, Any]:
        return {
            "mean": round(self.mean, 4),
            "interval_95": [round(self.low, 4), round(self.high, 4)],
            "people": self.people,
        }


def mean_over_people(values: Sequence[float], seed: int) -> Share:
    """Return the mean of one value a person, with the percentile bootstrap's interval.

    Raises ``ValueError`` where there is nobody.
    """
    if not len(values):
        raise ValueError("a mean over nobody")
    array = np.asarray(values, np.float64)
    picks = np.random.default_rng(seed).integers(0, len(array), (BOOTSTRAPS, len(array)))
    low, high = np.percentile(array[picks].mean(axis=1), (2.5, 97.5))
    return Share(float(array.mean()), float(low), float(high), len(array))

"""The part of a photo that a cloak changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Region:
    """The smallest box around all changed pixels; ``slices`` selects its rows and columns."""

    slices: tuple[slice, slice]

    @classmethod
    def of_change(cls, change: NDArray[Any], align: int = 1) -> Region | None:
        """Return the region of ``change`` [h, w, c], or None when it is zero everywhere.

        Its left and upper edges are multiples of ``align``; so are the others, unless the photo
        ends before.
        """
        rows = np.flatnonzero(change.any(axis=(1, 2)))
        if not rows.size:
            return None
        columns = np.flatnonzero(change[rows[0] : rows[-1] + 1].any(axis=(0, 2)))
        return cls((_aligned(rows, align), _aligned(columns, align)))


def _aligned(indices: NDArray[np.intp], align: int) -> slice:
    first, last = int(indices[0]), int(indices[-1])
    return slice(first - first % align, last + align - last % align)

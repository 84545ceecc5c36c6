"""EXIF orientation: from the pixels as stored to the picture as displayed, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SWAPS_SIDES = frozenset({5, 6, 7, 8})

_BACK = {6: 8, 8: 6}
"""The others undo themselves."""


def to_display(stored: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn [h, w, c] as stored into the picture as displayed; ``orientation`` is EXIF's 1 to 8."""
    match orientation:
        case 2:
            return stored[:, ::-1]
        case 3:
            return stored[::-1, ::-1]
        case 4:
            return stored[::-1]
        case 5:
            return stored.swapaxes(0, 1)
        case 6:
            return np.rot90(stored, -1)
        case 7:
            return stored[::-1, ::-1].swapaxes(0, 1)
        case 8:
            return np.rot90(stored)
        case _:
            return stored


def to_stored(displayed: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Undo ``to_display``."""
    return to_display(displayed, _BACK.get(orientation, orientation))

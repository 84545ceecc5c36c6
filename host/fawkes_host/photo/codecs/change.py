"""What a cloak changes of a photo, and how samples of several kinds take it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ALIGNMENT_PX = 2
"""Boxes begin at even rows and columns, as the chroma samples of two pixels do."""


_ROWS_AT_ONCE = 512
"""Comparing so many rows at a time bounds the memory for it."""


@dataclass(frozen=True, eq=False)
class Change:
    """The difference of two photos, within the smallest box around all that differs.

    ``difference`` is int16 [rows, columns, 3], new minus old; ``rows`` and ``columns`` select the
    box in the photo.
    """

    rows: slice
    columns: slice
    difference: NDArray[np.int16]

    @classmethod
    def between(cls, old: NDArray[np.uint8], new: NDArray[np.uint8]) -> Change | None:
        """Return the change from ``old`` to ``new``, both uint8 [h, w, 3]; None for none."""
        in_row = np.zeros(old.shape[0], bool)
        in_column = np.zeros(old.shape[1], bool)
        for start in range(0, old.shape[0], _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            differs = (old[part] != new[part]).any(axis=2)
            in_row[part] = differs.any(axis=1)
            in_column |= differs.any(axis=0)
        rows = np.flatnonzero(in_row)
        if not rows.size:
            return None
        box = (_aligned(rows), _aligned(np.flatnonzero(in_column)))
        return cls(*box, np.subtract(new[box], old[box], dtype=np.int16))

    @property
    def box(self) -> tuple[slice, slice]:
        return self.rows, self.columns

    def negative(self) -> Change:
        """Return the change for samples in which more means darker."""
        return replace(self, difference=-self.difference)

    def in_bgr(self) -> Change:
        """Return the change for samples whose first channel is blue."""
        return replace(self, difference=self.difference[..., ::-1])

    def applied_to(self, samples: NDArray[Any], colours: int, scale: int = 1) -> NDArray[Any]:
        """Return ``samples`` with the change added to their first ``colours`` channels.

        ``samples`` is [h, w, c] of an unsigned type; grey (1 colour) takes the mean of the three
        differences; ``scale`` is what one of 256 levels is worth.  All else stays bit for bit.

        With 16 bits the upper 8 are what is shown, so a scale of 256 lets them change by exactly
        the wanted number and keeps the lower 8; nothing is ever cut off.
        """
        result = samples.copy()
        difference = self.difference.astype(np.int32)
        if colours == 1:
            difference = np.rint(difference.mean(axis=2, keepdims=True)).astype(np.int32)
        target = (*self.box, slice(0, colours))
        highest = np.iinfo(samples.dtype).max
        result[target] = np.clip(samples[target] + difference * scale, 0, highest)
        return result

    def applied_to_inks(self, samples: NDArray[Any], scale: int = 1) -> NDArray[Any]:
        """Return CMYK ``samples``, [h, w, 4 or more] with 0 for no ink, with the change added.

        They are shown as R = (white - C)(white - K) / white, so C falls by the change of R times
        white / (white - K); black stays as it is.
        """
        result = samples.copy()
        white = np.iinfo(samples.dtype).max
        part = samples[self.box].astype(np.float32)
        light = np.maximum(white - part[..., 3:4], scale)
        wanted = self.difference.astype(np.float32) * (scale * white) / light
        inks = np.clip(np.rint(part[..., :3] - wanted), 0, white)
        result[(*self.box, slice(0, 3))] = np.where(self.difference != 0, inks, part[..., :3])
        return result


def _aligned(indices: NDArray[np.intp]) -> slice:
    """Return the slice from the first to the last index, grown to the alignment."""
    first, last = int(indices[0]), int(indices[-1]) + 1
    return slice(first - first % _ALIGNMENT_PX, last + -last % _ALIGNMENT_PX)

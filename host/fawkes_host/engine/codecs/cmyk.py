"""The change of a cloak on CMYK samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine.codecs.region import Region


def change_cmyk(samples: NDArray[Any], change: NDArray[np.int16], scale: int = 1) -> NDArray[Any]:
    """Add ``change``, int16 [h, w, 3] RGB, to CMYK ``samples``, [h, w, 4 or more], 0 for no ink.

    The photo is shown as R = (white - C)(white - K) / white, so C falls by the change of R times
    white / (white - K); black stays as it is.  ``scale`` is what one of 256 levels is worth.
    """
    result = samples.copy()
    region = Region.of_change(change)
    if region:
        white = np.iinfo(samples.dtype).max
        part = samples[region.slices].astype(np.float32)
        light = np.maximum(white - part[..., 3:4], scale)
        difference = change[region.slices].astype(np.float32) * scale
        inks = np.clip(np.rint(part[..., :3] - difference * white / light), 0, white)
        touched = change[region.slices] != 0
        target = (*region.slices, slice(0, 3))
        result[target] = np.where(touched, inks, part[..., :3])
    return result

"""The change of a cloak on CMYK samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine.codecs.region import Region


def change_cmyk(samples: NDArray[np.uint8], change: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Add ``change``, int16 [h, w, 3] RGB, to CMYK ``samples``, uint8 [h, w, 4], 0 for no ink.

    The photo is shown as R = (255 - C)(255 - K) / 255, so C falls by the change of R times
    255 / (255 - K); black stays as it is.
    """
    changed = samples.copy()
    region = Region.of_change(change)
    if region:
        part = samples[region.slices].astype(np.float32)
        light = np.maximum(255 - part[..., 3:], 1)
        inks = part[..., :3] - change[region.slices] * 255 / light
        changed[(*region.slices, slice(0, 3))] = np.clip(np.rint(inks), 0, 255).astype(np.uint8)
    return changed

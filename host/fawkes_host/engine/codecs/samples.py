"""The change of a cloak, applied to samples of several kinds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine.codecs.region import Region


def changed(
    samples: NDArray[Any], change: NDArray[np.int16], colours: int, scale: int = 1
) -> NDArray[Any]:
    """Add ``change``, int16 [h, w, 3] RGB, to the first ``colours`` channels of ``samples``.

    ``samples`` is [h, w, c] of an unsigned type; grey (1 colour) takes the mean of the change;
    ``scale`` is what one of 256 levels is worth.  Whatever does not change is not touched.

    With 16 bits the upper 8 are what is shown, so a scale of 256 lets them change by exactly the
    wanted number and keeps the lower 8; nothing is ever cut off.
    """
    result = samples.copy()
    region = Region.of_change(change)
    if region:
        difference = change[region.slices].astype(np.int32)
        if colours == 1:
            difference = np.rint(difference.mean(axis=2, keepdims=True)).astype(np.int32)
        target = (*region.slices, slice(0, colours))
        highest = np.iinfo(samples.dtype).max
        result[target] = np.clip(samples[target] + difference * scale, 0, highest)
    return result

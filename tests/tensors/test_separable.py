from __future__ import annotations

import numpy as np
import pytest

from fawkes_host.tensors import separable
from fawkes_host.tensors.separable import Border

PADDING = {Border.ZERO: "constant", Border.REPEATED: "edge", Border.MIRRORED: "symmetric"}


def filtered(plane: np.ndarray, down: np.ndarray, across: np.ndarray, borders) -> np.ndarray:
    """The plain way: pad, then convolve every column and every row."""
    for axis, profile in ((0, down), (1, across)):
        radius = len(profile) // 2
        padding = [(radius, radius) if at == axis else (0, 0) for at in range(2)]
        padded = np.pad(plane, padding, PADDING[borders[axis]])
        plane = np.apply_along_axis(np.correlate, axis, padded, profile, "valid")
    return plane


@pytest.mark.parametrize("border", Border)
@pytest.mark.parametrize("shape", [(9, 14), (3, 5)])
def test_matrices_filter_as_convolutions_do(border, shape):
    random = np.random.default_rng(1)
    planes = random.normal(size=(2, 3, *shape)).astype(np.float32)
    down, across = random.normal(size=(2, 3, 7)).astype(np.float32)
    rows = separable.band_matrices(down, shape[0], border)
    columns = separable.band_matrices(across, shape[1], border)
    found = separable.apply(planes, rows, columns).numpy()
    for photo in range(2):
        for channel in range(3):
            wanted = filtered(
                planes[photo, channel], down[channel], across[channel], (border, border)
            )
            assert np.allclose(found[photo, channel], wanted, atol=1e-4)

from __future__ import annotations

import numpy as np
import pytest

import portraits


@pytest.fixture(scope="session")
def pictures() -> portraits.Portraits:
    """Not faces, but pictures that differ."""
    random = np.random.default_rng(5)
    side = portraits.PORTRAIT_PX
    coarse = random.integers(0, 256, (30, 12, 12, 3), np.uint8)
    pixels = coarse.repeat(side // 12, 1).repeat(side // 12, 2)
    return portraits.Portraits(pixels, np.stack([portraits.TEMPLATE] * len(pixels)))

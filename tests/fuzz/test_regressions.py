"""What the fuzzer has found, and what it starts from, goes its way without a surprise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.seeds import seeds
from tests.fuzz.target import execute

HERE = Path(__file__).parent

REFUSED = {
    *("gif-animated", "png-animated", "webp-animated", "png-header-alone"),
    *("tiff-float", "tiff-lab", "dng"),
}


@pytest.mark.parametrize("path", sorted((HERE / "regressions").iterdir()), ids=lambda p: p.stem)
def test_what_was_found_stays_mended(path):
    execute(path.read_bytes())


SEEDS = dict(seeds())


@pytest.mark.parametrize("name", SEEDS)
def test_seeds_reach_the_encoder(name):
    assert execute(SEEDS[name]) == ("refused" if name in REFUSED else "encoded")

from __future__ import annotations

import numpy as np
import pytest

from fawkes_host.evaluation.detector import BANDS, detection_auc, spectrum
from fawkes_host.evaluation.portrait import draw_portrait
from fawkes_host.evaluation.purifier import Purifier


def chips(count: int) -> np.ndarray:
    return np.stack([draw_portrait(64, seed=i) for i in range(count)])


def test_detector_sees_a_pattern_and_cannot_see_what_is_not_there():
    clean = chips(24)
    stripes = 6 * (np.arange(64) % 2)[None, :, None] - 3
    marked = np.clip(clean.astype(int) + stripes, 0, 255).astype(np.uint8)
    folds = np.arange(24) % 2
    plain = np.stack([spectrum(chip) for chip in clean])
    assert plain.shape == (24, 2 * BANDS)
    assert detection_auc(plain, np.stack([spectrum(c) for c in marked]), folds) > 0.98
    assert detection_auc(plain, plain, folds) == pytest.approx(0.5, abs=0.01)


@pytest.mark.slow
def test_purifier_changes_nothing_before_it_has_learned():
    portrait = chips(2)
    assert np.array_equal(Purifier(0).purify(portrait), portrait)


@pytest.mark.slow
def test_purifier_learns_to_undo_a_constant_shade():
    clean = chips(16)
    shaded = np.clip(clean.astype(int) + 12, 0, 255).astype(np.uint8)
    purifier = Purifier(0)
    losses = purifier.train(shaded[:12], clean[:12], epochs=25)
    assert losses[-1] < 0.4 * losses[0]

    def gap(pixels):
        return np.abs(pixels.astype(int) - clean[12:]).mean()

    assert gap(purifier.purify(shaded[12:])) < 0.5 * gap(shaded[12:])

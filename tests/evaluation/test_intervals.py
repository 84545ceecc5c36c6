from __future__ import annotations

import numpy as np
import pytest

from fawkes_host.evaluation.intervals import mean_over_people


def test_interval_of_people_who_agree_has_no_width():
    share = mean_over_people([0.25] * 6, seed=0)
    assert (share.mean, share.low, share.high, share.people) == (0.25, 0.25, 0.25, 6)


def test_interval_is_that_of_the_mean():
    values = np.random.default_rng(0).random(100)
    share = mean_over_people(values, seed=0)
    error = values.std() / np.sqrt(len(values))
    assert share.high - share.low == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert share.low < values.mean() < share.high


def test_same_seed_gives_the_same_interval():
    values = [0.1, 0.9, 0.4, 0.3]
    assert mean_over_people(values, 1) == mean_over_people(values, 1)


def test_a_mean_over_nobody_is_refused():
    with pytest.raises(ValueError, match="nobody"):
        mean_over_people([], 0)

from __future__ import annotations

import numpy as np
import pytest

from fawkes_host.evaluation.galleries import (
    SECOND_IDENTITY,
    Gallery,
    count_leaked,
    everyone_but,
    leak,
    stack,
)
from fawkes_host.evaluation.trackers import NearestNeighbour
from tests.evaluation.toy import embedded_people


def test_everyone_but_leaves_the_person_and_the_donor_out():
    embeddings, names = embedded_people(people=6, photos=3)
    others = everyone_but(embeddings, names, ["person 01", "person 04"])
    assert set(others.names) == {"person 00", "person 02", "person 03", "person 05"}
    assert others.embeddings.shape == (12, 32)


def test_photos_without_a_face_are_not_enrolled():
    row = np.ones(3, np.float32)
    assert stack([row, None, row], 3).shape == (2, 3)
    assert stack([None], 3).shape == (0, 3)


def test_second_identity_has_a_name_of_its_own():
    embeddings, names = embedded_people(people=4, photos=3)
    others = everyone_but(embeddings, names, ["person 00"])
    own = embeddings[names == "person 00"]
    gallery = Gallery("person 00", own[:1], others, own[1:2])
    assert gallery.names.tolist()[-2:] == ["person 00", SECOND_IDENTITY]
    assert gallery.embeddings.shape == (11, 32)


def test_second_identity_takes_the_probes_that_look_like_it():
    embeddings, names = embedded_people(people=4, photos=4)
    others = everyone_but(embeddings, names, ["person 00"])
    own = embeddings[names == "person 00"]
    cloaked, probe = -own[:2], own[3:]
    plain = Gallery("person 00", np.concatenate([cloaked, own[:1]]), others)
    assert NearestNeighbour().ranks(plain, probe).tolist() == [0]
    with_second = Gallery("person 00", plain.own, others, probe)
    assert NearestNeighbour().ranks(with_second, probe).tolist() == [1]


@pytest.mark.parametrize(
    ("share", "posted", "leaked"), [(0, 12, 0), (0.05, 12, 1), (0.2, 12, 2), (0.5, 12, 6)]
)
def test_a_share_leaks_at_least_one_photo(share, posted, leaked):
    assert count_leaked(share, posted) == leaked


def test_larger_leaks_hold_smaller_ones():
    cloaked = [np.full(2, -1, np.float32)] * 10
    clean = [np.full(2, i, np.float32) for i in range(10)]

    def leaked(share):
        return {i for i, row in enumerate(leak(cloaked, clean, share, seed=3)) if row[0] >= 0}

    assert leaked(0) == set()
    assert len(leaked(0.3)) == 3
    assert leaked(0.1) < leaked(0.3) < leaked(0.5)
    assert leaked(1) == set(range(10))

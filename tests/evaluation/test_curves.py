"""Whole tables with a recogniser whose answers are known: names of files say what it sees."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fawkes_host.evaluation.cloaks import CloakSet
from fawkes_host.evaluation.curves import (
    leak_curve,
    posted_curve,
    retrieval_table,
    transform_table,
)
from fawkes_host.evaluation.datasets import PersonPhoto, choose_people
from fawkes_host.evaluation.decoys import Account, count_decoys, decoy_rows
from fawkes_host.evaluation.judge import Judge
from fawkes_host.evaluation.protection import protection_row, worst_first
from tests.evaluation.toy import embedded_people

POSTED = 6


class KnownStore:
    """``clean/NAME/N`` is that photo; ``wrong/…`` is its opposite, ``same/…`` the photo itself and
    ``lost/…`` shows no face.  The transform ``jpeg 50`` undoes what was wrong."""

    recogniser = SimpleNamespace(name="known")

    def __init__(self) -> None:
        embeddings, names = embedded_people(people=12, photos=14)
        self.photos = [
            PersonPhoto(str(name), Path("clean") / name / f"{i % 14:02}.jpg")
            for i, name in enumerate(names)
        ]
        self._rows = {
            photo.path.parts[1:]: row for photo, row in zip(self.photos, embeddings, strict=True)
        }

    def embed(self, pictures, on_each=None):
        return [self._look(picture) for picture in pictures]

    def _look(self, picture):
        kind, *photo = picture.path.parts
        if kind == "lost":
            return None
        row = self._rows[tuple(photo)]
        return -row if kind == "wrong" and picture.transform != "jpeg 50" else row


@pytest.fixture(scope="module")
def judge():
    store = KnownStore()
    return Judge(store, store.photos)


@pytest.fixture(scope="module")
def people(judge):
    return choose_people(judge.store.photos, POSTED, 3, seed=0)


def files(people, *kinds):
    """Cloaked files of each person; the kinds take turns."""
    return {
        person.name: [
            Path(kinds[i % len(kinds)], *photo.path.parts[1:])
            for i, photo in enumerate(person.posted)
        ]
        for person in people
    }


def share(row, tracker, kind="protection"):
    return row["trackers"][tracker][kind]["mean"]


def row_of(judge, people, *kinds, networks=("other",)):
    set_ = CloakSet("ours", "mid", networks, "abc", lambda: None)
    return protection_row(set_, judge, people, files(people, *kinds), POSTED, seed=0)


@pytest.fixture(scope="module")
def hidden(judge, people):
    return row_of(judge, people, "wrong")


@pytest.fixture(scope="module")
def shown(judge, people):
    return row_of(judge, people, "same", networks=("known",))


TRACKERS = ("1-NN", "linear", "verification", "fine-tuned")


def test_a_perfect_cloak_protects_from_every_tracker(hidden):
    assert [share(hidden, tracker) for tracker in TRACKERS] == [1, 1, 1, 1]
    assert [share(hidden, tracker, "unprotected") for tracker in TRACKERS] == [0, 0, 0, 0]
    assert share(hidden, "1-NN", "rank_10") > 0.5
    assert hidden["people"] == 3


def test_no_cloak_protects_from_none(shown):
    assert [share(shown, tracker) for tracker in TRACKERS] == [0, 0, 0, 0]
    assert share(shown, "1-NN", "rank_5") == 0


def test_unseen_is_who_had_no_part_in_the_cloak(hidden, shown):
    assert hidden["unseen"] is True
    assert shown["unseen"] is False


def test_the_worst_comes_first(hidden, shown):
    assert worst_first([hidden, shown]) == [shown, hidden]


@pytest.mark.parametrize(("kinds", "missed"), [(("lost",), True), (("lost", "same"), False)])
def test_photos_in_which_no_face_is_left_are_not_enrolled(judge, people, kinds, missed):
    person = people[0]
    own = judge.embed(files(people, *kinds)[person.name])
    assert ((judge.ranks(judge.nearest, person, own) > 0) == missed).all()


def test_posting_one_weak_photo_more_ends_protection(judge, people):
    cloaked = files(people, "wrong")
    for own in cloaked.values():
        own[3] = Path("same", *own[3].parts[1:])
    rows = posted_curve(judge, people, cloaked, (1, 3, 4, 6), seed=0)
    assert [row["posted"] for row in rows] == [1, 3, 4, 6]
    assert [share(row, "1-NN") for row in rows] == [1, 1, 0, 0]
    assert [share(row, "1-NN", "unprotected") for row in rows] == [0, 0, 0, 0]


def test_people_with_fewer_photos_are_not_on_the_curve(judge, people):
    assert posted_curve(judge, people, files(people, "wrong"), (1, POSTED + 1), seed=0) == []


def test_a_leak_ends_protection(judge, people):
    rows = leak_curve(judge, people, files(people, "wrong"), (0.0, 0.2), POSTED, seed=0)
    assert {row["leaked"]: share(row, "1-NN") for row in rows} == {0.0: 1, 0.2: 0}
    assert {row["leaked_photos"] for row in rows if row["leaked"]} == {1}


def test_decoys_restore_what_a_leak_ended_once_there_are_enough(judge, people):
    # The first "decoy" shows somebody else, the others what the person looks like.
    accounts = {
        person.name: Account(
            ("person 10", "person 11"),
            (
                Path("same", "person 10", "00.jpg"),
                *(Path("same", *photo.path.parts[1:]) for photo in person.probes),
            ),
        )
        for person in people
    }
    rows = decoy_rows(
        judge, people, files(people, "wrong"), accounts, (0, 1, 9), (0.0, 0.2), POSTED, seed=0
    )
    found = {(row["leaked"], row["decoys"]): share(row, "1-NN") for row in rows}
    assert found == {(0, 0): 1, (0, 1): 1, (0, 9): 1, (0.2, 0): 0, (0.2, 1): 0, (0.2, 9): 1}
    none, one, many = (row["nearest_decoy"] for row in rows[:3])
    assert none is None
    assert one < 0.5 < many
    assert {round(row["nearest_clean"], 6) for row in rows} == {round(rows[0]["nearest_clean"], 6)}


def test_no_more_decoys_are_measured_than_there_are():
    accounts = [Account(("ann",), (Path("a"),) * 5), Account(("bea",), (Path("b"),) * 20)]
    assert count_decoys((4, 8, 16), accounts) == [0, 4, 5]
    assert count_decoys((2,), accounts) == [0, 2]


def test_donors_are_not_in_the_gallery(judge, people):
    gallery = judge.gallery(people[0].name, [], ("person 10", "person 11"))
    assert not {"person 10", "person 11", people[0].name} & set(gallery.others.names)
    assert len(np.unique(gallery.others.names)) == 9


def test_a_transform_that_undoes_cloaks_shows_in_its_row(judge, people):
    rows = transform_table(
        judge, people, files(people, "wrong"), ("jpeg 50", "blur"), POSTED, seed=0
    )
    assert [row["transform"] for row in rows] == ["none", "jpeg 50", "blur"]
    assert [share(row, "1-NN") for row in rows] == [1, 0, 1]


def test_the_four_cases_of_retrieval(judge, people):
    rows = retrieval_table(judge, people, files(people, "wrong"), POSTED, seed=0)
    found = {(r["query"], r["gallery"]): r["not_found"]["mean"] for r in rows}
    # One wrong face for all: protected queries find protected photos, as Protego says.
    assert found == {
        ("clean", "clean"): 0,
        ("clean", "protected"): 1,
        ("protected", "clean"): 1,
        ("protected", "protected"): 0,
    }


def test_a_query_does_not_find_itself(judge, people):
    cloaked = files(people, "same")
    for own in cloaked.values():
        own[0] = Path("wrong", *own[0].parts[1:])
    rows = retrieval_table(judge, people, cloaked, POSTED, seed=0)
    (both,) = (r for r in rows if r["query"] == r["gallery"] == "protected")
    assert both["not_found"]["mean"] == pytest.approx(1 / POSTED, abs=1e-4)

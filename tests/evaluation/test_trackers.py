from __future__ import annotations

import numpy as np
import pytest

from fawkes_host.evaluation.galleries import Gallery, everyone_but
from fawkes_host.evaluation.recognisers import unit
from fawkes_host.evaluation.trackers import (
    MOST_AXES,
    FineTuned,
    LinearClassifier,
    NearestNeighbour,
    Verification,
    principal_axes,
)
from tests.evaluation.toy import embedded_people

PERSON, STRANGER = "person 03", "person 07"


@pytest.fixture(scope="module")
def everyone():
    return embedded_people(people=20, photos=8)


@pytest.fixture(scope="module")
def trackers(everyone):
    return [NearestNeighbour(), LinearClassifier(), Verification(*everyone), FineTuned()]


def split(everyone):
    embeddings, names = everyone
    own = embeddings[names == PERSON]
    return own[:5], own[5:], everyone_but(embeddings, names, [PERSON])


def test_every_tracker_knows_who_has_posted_clean_photos(everyone, trackers):
    own, probes, others = split(everyone)
    for tracker in trackers:
        assert (tracker.ranks(Gallery(PERSON, own, others), probes) == 0).all(), tracker.name


def test_no_tracker_knows_who_has_posted_only_somebody_elses_face(everyone, trackers):
    embeddings, names = everyone
    _, probes, others = split(everyone)
    wrong = -embeddings[names == PERSON][:5]
    for tracker in trackers:
        assert (tracker.ranks(Gallery(PERSON, wrong, others), probes) > 0).all(), tracker.name


def test_one_clean_photo_wins_the_nearest_neighbour(everyone):
    own, probes, others = split(everyone)
    mixed = np.concatenate([-own[:4], own[4:]])
    assert (NearestNeighbour().ranks(Gallery(PERSON, mixed, others), probes) == 0).all()


def test_who_is_not_enrolled_comes_after_everyone(everyone):
    _, probes, others = split(everyone)
    empty = Gallery(PERSON, np.zeros((0, 32), np.float32), others)
    identities = len(np.unique(others.names))
    assert (NearestNeighbour().ranks(empty, probes) == identities).all()
    assert (LinearClassifier().ranks(empty, probes) == identities).all()
    assert (FineTuned().ranks(empty, probes) == identities).all()


def test_place_counts_the_identities_that_are_nearer():
    axes = np.eye(4, dtype=np.float32)
    others = everyone_but(axes[:3], np.array(["a", "b", "c"]), [])
    probe = unit(np.array([[0.9, 0.5, 0.1, 0.3]], np.float32))
    gallery = Gallery("p", axes[3:], others)
    assert NearestNeighbour().ranks(gallery, probe).tolist() == [2]


def test_verification_accepts_one_stranger_in_a_thousand():
    embeddings, names = embedded_people(people=40, photos=10, spread=0.3)
    tracker = Verification(embeddings, names)
    classes = np.unique(names)
    means = unit(np.stack([embeddings[names == name].mean(axis=0) for name in classes]))
    scores = (embeddings @ means.T)[names[:, None] != classes]
    assert np.mean(scores >= tracker.threshold) == pytest.approx(1e-3, abs=3e-4)


def test_linear_classifier_names_as_scikit_learn_does_wherever_it_starts():
    sklearn = pytest.importorskip("sklearn.linear_model")
    embeddings, names = embedded_people(people=30, photos=6, spread=0.35, seed=4)
    tracker = LinearClassifier()
    agreed = []
    for person in ("person 02", "person 11", "person 25"):
        own = embeddings[names == person]
        others = everyone_but(embeddings, names, [person])
        # Half-way to somebody else, so that the answer is open.
        other = embeddings[names == "person 20"].mean(axis=0)
        gallery = Gallery(person, unit(0.5 * own[:3] + 0.7 * other), others)
        theirs = sklearn.LogisticRegression(C=tracker.C, max_iter=1000)
        theirs.fit(gallery.embeddings, gallery.names)
        ours = tracker.ranks(gallery, embeddings[names == person]) > 0
        agreed += list(ours == (theirs.predict(own) != person))
    assert np.mean(agreed) >= 0.9


def test_tuned_features_part_people_that_a_recogniser_confuses():
    random = np.random.default_rng(1)
    embeddings, names = embedded_people(people=12, photos=10, spread=0.05, seed=2)
    # A direction that says nothing of the person drowns what does.
    loud = np.concatenate([0.3 * embeddings, random.normal(size=(120, 4))], axis=1)
    loud = unit(loud.astype(np.float32))
    person = "person 05"
    own = loud[names == person]
    gallery = Gallery(person, own[:5], everyone_but(loud, names, [person]))
    untuned = (NearestNeighbour().ranks(gallery, own[5:]) > 0).mean()
    tuned = (FineTuned().ranks(gallery, own[5:]) > 0).mean()
    assert untuned >= 0.4
    assert tuned <= untuned - 0.2


def test_long_embeddings_are_turned_and_short_ones_are_not():
    random = np.random.default_rng(0)
    assert principal_axes(random.normal(size=(20, 128)).astype(np.float32)) is None
    long = random.normal(size=(400, 600)).astype(np.float32)
    axes = principal_axes(long)
    assert axes.shape == (600, MOST_AXES)
    assert np.allclose(axes.T @ axes, np.eye(MOST_AXES), atol=1e-4)

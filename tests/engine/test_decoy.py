"""Decoys on toy networks: a drawn donor, and a person who is a drawing of other proportions."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from fawkes_host.engine import decoy, stages
from fawkes_host.engine.album import SAME_PERSON, Album, PhotoFaces, likeness
from fawkes_host.engine.align import face_crop
from fawkes_host.engine.decoy import blend
from fawkes_host.engine.detect import detect
from fawkes_host.engine.likeness import (
    Portrait,
    find_person,
    likeness_among,
    likeness_in,
    pair,
)
from fawkes_host.engine.pipeline import Engine
from fawkes_host.photo.decode import decode
from fawkes_host.photo.metadata import Policy
from fawkes_host.protocol.errors import Cancelled, NobodyRemembered, NoFace, ShowsPerson
from fawkes_host.visibility.meter import VisibilityMeter
from tests.engine.toy import TEMPLATE, discerning_engine, draw_person, png


@pytest.fixture(scope="module")
def engine() -> Engine:
    return discerning_engine()


@pytest.fixture(scope="module")
def donor() -> np.ndarray:
    return draw_person(1.25)


@pytest.fixture(scope="module")
def person(engine) -> Portrait:
    (face,) = engine.portraits(png(draw_person(0.8)))
    return face


@pytest.fixture(scope="module")
def landmarks(donor) -> np.ndarray:
    (face,) = detect(donor)
    return face.landmarks


def test_a_decoy_is_nearer_to_the_person_within_its_budget(engine, donor, person, landmarks):
    made = engine.decoy(png(donor), person.embedding, None)
    assert set(made.before) == set(made.after) == {"one", "other"}
    assert min(made.after[name] - made.before[name] for name in made.after) > 0
    (found,) = engine.portraits(made.data)
    assert likeness(found.embedding, person.embedding) > np.mean(list(made.before.values()))
    crop = face_crop(landmarks, donor.shape[1], donor.shape[0])
    seen = VisibilityMeter(donor[crop.slices]).measure(decode(made.data).pixels[crop.slices])
    assert -0.02 < decoy.LEVEL.budget.slack(seen) < 0.1


def test_more_resemblance_brings_a_decoy_nearer(engine, donor, person):
    def nearness(share: float) -> float:
        made = engine.decoy(png(donor), person.embedding, person, share)
        return float(np.mean(list(made.after.values())))

    assert nearness(0.0) < nearness(0.4) < nearness(1.0)


def test_a_decoy_is_the_same_for_a_donor_and_a_secret(engine, donor, person):
    first, second = (engine.decoy(png(donor), person.embedding, person).data for _ in range(2))
    assert first == second
    other = discerning_engine(secret=b"another installation's secret, 32")
    assert other.decoy(png(donor), person.embedding, person).data != first


def test_a_photo_without_a_face_becomes_no_decoy(engine, person):
    with pytest.raises(NoFace):
        engine.decoy(png(np.full((120, 160, 3), 90, np.uint8)), person.embedding, person)


def test_a_decoy_keeps_nothing_of_the_donors_metadata(engine, donor, person):
    exif = Image.Exif()
    exif[0x010F] = "a camera of the donor's"
    file = io.BytesIO()
    Image.fromarray(donor).save(file, "JPEG", quality=90, exif=exif)
    assert b"a camera of the donor's" in file.getvalue()
    made = engine.decoy(file.getvalue(), person.embedding, person)
    assert b"a camera of the donor's" not in made.data
    kept = engine.decoy(file.getvalue(), person.embedding, person, policy=Policy.KEEP)
    assert b"a camera of the donor's" in kept.data


def test_making_a_decoy_can_be_cancelled(engine, donor, person):
    with pytest.raises(Cancelled):
        engine.decoy(png(donor), person.embedding, person, cancelled=lambda: True)


@pytest.fixture(scope="module")
def knowing(person) -> Engine:
    """An engine that remembers the person, from two photos, and somebody else from one."""
    (stranger,) = discerning_engine().portraits(png(draw_person(1.0)))
    faces = [stranger.embedding, person.embedding, person.embedding]
    return discerning_engine(Album(lambda: faces))


def test_a_photo_becomes_a_decoy_of_who_is_remembered_best(knowing, donor, person):
    result = knowing.decoy_of_remembered(png(donor), Policy.STRIP)
    assert (result.status, result.receipt.level) == ("cloaked", "decoy")
    (face,) = result.receipt.faces
    before = knowing.decoy(png(donor), person.embedding).before
    assert set(face.likeness) == {"one", "other"}
    assert all(face.likeness[name] > before[name] for name in before)
    assert face.ssimulacra2 >= decoy.LEVEL.budget.ssimulacra2 - 1


def test_nobody_is_pulled_towards_themselves(knowing):
    """A decoy of one's own photo would only be easier to recognise."""
    with pytest.raises(ShowsPerson):
        knowing.decoy_of_remembered(png(draw_person(0.8, gamma=1.1)))


def test_a_decoy_needs_somebody_to_be_taken_for(engine, donor):
    with pytest.raises(NobodyRemembered):
        engine.decoy_of_remembered(png(donor))


def test_without_a_face_there_is_nothing_to_make_a_decoy_of(knowing):
    blank = png(np.full((120, 160, 3), 90, np.uint8))
    result = knowing.decoy_of_remembered(blank)
    assert result.status == "no_face"
    assert np.array_equal(decode(result.data).pixels, decode(blank).pixels)


def test_the_person_beside_somebody_else_is_found_too(knowing, donor):
    """The largest face would become the decoy, and the person go up beside it as they are."""
    small = np.asarray(Image.fromarray(draw_person(0.8)).resize((180, 225)))
    both = np.full((max(donor.shape[0], 225), donor.shape[1] + 180, 3), 128, np.uint8)
    both[: donor.shape[0], : donor.shape[1]] = donor
    both[:225, donor.shape[1] :] = small
    assert len(knowing.faces(png(both)).faces) == 2
    with pytest.raises(ShowsPerson):
        knowing.decoy_of_remembered(png(both))


def test_what_may_be_a_face_is_told_of_a_decoy_too(knowing, donor, monkeypatch):
    faces = detect(donor)
    monkeypatch.setattr(stages, "take_faces", lambda *_: (faces, 1))
    made = knowing.decoy_of_remembered(png(donor))
    assert (made.status, "face_doubtful" in made.receipt.notices) == ("cloaked", True)
    monkeypatch.setattr(stages, "take_faces", lambda *_: ([], 1))
    kept = knowing.decoy_of_remembered(png(donor))
    assert (kept.status, "face_doubtful" in kept.receipt.notices) == ("no_face", True)


def test_a_gif_that_does_not_move_becomes_a_decoy_as_a_png(knowing, donor):
    file = io.BytesIO()
    Image.fromarray(donor).save(file, "GIF")
    made = knowing.decoy_of_remembered(file.getvalue())
    assert made.status == "cloaked"
    assert "converted_to_png" in made.receipt.notices
    assert made.data.startswith(b"\x89PNG")


def test_a_blend_stays_on_the_face_and_goes_from_one_to_the_other(donor, person, landmarks):
    assert np.array_equal(blend(donor, landmarks, person, 0.0), donor)
    half, whole = (blend(donor, landmarks, person, share) for share in (0.5, 1.0))
    crop = face_crop(landmarks, donor.shape[1], donor.shape[0])
    for mixed in (half, whole):
        outside = mixed.copy()
        outside[crop.slices] = donor[crop.slices]
        assert np.array_equal(outside, donor)
    moved = [np.abs(mixed.astype(int) - donor).mean() for mixed in (half, whole)]
    assert 0 < moved[0] < moved[1]
    # Its border is soft: nothing jumps where the blend begins.
    edge = np.concatenate([whole[crop.top, crop.left : crop.right], whole[crop.bottom - 1]])
    own = np.concatenate([donor[crop.top, crop.left : crop.right], donor[crop.bottom - 1]])
    assert np.array_equal(edge, own)


def test_a_blend_takes_the_donors_colours(donor, landmarks):
    """A portrait that is the donor itself, darker and bluer, changes next to nothing."""
    tinted = (donor * (0.6, 0.7, 0.9)).astype(np.uint8)
    same = Portrait.cut(tinted, landmarks, {})
    change = blend(donor, landmarks, same, 1.0).astype(int) - donor
    assert np.abs(change).mean() < 0.1 * np.abs(tinted.astype(int) - donor).mean()


def test_the_person_is_who_is_on_most_photos():
    def face(angle: float) -> dict[str, np.ndarray]:
        return {"one": np.array([np.cos(angle), np.sin(angle)], np.float32)}

    ann, bea, cy = 0.0, 2.0, 4.0
    photos = [
        [face(bea), face(ann)],
        [],
        [face(ann + 0.1)],
        [face(cy), face(ann - 0.1)],
        [face(bea + 0.1)],
    ]
    assert find_person(photos) == [(0, 1), (2, 0), (3, 1)]
    assert find_person([[], []]) == []
    likeness_ = likeness_among([face(bea), face(ann), face(ann + 0.1)])
    assert likeness(likeness_.embedding, face(ann + 0.05)) > 0.999
    assert likeness_.places == ()


def test_a_likeness_is_what_a_persons_photos_have_in_common(person):
    nobody, one = PhotoFaces((), ()), PhotoFaces((), (person.embedding,))
    assert likeness_in([nobody, nobody]) is None
    found = likeness_in([one, nobody, one])
    assert found is not None
    assert found.places == ((0, 0), (2, 0))
    assert likeness(found.embedding, person.embedding) == pytest.approx(1.0)


def test_each_donor_gets_a_portrait_that_is_held_alike_and_each_comes_up():
    def held(turn: float) -> np.ndarray:
        nose = np.zeros((5, 2))
        nose[2, 0] = turn
        return (TEMPLATE + nose).astype(np.float32)

    left, middle, right = held(-4), held(0), held(4)
    assert pair([held(3), held(-3), held(1)], [left, middle, right]) == [2, 0, 1]
    # The best of those that came up least often.
    assert pair([held(3), held(3), held(3)], [left, right]) == [1, 0, 1]
    assert pair([left, right], []) == [None, None]


def test_donors_of_the_tests_are_somebody_else(engine, donor, person):
    (face,) = engine.portraits(png(donor))
    assert likeness(face.embedding, person.embedding) < SAME_PERSON

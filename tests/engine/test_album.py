"""Who is on the photos of an album, with embeddings made for it."""

from __future__ import annotations

import numpy as np
import pytest

from fawkes_host.engine import album
from fawkes_host.engine.album import Album, PhotoFaces, cosines, mean_person

SIZES = {"one": 64, "other": 128}


def face(person: int, photo: int, moment: float = 0.6) -> dict[str, np.ndarray]:
    """An embedding: the person's direction, and a share of one that only this photo has."""
    made = {}
    for name, size in SIZES.items():
        parts = np.random.default_rng([person, size]), np.random.default_rng([person, photo, size])
        own, once = (random.normal(size=size) / np.sqrt(size) for random in parts)
        whole = own + moment * once
        made[name] = (whole / np.linalg.norm(whole)).astype(np.float32)
    return made


def page(*faces: dict[str, np.ndarray]) -> PhotoFaces:
    return PhotoFaces((), faces)


def test_other_photos_of_the_person_are_found_and_nobody_else():
    found = Album()
    found.add(b"a", page(face(1, 1), face(2, 1)))
    found.add(b"b", page(face(3, 2), face(1, 2)))
    found.add(b"c", page(face(2, 3)))
    found.add(b"d", page())
    (other,) = found.others(b"a", face(1, 1))
    assert other["one"] == pytest.approx(face(1, 2)["one"])
    assert len(found.others(b"new", face(1, 4))) == 2
    assert found.others(b"new", face(9, 4)) == []


def test_a_picture_saved_twice_tells_nothing_new():
    found = Album()
    found.add(b"png", page(face(1, 1)))
    found.add(b"jpeg", page({k: v + np.float32(1e-4) for k, v in face(1, 1).items()}))
    assert found.others(b"png", face(1, 1)) == []


def test_mean_is_nearer_to_the_person_than_each_photo():
    photos = [face(1, photo) for photo in range(6)]
    person = face(1, 99, moment=0.0)
    mean = mean_person(photos)
    assert all(np.linalg.norm(mean[name]) == pytest.approx(1) for name in SIZES)
    best = max(cosines(photo, person)["one"] for photo in photos)
    assert cosines(mean, person)["one"] > best


def test_what_was_looked_at_longest_ago_goes_first(monkeypatch):
    monkeypatch.setattr(album, "PHOTOS", 2)
    found = Album()
    for key in (b"a", b"b", b"a", b"c"):
        found.add(key, page(face(1, key[0])))
    assert [found.get(key) is None for key in (b"a", b"b", b"c")] == [False, True, False]
    assert len(found) == 2

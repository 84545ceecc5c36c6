from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from PIL import Image

from fawkes_host.evaluation.datasets import Landmarks
from fawkes_host.evaluation.embeddings import EmbeddingStore, Picture
from fawkes_host.evaluation.portrait import draw_portrait
from tests.evaluation.toy import DIMENSION, ToyRecogniser

POINTS = [[116, 123], [164, 123], [140, 155], [121, 181], [159, 181]]
"""Where a portrait of 280 px has its landmarks."""


@pytest.fixture
def photos(tmp_path):
    """A photo with a face, one without, and what a detector would have found in them."""
    known = {}
    for name, pixels, points in (
        ("face.png", draw_portrait(280), POINTS),
        ("wall.png", np.full((60, 60, 3), 90, np.uint8), None),
    ):
        Image.fromarray(pixels).save(tmp_path / name)
        known[hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()] = points
    (tmp_path / "landmarks.json").write_text(json.dumps(known), "utf-8")
    return tmp_path


def open_store(folder, recogniser=None):
    landmarks = Landmarks(folder / "landmarks.json")
    return EmbeddingStore(recogniser or ToyRecogniser(), landmarks, folder / "kept")


def test_each_picture_is_embedded_once_and_kept(photos):
    pictures = [Picture(photos / "face.png"), Picture(photos / "face.png", "jpeg 50")]
    store = open_store(photos)
    first = store.embed(pictures)
    store.embed(pictures)
    assert store.recogniser.calls == 2

    again = open_store(photos)
    rows = again.embed(pictures)
    assert again.recogniser.calls == 0
    assert np.array_equal(rows, first)
    assert not np.array_equal(rows[0], rows[1])


def test_embeddings_have_length_one(photos):
    (row,) = open_store(photos).embed([Picture(photos / "face.png")])
    assert row.shape == (DIMENSION,)
    assert np.linalg.norm(row) == pytest.approx(1)


def test_a_photo_without_a_face_has_no_embedding(photos):
    rows = open_store(photos).embed([Picture(photos / "wall.png"), Picture(photos / "face.png")])
    assert rows[0] is None
    assert rows[1] is not None


def test_a_damaged_file_has_no_embedding(photos):
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no photo")
    assert open_store(photos).embed([Picture(photos / "broken.jpg")]) == [None]


def test_landmarks_follow_a_transform(photos):
    store = open_store(photos)
    plain = store.chip(Picture(photos / "face.png")).astype(float)
    shrunk = store.chip(Picture(photos / "face.png", "half")).astype(float)
    aside = np.abs(np.roll(plain, 4, axis=1) - plain).mean()
    assert np.abs(shrunk - plain).mean() < 0.5 * aside


def test_another_recogniser_has_a_file_of_its_own(photos):
    open_store(photos).embed([Picture(photos / "face.png")])
    other = ToyRecogniser()
    other.fingerprint = "1"
    open_store(photos, other).embed([Picture(photos / "face.png")])
    assert other.calls == 1

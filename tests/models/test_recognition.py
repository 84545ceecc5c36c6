"""Every surrogate really recognises people."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest

import alignment
from fawkes_models import store
from fawkes_models.registry import NETWORKS

PHOTOS_A_PERSON = 10
BATCH = 16


@functools.cache
def find_portraits(faces: Path) -> list[tuple[str, Path, np.ndarray]]:
    people = sorted(path for path in faces.iterdir() if path.is_dir())
    paths = [p for person in people for p in alignment.list_photos(person)[:PHOTOS_A_PERSON]]
    portraits = [(path.parent.name, path, marks) for path, _, marks in alignment.find_faces(paths)]
    return portraits


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_the_nearest_photo_shows_the_same_person(photos_of_people: Path, name: str) -> None:
    import tensorflow as tf

    network = store.load(name)
    forward = tf.function(network, reduce_retracing=True)
    portraits = find_portraits(photos_of_people)
    chips = [
        alignment.cut_chip(
            alignment.open_photo(path), landmarks, network.template, network.input_size
        )
        for _, path, landmarks in portraits
    ]
    batches = [np.stack(chips[start : start + BATCH]) for start in range(0, len(chips), BATCH)]
    embeddings = np.concatenate([forward(tf.constant(batch)).numpy() for batch in batches])
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)

    people = np.array([person for person, _, _ in portraits])
    similarity = embeddings @ embeddings.T
    np.fill_diagonal(similarity, -1)
    assert len(people) > 100
    assert (people[similarity.argmax(1)] == people).mean() >= 0.96

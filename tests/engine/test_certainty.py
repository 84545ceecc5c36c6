"""Which of the places that the detector found are faces: on made-up places and answers."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from fawkes_host.engine import certainty
from fawkes_host.engine.certainty import A_FACE, CERTAIN, HARDLY_A_FACE, LEAST_UPRIGHT, take_faces
from fawkes_host.engine.detect import Face

PIXELS = np.zeros((200, 200, 3), np.uint8)
LANDMARKS = np.array([[80, 80], [120, 80], [100, 100], [85, 120], [115, 120]], np.float32)
UPRIGHT = Face((60.0, 60.0, 80.0, 80.0), LANDMARKS, 0.9)
LYING = replace(UPRIGHT, landmarks=LANDMARKS[:, ::-1].copy(), confidence=0.999, turned=True)


@pytest.fixture
def take(monkeypatch):
    """Takes faces among those found and candidates, of which the surrogates say ``upright`` or
    ``lying``, by how the eyes lie."""

    def call(found, candidates=(), upright=0.0, lying=0.0):
        def face_likeness(canvas, frame):
            left, right = frame.landmarks[:2]
            return upright if abs(right[0] - left[0]) > abs(right[1] - left[1]) else lying

        monkeypatch.setattr(certainty, "look", lambda pixels: (list(found), list(candidates)))
        return take_faces(PIXELS, SimpleNamespace(face_likeness=face_likeness), 10)

    return call


def test_an_upright_face_is_left_out_only_where_all_say_so(take):
    sure = replace(UPRIGHT, confidence=CERTAIN)
    assert take([sure], upright=0.0) == ([sure], 0)
    assert take([UPRIGHT], upright=LEAST_UPRIGHT) == ([UPRIGHT], 0)
    assert take([UPRIGHT], upright=LEAST_UPRIGHT - 0.01) == ([], 1)


def test_a_turned_face_is_one_where_the_surrogates_say_so(take):
    assert take([LYING], lying=HARDLY_A_FACE) == ([LYING], 0)
    assert take([LYING], lying=HARDLY_A_FACE - 0.01) == ([], 1)


def test_of_a_face_seen_upright_and_lying_the_likelier_is_taken(take):
    seen_twice = replace(LYING, instead=UPRIGHT)
    assert take([seen_twice], upright=0.8, lying=0.6) == ([UPRIGHT], 0)
    assert take([seen_twice], upright=0.6, lying=0.8) == ([seen_twice], 0)
    assert take([seen_twice], upright=0.6, lying=0.6) == ([], 1)


def test_what_the_detector_left_out_is_a_face_or_told_or_nothing(take):
    assert take([], [UPRIGHT], upright=A_FACE) == ([UPRIGHT], 0)
    assert take([], [UPRIGHT], upright=A_FACE - 0.01) == ([], 1)
    assert take([], [UPRIGHT], upright=HARDLY_A_FACE - 0.01) == ([], 0)

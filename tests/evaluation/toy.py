"""A recogniser whose answers are known: it sees the mean colours of a chip's quarters."""

from __future__ import annotations

import numpy as np

from fawkes_host.evaluation.recognisers import ARCFACE_TEMPLATE

DIMENSION = 12


class ToyRecogniser:
    name = "toy"
    fingerprint = "0"
    input_size = 112
    template = ARCFACE_TEMPLATE

    def __init__(self) -> None:
        self.calls = 0

    def embed(self, chips: np.ndarray) -> np.ndarray:
        self.calls += len(chips)
        halves = chips.reshape(len(chips), 2, 56, 2, 56, 3).mean(axis=(2, 4))
        return (halves.reshape(len(chips), DIMENSION) / 255 - 0.5).astype(np.float32)


def embedded_people(people: int, photos: int, spread: float = 0.1, seed: int = 0):
    """Embeddings [people · photos, d] of length one around one direction a person, and names."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(people, 32))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    rows = np.repeat(centres, photos, axis=0) + spread * random.normal(size=(people * photos, 32))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    names = np.repeat([f"person {i:02}" for i in range(people)], photos)
    return rows.astype(np.float32), names

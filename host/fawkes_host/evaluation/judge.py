"""One recogniser with everyone's clean photos and its trackers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fawkes_host.evaluation.datasets import Person, PersonPhoto
from fawkes_host.evaluation.embeddings import EmbeddingStore, Picture
from fawkes_host.evaluation.galleries import Gallery, Others, everyone_but, stack
from fawkes_host.evaluation.recognisers import Embeddings
from fawkes_host.evaluation.trackers import (
    FineTuned,
    LinearClassifier,
    NearestNeighbour,
    Ranks,
    Tracker,
    Verification,
    principal_axes,
)

Rows = list[Embeddings | None]
"""Embeddings [d] of photos in their order; ``None`` where the tracker found no face."""


class Judge:
    """A recogniser that is asked who is on a photo."""

    def __init__(
        self,
        store: EmbeddingStore,
        photos: Sequence[PersonPhoto],
        on_each: Callable[[int], None] | None = None,
    ) -> None:
        """Take all clean photos: everyone's, and those of the distractors."""
        self.name = store.recogniser.name
        self.store = store
        rows = store.embed([Picture(photo.path) for photo in photos], on_each)
        found = [i for i, row in enumerate(rows) if row is not None]
        self._embeddings: Embeddings = np.stack([row for row in rows if row is not None])
        self._names: NDArray[np.str_] = np.array([photos[i].person for i in found])
        self._others: dict[tuple[str, ...], Others] = {}
        self._ranks: dict[tuple[str, int, str | None, str], Ranks] = {}
        self.nearest = NearestNeighbour()
        axes = principal_axes(self._embeddings)
        self.linear = LinearClassifier(axes)
        self.trackers: tuple[Tracker, ...] = (
            self.nearest,
            self.linear,
            Verification(self._embeddings, self._names),
            FineTuned(axes),
        )

    @property
    def dimension(self) -> int:
        return int(self._embeddings.shape[1])

    def embed(self, files: Sequence[Path], transform: str | None = None) -> Rows:
        """Return the embeddings of files, after a transform."""
        return self.store.embed([Picture(file, transform) for file in files])

    def posted(self, person: Person, count: int, transform: str | None = None) -> Rows:
        """Return the clean originals of a person's first posted photos."""
        return self.embed([photo.path for photo in person.posted[:count]], transform)

    def probes(self, person: Person) -> Embeddings:
        """Return a person's probes [n, d]."""
        return stack(self.embed([photo.path for photo in person.probes]), self.dimension)

    def gallery(
        self, person: str, own: Rows, absent: Sequence[str] = (), second: Rows | None = None
    ) -> Gallery:
        """Enrol a person's photos beside clean photos of everyone else but ``absent``."""
        away = (person, *absent)
        if away not in self._others:
            self._others[away] = everyone_but(self._embeddings, self._names, away)
        return Gallery(
            person,
            stack(own, self.dimension),
            self._others[away],
            None if second is None else stack(second, self.dimension),
        )

    def clean_ranks(
        self, tracker: Tracker, person: Person, count: int, transform: str | None = None
    ) -> Ranks:
        """Return the ranks of a person's probes without a cloak, computed once."""
        key = (person.name, count, transform, tracker.name)
        if key not in self._ranks:
            gallery = self.gallery(person.name, self.posted(person, count, transform))
            self._ranks[key] = tracker.ranks(gallery, self.probes(person))
        return self._ranks[key]

    def ranks(
        self,
        tracker: Tracker,
        person: Person,
        own: Rows,
        absent: Sequence[str] = (),
        second: Rows | None = None,
    ) -> Ranks:
        """Return the ranks of a person's probes where ``own`` is enrolled: see ``gallery``."""
        gallery = self.gallery(person.name, own, absent, second)
        return tracker.ranks(gallery, self.probes(person))

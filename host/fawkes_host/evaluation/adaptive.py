"""Trackers that know this tool and have run it themselves, on photos of other people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fawkes_host.evaluation.datasets import Person
from fawkes_host.evaluation.detector import detection_auc, spectrum
from fawkes_host.evaluation.embeddings import Picture
from fawkes_host.evaluation.galleries import Gallery, Others
from fawkes_host.evaluation.judge import Judge, Rows
from fawkes_host.evaluation.protection import share_row
from fawkes_host.evaluation.purifier import Purifier
from fawkes_host.evaluation.recognisers import unit
from fawkes_host.evaluation.trackers import Ranks, tune

Files = Mapping[str, Sequence[Path]]

FOLDS = 2


def adaptive_rows(
    judge: Judge,
    people: Sequence[Person],
    cloaked: Files,
    posted: int,
    purifier_epochs: int,
    seed: int,
) -> dict[str, Any]:
    """Return protection against each adaptive tracker, and the detector's AUC.

    Empty where there are too few people to keep the tracker's photos apart from the person's.
    """
    if len(people) < FOLDS:
        return {}
    return {
        "tuned_on_our_cloaks": _tuned(judge, people, cloaked, posted, seed),
        "purifier": _purified(judge, people, cloaked, posted, purifier_epochs, seed),
        "detector_auc": round(_detected(judge, people, cloaked, posted), 4),
    }


class _Adapted:
    """Nearest neighbour on features tuned on clean and cloaked photos of other people, so that the
    two look alike."""

    name = "1-NN"
    is_ranking = False

    def __init__(self, judge: Judge, people: Sequence[Person], cloaked: Files, posted: int) -> None:
        self._judge = judge
        self._cloaked = {p.name: judge.embed(cloaked[p.name][:posted]) for p in people}
        self._projections: dict[str, Any] = {}

    def ranks(self, gallery: Gallery, probes: Any) -> Ranks:
        projection = self._projections.get(gallery.person)
        others = gallery.others
        if projection is None:
            embeddings, names = [others.embeddings], list(others.names)
            for name, rows in self._cloaked.items():
                found = [row for row in rows if row is not None]
                if name != gallery.person and found:
                    embeddings.append(np.stack(found))
                    names += [name] * len(found)
            projection = tune(np.concatenate(embeddings), np.array(names))
            self._projections[gallery.person] = projection
        seen = Gallery(
            gallery.person,
            unit(gallery.own @ projection),
            Others(unit(others.embeddings @ projection), others.names),
        )
        return self._judge.nearest.ranks(seen, unit(probes @ projection))


def _tuned(
    judge: Judge, people: Sequence[Person], cloaked: Files, posted: int, seed: int
) -> dict[str, Any]:
    return share_row(
        people,
        (_Adapted(judge, people, cloaked, posted),),
        lambda tracker, person: judge.ranks(
            tracker, person, judge.embed(cloaked[person.name][:posted])
        ),
        lambda tracker, person: judge.ranks(tracker, person, judge.posted(person, posted)),
        seed,
    )


def _purified(
    judge: Judge, people: Sequence[Person], cloaked: Files, posted: int, epochs: int, seed: int
) -> dict[str, Any]:
    """Let the tracker purify what is posted under the person's name, cloaked or not."""
    chips: dict[str, tuple[list[Any], list[Any]]] = {}
    for person in people:
        chips[person.name] = (
            [judge.store.chip(Picture(photo.path)) for photo in person.posted[:posted]],
            [judge.store.chip(Picture(file)) for file in cloaked[person.name][:posted]],
        )
    rows: dict[tuple[str, bool], Rows] = {}
    for fold in range(FOLDS):
        pairs = [
            pair
            for number, person in enumerate(people)
            if number % FOLDS != fold
            for pair in zip(*chips[person.name], strict=True)
            if pair[0] is not None and pair[1] is not None
        ]
        purifier = Purifier(seed)
        if pairs:
            clean, changed = (np.stack(side) for side in zip(*pairs, strict=True))
            purifier.train(changed, clean, epochs)
        for person in people[fold::FOLDS]:
            for is_cloaked, own in zip((False, True), chips[person.name], strict=True):
                rows[person.name, is_cloaked] = [
                    None
                    if chip is None
                    else unit(judge.store.recogniser.embed(purifier.purify(chip[None]))[0])
                    for chip in own
                ]
    return share_row(
        people,
        (judge.nearest, judge.linear),
        lambda tracker, person: judge.ranks(tracker, person, rows[person.name, True]),
        lambda tracker, person: judge.ranks(tracker, person, rows[person.name, False]),
        seed,
    )


def _detected(judge: Judge, people: Sequence[Person], cloaked: Files, posted: int) -> float:
    clean_features, cloaked_features, folds = [], [], []
    for number, person in enumerate(people):
        for photo, file in zip(person.posted[:posted], cloaked[person.name], strict=False):
            pair = [judge.store.chip(Picture(path)) for path in (photo.path, file)]
            if pair[0] is None or pair[1] is None:
                continue
            clean_features.append(spectrum(pair[0]))
            cloaked_features.append(spectrum(pair[1]))
            folds.append(number % FOLDS)
    return detection_auc(np.stack(clean_features), np.stack(cloaked_features), np.array(folds))

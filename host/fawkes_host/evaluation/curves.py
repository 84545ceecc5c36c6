"""How protection changes with what was posted, what leaked, and what a site did to the photos.

Each function returns rows of a table; a row has a label and, by tracker, protection and the
unprotected error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fawkes_host.evaluation.datasets import Person
from fawkes_host.evaluation.galleries import count_leaked, leak
from fawkes_host.evaluation.intervals import mean_over_people
from fawkes_host.evaluation.judge import Judge
from fawkes_host.evaluation.protection import share_row
from fawkes_host.evaluation.trackers import Ranks, Tracker

Files = Mapping[str, Sequence[Path]]
"""Cloaked files of each person, in the order of posting."""


def posted_curve(
    judge: Judge, people: Sequence[Person], cloaked: Files, counts: Sequence[int], seed: int
) -> list[dict[str, Any]]:
    """Measure protection by the number of photos posted, over the people who have posted most."""
    able = [person for person in people if len(person.posted) >= max(counts)]
    rows = []
    for count in counts if able else ():

        def protected(tracker: Tracker, person: Person, count: int = count) -> Ranks:
            return judge.ranks(tracker, person, judge.embed(cloaked[person.name][:count]))

        def unprotected(tracker: Tracker, person: Person, count: int = count) -> Ranks:
            return judge.clean_ranks(tracker, person, count)

        trackers = (judge.nearest, judge.linear)
        shares = share_row(able, trackers, protected, unprotected, seed)
        rows.append({"posted": count, "trackers": shares})
    return rows


def leak_curve(
    judge: Judge,
    people: Sequence[Person],
    cloaked: Files,
    leaked_shares: Sequence[float],
    posted: int,
    seed: int,
) -> list[dict[str, Any]]:
    """Measure protection by the share of the posted photos that leaked clean."""

    def unprotected(tracker: Tracker, person: Person) -> Ranks:
        return judge.clean_ranks(tracker, person, posted)

    rows = []
    for share in leaked_shares:

        def protected(tracker: Tracker, person: Person, share: float = share) -> Ranks:
            own = leak(
                judge.embed(cloaked[person.name][:posted]),
                judge.posted(person, posted),
                share,
                seed,
            )
            return judge.ranks(tracker, person, own)

        trackers = (judge.nearest, judge.linear)
        rows.append(
            {
                "leaked": share,
                "leaked_photos": count_leaked(share, posted),
                "trackers": share_row(people, trackers, protected, unprotected, seed),
            }
        )
    return rows


def transform_table(
    judge: Judge,
    people: Sequence[Person],
    cloaked: Files,
    transforms: Sequence[str],
    posted: int,
    seed: int,
) -> list[dict[str, Any]]:
    """Measure protection where the tracker enrols the photos after a transform."""
    rows = []
    for name in (None, *transforms):

        def protected(tracker: Tracker, person: Person, name: str | None = name) -> Ranks:
            return judge.ranks(tracker, person, judge.embed(cloaked[person.name][:posted], name))

        def unprotected(tracker: Tracker, person: Person, name: str | None = name) -> Ranks:
            return judge.clean_ranks(tracker, person, posted, name)

        trackers = (judge.nearest, judge.linear)
        shares = share_row(people, trackers, protected, unprotected, seed)
        rows.append({"transform": name or "none", "trackers": shares})
    return rows


def retrieval_table(
    judge: Judge, people: Sequence[Person], cloaked: Files, posted: int, seed: int
) -> list[dict[str, Any]]:
    """Measure the four cases of query and gallery, clean or protected, by nearest neighbour.

    All four on the same photos: each posted photo in turn is the query, the person's others are
    enrolled.  Where a cloak gave all photos of a person one wrong face, protected queries would
    find protected photos.
    """
    rows = []
    for query_protected in (False, True):
        for gallery_protected in (False, True):
            missed = []
            for person in people:
                clean = judge.posted(person, posted)
                changed = judge.embed(cloaked[person.name][:posted])
                queries = changed if query_protected else clean
                enrolled = changed if gallery_protected else clean
                ranks = []
                for i, query in enumerate(queries):
                    if query is None:
                        # No face, no name.
                        ranks.append(1)
                        continue
                    own = enrolled[:i] + enrolled[i + 1 :]
                    gallery = judge.gallery(person.name, own)
                    ranks.append(int(judge.nearest.ranks(gallery, query[None])[0]))
                missed.append(float(np.mean(np.array(ranks) > 0)))
            rows.append(
                {
                    "query": "protected" if query_protected else "clean",
                    "gallery": "protected" if gallery_protected else "clean",
                    "not_found": mean_over_people(missed, seed).to_json(),
                }
            )
    return rows

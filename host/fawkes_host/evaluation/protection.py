"""Protection: the share of a person's clean probes that are not named as that person.

One protected person at a time; beside every share stands the unprotected error, from the same
photos uncloaked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fawkes_host.evaluation.cloaks import CloakSet
from fawkes_host.evaluation.datasets import Person
from fawkes_host.evaluation.intervals import mean_over_people
from fawkes_host.evaluation.judge import Judge
from fawkes_host.evaluation.trackers import Ranks, Tracker

CUTOFFS = (5, 10)

Find = Callable[[Tracker, Person], Ranks]
"""Tells a person's rank for each of the person's probes."""


def share_row(
    people: Sequence[Person],
    trackers: Sequence[Tracker],
    protected: Find,
    unprotected: Find,
    seed: int,
) -> dict[str, Any]:
    """Return the protection and the unprotected error for each tracker."""
    row: dict[str, Any] = {}
    for tracker in trackers:
        hidden = [protected(tracker, person) for person in people]
        plain = [unprotected(tracker, person) for person in people]
        row[tracker.name] = {
            "protection": _beyond(hidden, 1, seed),
            "unprotected": _beyond(plain, 1, seed),
        }
        if tracker.is_ranking:
            for rank in CUTOFFS:
                row[tracker.name][f"rank_{rank}"] = _beyond(hidden, rank, seed)
    return row


def _beyond(ranks: Sequence[Ranks], cutoff: int, seed: int) -> dict[str, Any]:
    """Return the share of probes for which the person is not among the first ``cutoff``."""
    return mean_over_people([float(np.mean(own >= cutoff)) for own in ranks], seed).to_json()


def protection_row(
    set_: CloakSet,
    judge: Judge,
    people: Sequence[Person],
    cloaked: Mapping[str, Sequence[Path]],
    posted: int,
    seed: int,
) -> dict[str, Any]:
    """Return what one judge says of one set of cloaks, by every tracker.

    ``cloaked`` holds the files of each person in the order of posting.
    """
    return {
        "method": set_.method,
        "strength": set_.strength,
        "made_on": list(set_.networks),
        "held_out": set_.held_out,
        "judge": judge.name,
        "unseen": judge.name not in set_.networks,
        "people": len(people),
        "trackers": share_row(
            people,
            judge.trackers,
            lambda tracker, person: judge.ranks(
                tracker, person, judge.embed(cloaked[person.name][:posted])
            ),
            lambda tracker, person: judge.clean_ranks(tracker, person, posted),
            seed,
        ),
    }


def worst_first(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort protection rows by what the nearest neighbour, then the linear classifier, leaves."""
    return sorted(
        rows,
        key=lambda row: tuple(
            row["trackers"][name]["protection"]["mean"] for name in ("1-NN", "linear")
        ),
    )

"""Protection: how often a recogniser that the cloak has never seen still knows the person.

One protected person at a time.  The tracker's gallery holds the person's posted photos, cloaked
through the real pipeline, file in and file out, and clean photos of everyone else; faces are found
again in the cloaked files.  Probes are other photos of the person, clean.  Protection is the share
of probes that are not named as the person; the unprotected error, from the same photos uncloaked,
stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine.levels import Level
from fawkes_host.engine.metadata import Policy
from fawkes_host.engine.pipeline import Engine
from fawkes_host.evaluation.datasets import Landmarks, PersonPhoto, faces_of, find_photos
from fawkes_host.evaluation.trackers import (
    Recogniser,
    cut_chip,
    linear_classifier,
    nearest_neighbour,
    unit,
)

FEWEST_PROBES = 5
"""People with fewer photos left after posting are not judged."""

BOOTSTRAPS = 2000


@dataclass(frozen=True)
class Shares:
    """Shares of a person's probes that were *not* named as the person."""

    nearest_neighbour: float
    linear: float


@dataclass
class JudgeReport:
    """What one recogniser says: a row a person."""

    judge: str
    protected: dict[str, Shares] = field(default_factory=dict)
    unprotected: dict[str, Shares] = field(default_factory=dict)

    def summary(self, seed: int) -> dict[str, Any]:
        """Means over people with 95 % intervals from a bootstrap over people."""
        random = np.random.default_rng(seed)
        result: dict[str, Any] = {"judge": self.judge, "people": len(self.protected)}
        for kind, rows in (("protected", self.protected), ("unprotected", self.unprotected)):
            for tracker in ("nearest_neighbour", "linear"):
                values = np.array([getattr(row, tracker) for row in rows.values()])
                picks = random.integers(0, len(values), (BOOTSTRAPS, len(values)))
                low, high = np.percentile(values[picks].mean(axis=1), (2.5, 97.5))
                result[f"{kind}_{tracker}"] = {
                    "mean": round(float(values.mean()), 4),
                    "interval_95": [round(float(low), 4), round(float(high), 4)],
                }
        return result


@dataclass(frozen=True)
class Plan:
    """What is to be measured."""

    faces: Path
    distractors: Path | None
    output: Path
    level: Level
    people: int | None
    posted: int
    seed: int


def evaluate(
    plan: Plan,
    engine: Engine,
    judges: Sequence[Recogniser],
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Measure a level's protection and visibility; returns what ``--json`` prints.

    Cloaked photos are kept in ``plan.output`` and not made again by a second run there.
    """
    landmarks = Landmarks(plan.output / "landmarks.json")
    photos = find_photos(plan.faces)
    tell(f"Looking for faces in {len(photos)} photos")
    clean = faces_of(photos, landmarks, tell)
    others = find_photos(plan.distractors) if plan.distractors else []
    tell(f"and in {len(others)} photos of distractors")
    crowd = faces_of(others, landmarks, tell)
    landmarks.save()

    people = choose_people([photo for photo, _, _ in clean], plan.posted, plan.people, plan.seed)
    posted = [
        item for name in people for item in [c for c in clean if c[0].person == name][: plan.posted]
    ]
    tell(f"Cloaking {len(posted)} photos of {len(people)} people at level {plan.level.name}")
    cloaked, seen = _cloak_posted(plan, engine, [photo for photo, _, _ in posted], landmarks, tell)
    landmarks.save()

    summaries = []
    for judge in judges:
        tell(f"Judging by {judge.name}")
        summaries.append(_judge(judge, people, clean, crowd, posted, cloaked).summary(plan.seed))
    worst = min(summaries, key=lambda row: row["protected_nearest_neighbour"]["mean"])
    return {
        "schema": 1,
        "level": plan.level.name,
        "posted": plan.posted,
        "people": people,
        "judges": summaries,
        "worst_judge": worst["judge"],
        "visibility": _visibility(seen),
        "undetected_cloaked_photos": sum(face is None for face in cloaked),
    }


def choose_people(
    photos: Sequence[PersonPhoto], posted: int, wanted: int | None, seed: int
) -> list[str]:
    """Return the names of people with enough photos; a seeded choice where fewer are wanted."""
    names = [photo.person for photo in photos]
    able = [name for name in dict.fromkeys(names) if names.count(name) >= posted + FEWEST_PROBES]
    if wanted is None or wanted >= len(able):
        return able
    return sorted(np.random.default_rng(seed).choice(able, wanted, replace=False).tolist())


Face = tuple[PersonPhoto, NDArray[np.uint8], NDArray[np.float32]]


def _cloak_posted(
    plan: Plan,
    engine: Engine,
    photos: list[PersonPhoto],
    landmarks: Landmarks,
    tell: Callable[[str], None],
) -> tuple[list[Face | None], list[Any]]:
    """Cloak files to files; a photo in which the tracker finds no face any more gives ``None``."""
    faces: list[Face | None] = []
    receipts = []
    for number, photo in enumerate(photos, start=1):
        target = plan.output / plan.level.name / photo.person / photo.path.name
        receipt = target.with_suffix(".json")
        if not receipt.exists():
            result = engine.cloak(photo.path.read_bytes(), plan.level, Policy.STRIP)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(result.data)
            receipt.write_text(_dump(result.receipt.faces), "utf-8")
        receipts += _load(receipt.read_text("utf-8"))
        pixels, points = landmarks.find(target.read_bytes())
        faces.append(None if points is None else (photo, pixels, points))
        if number % 12 == 0:
            tell(f"  {number} of {len(photos)}")
    return faces, receipts


def _dump(faces: Sequence[Any]) -> str:
    import json
    from dataclasses import asdict

    return json.dumps([asdict(face) for face in faces])


def _load(text: str) -> list[dict[str, Any]]:
    import json

    loaded: list[dict[str, Any]] = json.loads(text)
    return loaded


def _judge(
    judge: Recogniser,
    people: list[str],
    clean: list[Face],
    crowd: list[Face],
    posted: list[Face],
    cloaked: list[Face | None],
) -> JudgeReport:
    def embed(faces: list[Face]) -> NDArray[np.float32]:
        chips = np.stack([cut_chip(pixels, points, judge) for _, pixels, points in faces])
        return unit(judge.embed(chips))

    everyone = clean + crowd
    embeddings = embed(everyone)
    names = np.array([photo.person for photo, _, _ in everyone])
    paths = np.array([str(photo.path) for photo, _, _ in everyone])
    report = JudgeReport(judge.name)
    for person in people:
        posted_paths = [str(photo.path) for photo, _, _ in posted if photo.person == person]
        is_posted = np.isin(paths, posted_paths)
        probes = embeddings[(names == person) & ~is_posted]
        others = names != person
        theirs = [face for face in cloaked if face is not None and face[0].person == person]
        for rows, own in (
            (report.protected, embed(theirs) if theirs else np.zeros((0, embeddings.shape[1]))),
            (report.unprotected, embeddings[is_posted]),
        ):
            gallery = np.concatenate([embeddings[others], own]).astype(np.float32)
            labels = np.concatenate([names[others], np.full(len(own), person)])
            rows[person] = Shares(
                *(
                    float(np.mean(tracker(gallery, labels, probes) != person))
                    for tracker in (nearest_neighbour, linear_classifier)
                )
            )
    return report


def _visibility(faces: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Mean and worst twentieth of each measure over the cloaked faces."""
    summary = {}
    for name, worst in (
        ("ssimulacra2", 5),
        ("flip", 95),
        ("delta_e", 95),
        ("dssim", 95),
        ("psnr", 5),
        ("linf", 95),
        ("seconds", 95),
    ):
        values = [face[name] for face in faces]
        summary[name] = {
            "mean": round(float(np.mean(values)), 4),
            f"percentile_{worst}": round(float(np.percentile(values, worst)), 4),
        }
    return summary

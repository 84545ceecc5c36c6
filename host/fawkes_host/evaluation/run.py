"""An evaluation from the first photo to the report.

find faces → cloak → judge → curves → adaptive trackers → visibility → report, top to bottom.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine.align import face_crop
from fawkes_host.evaluation.adaptive import adaptive_rows
from fawkes_host.evaluation.cloaks import CloakCache, CloakSet, seconds_of
from fawkes_host.evaluation.curves import (
    leak_curve,
    posted_curve,
    retrieval_table,
    transform_table,
)
from fawkes_host.evaluation.datasets import (
    Landmarks,
    Person,
    PersonPhoto,
    choose_people,
    find_photos,
)
from fawkes_host.evaluation.decoys import DecoyTrial, count_decoys, decoy_rows
from fawkes_host.evaluation.embeddings import EmbeddingStore
from fawkes_host.evaluation.judge import Judge
from fawkes_host.evaluation.methods import NOISE, OURS, baseline_sets, our_sets
from fawkes_host.evaluation.plan import NothingToMeasure, Plan
from fawkes_host.evaluation.progress import Progress
from fawkes_host.evaluation.protection import protection_row, worst_first
from fawkes_host.evaluation.recognisers import Recogniser, SurrogateRecogniser
from fawkes_host.evaluation.visibility import Visibility, measure, summarise
from fawkes_host.photo.sandbox.client import decode
from fawkes_host.protocol.errors import FawkesError

SCHEMA = 3

CONTROL_AT_MOST = 0.05
"""Noise that protects more than this says that the judge is broken, or the photos are."""


class Instrument:
    """One evaluation."""

    def __init__(
        self,
        plan: Plan,
        networks: Sequence[Any],
        judges: Sequence[Recogniser],
        tell: Callable[[str], None],
        retrained: Sequence[Any] = (),
        for_decoys: Sequence[Any] = (),
    ) -> None:
        """``networks`` are the surrogates, ``judges`` recognisers that are none of them.

        ``retrained`` take the places of those of their names in our cloaks, and ``for_decoys`` are
        networks that decoys are made on besides; none of them ever judges.
        """
        self.plan = plan
        self.networks = {network.name: network for network in networks}
        self.cloaked_on = self.networks | {network.name: network for network in retrained}
        self.decoyed_on = self.cloaked_on | {network.name: network for network in for_decoys}
        self.external = tuple(judges)
        if not self.external and not plan.hold_out:
            raise NothingToMeasure("nobody judges: neither a recogniser nor a held-out surrogate")
        self.progress = Progress(tell)
        self.tell = tell
        self.landmarks = Landmarks(plan.output / "landmarks.json")
        self.cache = CloakCache(plan.output / "cloaks")
        self.stores: dict[str, EmbeddingStore] = {}
        self.judges: dict[str, Judge] = {}
        self.files: dict[CloakSet, dict[str, list[Path]]] = {}

    def run(self) -> dict[str, Any]:
        """Measure everything; returns the report as JSON has it."""
        plan, size = self.plan, self.plan.size
        self.cloak()
        self._open_judges()

        self.progress.begin("Judging")
        pairs = self._unseen_pairs()
        unseen = worst_first([self._row(set_, judge, self.people) for set_, judge in pairs])
        white_box = worst_first(
            [self._row(set_, judge, self.people) for set_, judge in self._white_box_pairs()]
        )
        frontier = self._frontier_rows()
        decoys = self._decoy_rows() if plan.decoys else []

        set_, judge = self._worst_view(unseen)
        curves = self._curves(set_, judge)
        self.progress.begin("Trackers that know this tool")
        adaptive = adaptive_rows(
            judge, self.people, self.files[set_], size.posted, size.purifier_epochs, plan.seed
        )
        visibility = self._visibility()
        self.landmarks.save()
        control = [row for row in frontier if row["method"] == NOISE]
        most = max((r["trackers"]["1-NN"]["protection"]["mean"] for r in control), default=None)
        return {
            "schema": SCHEMA,
            "seed": plan.seed,
            "levels": [level.name for level in plan.levels],
            "posted": size.posted,
            "alone": plan.alone,
            "retrained": list(plan.retrained),
            "people": [p.name for p in self.people],
            "people_posting_fewer": [p.name for p in self.people if len(p.posted) < size.posted],
            "baseline_people": [p.name for p in self.few],
            "probes": sum(len(p.probes) for p in self.people),
            "gallery_photos": len(self.photos),
            "gallery_people": len({photo.person for photo in self.photos}),
            "judges": sorted(self.judges),
            "hold_out": list(plan.hold_out),
            "unseen": unseen,
            "white_box": white_box,
            "frontier": frontier,
            "control": {
                "most_protected": most,
                "at_most": CONTROL_AT_MOST,
                "passed": most is not None and most <= CONTROL_AT_MOST,
            },
            "view": {
                "method": set_.method,
                "strength": set_.strength,
                "held_out": set_.held_out,
                "judge": judge.name,
            },
            **curves,
            "decoys": decoys,
            "adaptive": adaptive,
            "visibility": visibility,
        }

    def cloak(self) -> None:
        """Find everyone's faces and make every cloak; what an earlier run has made is kept."""
        plan = self.plan
        self.photos = self._find_faces()
        self.people = self._choose()
        self.few = self.people[: plan.size.baseline_people]
        # The user's recogniser judges cloaks made on all surrogates.
        self.left_out = None if self.external else plan.hold_out[0]
        self.sets = [
            *our_sets(plan, self.cloaked_on, with_all=bool(self.external)),
            *(baseline_sets(plan, self.networks, self.left_out) if self.few else ()),
        ]
        self._cloak_all()

    def _find_faces(self) -> list[PersonPhoto]:
        """Return all photos that show a face: everyone's, then the distractors'."""
        photos = find_photos(self.plan.faces)
        self._own = {photo.path for photo in photos}
        if self.plan.distractors is not None:
            others = find_photos(self.plan.distractors)
            names = list(dict.fromkeys(photo.person for photo in others))
            kept = set(names[: self.plan.size.distractor_people])
            photos += [photo for photo in others if photo.person in kept]
        self.progress.begin(f"Looking for faces in {len(photos)} photos", len(photos))
        shown = []
        for number, photo in enumerate(photos, start=1):
            try:
                if self.landmarks.find(photo.path.read_bytes()) is not None:
                    shown.append(photo)
                else:
                    self.tell(f"  {photo.path}: no face found")
            except (FawkesError, OSError) as error:
                self.tell(f"  {photo.path}: {error}")
            if number % 100 == 0:
                self.landmarks.save()
            self.progress.done(number)
        self.landmarks.save()
        return shown

    def _choose(self) -> list[Person]:
        plan = self.plan
        own = [photo for photo in self.photos if photo.path in self._own]
        people = choose_people(own, plan.reserved, plan.size.people, plan.seed)
        if not people:
            raise NothingToMeasure(
                f"nobody in {plan.faces} has photos enough to post and to probe with"
            )
        return people

    def _cloak_all(self) -> None:
        for number, set_ in enumerate(self.sets, start=1):
            people = self.people if set_.method == OURS else self.few
            wanted = self.plan.size.posted
            if set_.method == OURS and set_.strength == self.plan.curve_level.name:
                wanted = self.plan.reserved
            photos = [photo for person in people for photo in person.posted[:wanted]]
            # What a person posts is cloaked together, as from a folder.
            known = 0 if self.plan.alone else self.plan.size.posted
            enrolled = [photo for person in people for photo in person.posted[:known]]
            title = f"Cloaking [{number} of {len(self.sets)}]: {set_.title}"
            self._cloak(set_, photos, title, enrolled)
            self.cache.release(set_)

    def _cloak(
        self,
        set_: CloakSet,
        photos: Sequence[PersonPhoto],
        title: str,
        enrolled: Sequence[PersonPhoto] = (),
    ) -> list[Path]:
        self.progress.begin(title, len(photos))
        files = self.cache.cloak(set_, photos, self.progress.done, enrolled)
        by_person = self.files.setdefault(set_, {})
        for photo, file in zip(photos, files, strict=True):
            by_person.setdefault(photo.person, []).append(file)
        return files

    def _store(self, recogniser: Recogniser) -> EmbeddingStore:
        """Return the one of each recogniser, since it rewrites its file whole."""
        if recogniser.name not in self.stores:
            folder = self.plan.output / "embeddings"
            self.stores[recogniser.name] = EmbeddingStore(recogniser, self.landmarks, folder)
        return self.stores[recogniser.name]

    def _open_judges(self) -> None:
        held_out = [SurrogateRecogniser(self.networks[name]) for name in self.plan.hold_out]
        for recogniser in (*self.external, *held_out):
            self.progress.begin(f"Embedding by {recogniser.name}", len(self.photos))
            store = self._store(recogniser)
            self.judges[recogniser.name] = Judge(store, self.photos, self.progress.done)
        for by_person in self.files.values():
            for files in by_person.values():
                for file in files:
                    self.landmarks.find(file.read_bytes())
        self.landmarks.save()

    def _row(self, set_: CloakSet, judge: Judge, people: Sequence[Person]) -> dict[str, Any]:
        self.tell(f"  {set_.title}, judged by {judge.name}")
        size = self.plan.size
        return protection_row(set_, judge, people, self.files[set_], size.posted, self.plan.seed)

    def _ours(self) -> list[CloakSet]:
        return [set_ for set_ in self.sets if set_.method == OURS]

    def _unseen_pairs(self) -> list[tuple[CloakSet, Judge]]:
        """Pair a recogniser of the user's with cloaks made on all surrogates, a held-out one
        with those made without it."""
        pairs = []
        for set_ in self._ours():
            if set_.held_out is None:
                pairs += [(set_, self.judges[judge.name]) for judge in self.external]
            else:
                pairs.append((set_, self.judges[set_.held_out]))
        return pairs

    def _white_box_pairs(self) -> list[tuple[CloakSet, Judge]]:
        """Pair surrogates with the first set of cloaks that they had a part in."""
        level = self.plan.curve_level.name
        pairs = []
        for name in self.plan.hold_out:
            sets = [s for s in self._ours() if name in s.networks and s.strength == level]
            pairs += [(set_, self.judges[name]) for set_ in sets[:1]]
        return pairs

    def _frontier_rows(self) -> list[dict[str, Any]]:
        """Judge every method on the same people, by the same judge, on the same surrogates."""
        if not self.few:
            return []
        judge = self.judges[self.left_out or self.external[0].name]
        sets = [s for s in self.sets if s.method == NOISE or s.held_out == self.left_out]
        return [self._row(set_, judge, self.few) for set_ in sets]

    def _worst_view(self, unseen: Sequence[dict[str, Any]]) -> tuple[CloakSet, Judge]:
        """Choose where protection is weakest: the curves are drawn there."""
        level = self.plan.curve_level.name
        row = next(row for row in unseen if row["strength"] == level)
        set_ = next(
            s for s in self._ours() if s.strength == level and s.held_out == row["held_out"]
        )
        return set_, self.judges[row["judge"]]

    def _curves(self, set_: CloakSet, judge: Judge) -> dict[str, Any]:
        plan, size, files = self.plan, self.plan.size, self.files[set_]
        self.progress.begin(f"Curves: {set_.title}, judged by {judge.name}")
        common = size.posted, plan.seed
        curve = posted_curve(judge, self.people, files, size.posted_curve, plan.seed)
        self.tell("  leaked photos")
        leaked = leak_curve(judge, self.people, files, size.leaked_shares, *common)
        self.tell("  transforms")
        transforms = transform_table(judge, self.people, files, size.transforms, *common)
        self.tell("  queries and galleries")
        return {
            "posted_curve": curve,
            "leaked": leaked,
            "transforms": transforms,
            "retrieval": retrieval_table(judge, self.people, files, *common),
        }

    def _decoy_rows(self) -> list[dict[str, Any]]:
        """Measure decoys with every set of our cloaks by every judge that took part in neither."""
        plan, size = self.plan, self.plan.size
        own = [photo for photo in self.photos if photo.path in self._own]
        trial = DecoyTrial(
            self.decoyed_on,
            own,
            self.landmarks,
            lambda network: self._store(SurrogateRecogniser(network)),
            self.cache,
            plan.seed,
        )
        rows = []
        pairs = self._unseen_pairs()
        for kind in plan.donors:
            for left_out in dict.fromkeys(set_.held_out for set_, _ in pairs):
                accounts = {}
                without = f" without {left_out}" if left_out else ""
                for person in self.people:
                    title = f"Decoys of {person.name}, {kind} donors{without}"
                    self.progress.begin(title, max(plan.decoys))
                    accounts[person.name] = trial.make(
                        person, max(plan.decoys), kind, left_out, self.progress.done
                    )
                for set_, judge in pairs:
                    if set_.held_out != left_out:
                        continue
                    self.tell(f"  decoys, {kind} donors; {set_.title}, judged by {judge.name}")
                    files = self.files[set_]
                    counts = count_decoys(plan.decoys, accounts.values())
                    found = decoy_rows(
                        judge,
                        self.people,
                        files,
                        accounts,
                        counts,
                        size.decoys_leaked,
                        size.posted,
                        plan.seed,
                    )
                    common = {"strength": set_.strength, "judge": judge.name, "donors": kind}
                    rows += [common | row for row in found]
        return rows

    def _visibility(self) -> list[dict[str, Any]]:
        """Measure visibility and seconds of every set, on photos spread evenly over it."""
        self.progress.begin("Measuring visibility", len(self.sets))
        originals = {
            (photo.person, photo.path.name): photo.path
            for person in self.people
            for photo in person.posted
        }
        rows = []
        for number, set_ in enumerate(self.sets, start=1):
            files = [file for own in self.files[set_].values() for file in own]
            step = max(1, len(files) // self.plan.size.viewed)
            seen = []
            for file in files[::step]:
                original = originals[file.parent.name, file.name]
                crops = crop_pair(original, file, self.landmarks)
                if crops is not None:
                    seen.append(measure(*crops))
            seconds = [seconds_of(file) for file in files]
            rows.append(
                {
                    "method": set_.method,
                    "strength": set_.strength,
                    "held_out": set_.held_out,
                    "faces": len(seen),
                    "seconds_a_photo": round(float(np.median(seconds)), 3),
                    "faces_lost": sum(
                        self.landmarks.find(file.read_bytes()) is None for file in files
                    ),
                    **_summary(seen),
                }
            )
            self.progress.done(number)
        return rows

    def shown_faces(self) -> list[dict[str, Any]]:
        """Return the face crops that the report shows: of each person the first photo, original and
        by every set in which it is."""
        faces = []
        for person in self.people[: self.plan.size.shown]:
            photo = person.posted[0]
            versions = []
            original = None
            for set_ in self.sets:
                files = self.files[set_].get(person.name)
                pair = crop_pair(photo.path, files[0], self.landmarks) if files else None
                if pair is not None:
                    original = pair[0]
                    versions.append((set_.title, pair[1]))
            if original is not None:
                faces.append({"person": person.name, "original": original, "versions": versions})
        return faces


def crop_pair(
    original: Path, changed: Path, landmarks: Landmarks
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
    """Return the face crop of a photo and of its cloaked copy, or ``None`` without a face."""
    data = original.read_bytes()
    points = landmarks.find(data)
    if points is None:
        return None
    pair = [decode(data).pixels, decode(changed.read_bytes()).pixels]
    height, width = pair[0].shape[:2]
    crop = face_crop(points, width, height)
    return pair[0][crop.slices], pair[1][crop.slices]


def _summary(seen: Sequence[Visibility]) -> dict[str, Any]:
    return summarise(seen) if seen else {}

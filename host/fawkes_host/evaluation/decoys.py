"""Decoys in an evaluation: is somebody else found in a person's place, even where photos leak?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine import decoy
from fawkes_host.engine.album import Album, Embeddings
from fawkes_host.engine.likeness import pair
from fawkes_host.engine.pipeline import Engine
from fawkes_host.evaluation.cloaks import CloakCache, CloakSet, engine_source, secret_of
from fawkes_host.evaluation.curves import Files
from fawkes_host.evaluation.datasets import Landmarks, Person, PersonPhoto
from fawkes_host.evaluation.embeddings import EmbeddingStore, Picture
from fawkes_host.evaluation.galleries import count_leaked, leak
from fawkes_host.evaluation.judge import Judge
from fawkes_host.evaluation.protection import share_row
from fawkes_host.evaluation.trackers import Ranks, Tracker

LOOK_ALIKE = "look-alike"
RANDOM = "random"
DONORS = (LOOK_ALIKE, RANDOM)
"""How donors are chosen: those whom the networks find nearest to the person, or anybody."""

PHOTOS_OF_A_DONOR = 16
"""At most so many decoys are made of photos of one donor."""


@dataclass(frozen=True)
class Account:
    """What is posted under another name: ``files`` are a person's decoys.

    The ``donors`` have no other photo in the gallery, with or without the account.
    """

    donors: tuple[str, ...]
    files: tuple[Path, ...]


class DecoyMaker:
    """Makes decoys of one person, each from another donor's photo, as ``Engine.decoy`` does."""

    batch = 1

    def __init__(
        self,
        networks: Sequence[Any],
        seed: int,
        towards: Embeddings,
        portraits: Mapping[Path, Path],
        resemblance: float,
    ) -> None:
        """``towards`` is an embedding [d] a network, ``portraits`` the person's photo of which a
        share of ``resemblance`` is blended into each donor's."""
        # Nobody is remembered: figures must not depend on whose home it is.
        self._engine = Engine(networks, Album(), secret_of(seed))
        self._towards = towards
        self._resemblance = resemblance
        self._portraits = {_digest(donor): person for donor, person in portraits.items()}

    def enrol(self, photos: Sequence[bytes]) -> None:
        """Nothing: a decoy depends on no other photo."""

    def make(self, photos: Sequence[bytes]) -> list[bytes]:
        return [self._make(data) for data in photos]

    def _make(self, data: bytes) -> bytes:
        portrait = None
        if self._resemblance > 0:
            source = self._portraits[hashlib.sha256(data).digest()]
            portrait = self._engine.portraits(source.read_bytes())[0]
        return self._engine.decoy(data, self._towards, portrait, self._resemblance).data


class DecoyTrial:
    """Makes the accounts of people, and asks judges whom they find."""

    def __init__(
        self,
        networks: Mapping[str, Any],
        photos: Sequence[PersonPhoto],
        landmarks: Landmarks,
        open_store: Callable[[Any], EmbeddingStore],
        cache: CloakCache,
        seed: int,
        resemblance: float = decoy.RESEMBLANCE,
    ) -> None:
        """``networks`` by name are those that decoys may be made on, ``photos`` those of everybody
        who may be a donor; ``open_store`` returns where embeddings by a network are kept."""
        self._networks = networks
        self._photos = photos
        self._landmarks = landmarks
        self._open_store = open_store
        self._cache = cache
        self._seed = seed
        self._resemblance = resemblance

    def make(
        self,
        person: Person,
        count: int,
        kind: str,
        left_out: str | None,
        on_each: Callable[[int], None] | None = None,
    ) -> Account:
        """Return an account of ``count`` decoys or as many as there are donors, made on all
        networks but one; ``kind`` is one of ``DONORS``."""
        names = tuple(name for name in self._networks if name != left_out)
        towards = {name: self._mean(name, person.posted) for name in names}
        donors = self._choose(person, towards, count, kind)
        set_ = CloakSet(
            f"decoys of {person.name},",
            kind,
            names,
            self._source(person),
            partial(self._open_maker, person, towards, donors),
            left_out,
        )
        files = self._cache.cloak(set_, donors, on_each)
        self._cache.release(set_)
        return Account(tuple(sorted({photo.person for photo in donors})), tuple(files))

    def _source(self, person: Person) -> str:
        weights = [network.name for network in self._networks.values()]
        posted = [photo.path.name for photo in person.posted]
        return engine_source(self._seed, repr(self._resemblance), *weights, *posted)

    def _open_maker(
        self, person: Person, towards: Embeddings, donors: Sequence[PersonPhoto]
    ) -> DecoyMaker:
        own = [photo.path for photo in person.posted]
        chosen = pair([self._places(d.path) for d in donors], [self._places(p) for p in own])
        portraits = {
            donor.path: own[which]
            for donor, which in zip(donors, chosen, strict=True)
            if which is not None
        }
        networks = [self._networks[name] for name in towards]
        return DecoyMaker(networks, self._seed, towards, portraits, self._resemblance)

    def _places(self, path: Path) -> NDArray[np.float32]:
        landmarks = self._landmarks.find(path.read_bytes())
        assert landmarks is not None, f"{path} has a face, or it would not be here"
        return landmarks

    def _choose(
        self, person: Person, towards: Embeddings, count: int, kind: str
    ) -> list[PersonPhoto]:
        others: dict[str, list[PersonPhoto]] = {}
        for photo in self._photos:
            if photo.person != person.name:
                others.setdefault(photo.person, []).append(photo)
        near: dict[str, NDArray[np.floating]]
        if kind == RANDOM:
            random = np.random.default_rng([self._seed, *person.name.encode()])
            order = [list(others)[i] for i in random.permutation(len(others))]
            near = {name: random.random(len(own)) for name, own in others.items()}
        else:
            near = {name: self._nearness(own, towards) for name, own in others.items()}
            order = sorted(others, key=lambda name: -float(near[name].mean()))
        chosen: list[PersonPhoto] = []
        for name in order:
            best = np.argsort(-near[name], kind="stable")[:PHOTOS_OF_A_DONOR]
            chosen += [others[name][i] for i in best]
            if len(chosen) >= count:
                break
        return chosen[:count]

    def _nearness(self, photos: Sequence[PersonPhoto], towards: Embeddings) -> NDArray[np.float32]:
        """Return how near photos are to a person [n]: a mean cosine over the networks."""
        cosines = [self._embed(name, photos) @ target for name, target in towards.items()]
        near: NDArray[np.float32] = np.mean(cosines, axis=0)
        return near

    def _mean(self, name: str, photos: Sequence[PersonPhoto]) -> NDArray[np.float32]:
        mean = self._embed(name, photos).mean(axis=0)
        unit: NDArray[np.float32] = (mean / np.linalg.norm(mean)).astype(np.float32)
        return unit

    def _embed(self, name: str, photos: Sequence[PersonPhoto]) -> NDArray[np.float32]:
        """Return the centred embeddings [n, d] of photos, each of which has a face."""
        network = self._networks[name]
        rows = self._open_store(network).embed([Picture(photo.path) for photo in photos])
        found = np.stack([row for row in rows if row is not None])
        centred: NDArray[np.float32] = np.asarray(network.centred(found))
        return centred


def count_decoys(wanted: Sequence[int], accounts: Iterable[Account]) -> list[int]:
    """Return the numbers of decoys to measure, from none on: of those wanted no more than every
    account has."""
    most = min(len(account.files) for account in accounts)
    return sorted({0, *(min(count, most) for count in wanted)})


def decoy_rows(
    judge: Judge,
    people: Sequence[Person],
    cloaked: Files,
    accounts: Mapping[str, Account],
    counts: Sequence[int],
    leaked_shares: Sequence[float],
    posted: int,
    seed: int,
) -> list[dict[str, Any]]:
    """Measure protection by the share of the posted photos that leaked clean and by the number of
    decoys.

    Each row has two mean cosines besides, which tell why: of the probes to the nearest decoy (none
    without decoys), and to the nearest of the person's clean photos, had all of them leaked.
    """

    def unprotected(tracker: Tracker, person: Person) -> Ranks:
        return judge.clean_ranks(tracker, person, posted)

    rows = []
    clean = {p.name: [photo.path for photo in p.posted[:posted]] for p in people}
    for share in leaked_shares:
        for count in counts:
            shown = {person.name: accounts[person.name].files[:count] for person in people}

            def protected(
                tracker: Tracker, person: Person, share: float = share, shown: Files = shown
            ) -> Ranks:
                own = leak(
                    judge.embed(cloaked[person.name][:posted]),
                    judge.posted(person, posted),
                    share,
                    seed,
                )
                decoys = judge.embed(shown[person.name])
                return judge.ranks(tracker, person, own, accounts[person.name].donors, decoys)

            trackers = (judge.nearest, judge.linear)
            rows.append(
                {
                    "leaked": share,
                    "leaked_photos": count_leaked(share, posted),
                    "decoys": count,
                    "trackers": share_row(people, trackers, protected, unprotected, seed),
                    "nearest_decoy": _nearest(judge, people, shown),
                    "nearest_clean": _nearest(judge, people, clean),
                }
            )
    return rows


def _nearest(judge: Judge, people: Sequence[Person], files: Files) -> float | None:
    """Return the mean cosine of people's probes to the nearest of their files."""
    found = []
    for person in people:
        rows = [row for row in judge.embed(files[person.name]) if row is not None]
        if rows:
            found.append(float((judge.probes(person) @ np.stack(rows).T).max(axis=1).mean()))
    return float(np.mean(found)) if found else None


def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()

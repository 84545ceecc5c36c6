"""Sets of cloaked photos: one way of cloaking each, files in and files out, kept between runs."""

from __future__ import annotations

import hashlib
import importlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from fawkes_host.engine import MAKERS
from fawkes_host.engine.album import Album
from fawkes_host.engine.levels import Level
from fawkes_host.engine.pipeline import Engine
from fawkes_host.evaluation.datasets import PersonPhoto
from fawkes_host.photo.metadata import Policy
from fawkes_host.system.files import write_atomically
from fawkes_models.registry import NETWORKS


class Maker(Protocol):
    """One way of cloaking."""

    batch: int
    """Photos that are made together."""

    def enrol(self, photos: Sequence[bytes]) -> None:
        """Get to know the photos that people post, before any of them is made."""
        ...

    def make(self, photos: Sequence[bytes]) -> list[bytes]:
        """Return the cloaked files."""
        ...


class EngineMaker:
    """The engine itself, on some of the surrogates, from the first byte of the file to the last."""

    batch = 1

    def __init__(self, networks: Sequence[Any], level: Level, seed: int) -> None:
        # Nobody is remembered: figures must not depend on whose home it is.
        self._engine = Engine(networks, Album(), secret_of(seed))
        self._level = level

    def enrol(self, photos: Sequence[bytes]) -> None:
        for data in photos:
            self._engine.enrol(data)

    def make(self, photos: Sequence[bytes]) -> list[bytes]:
        return [self._engine.cloak(data, self._level, Policy.STRIP).data for data in photos]


def secret_of(seed: int) -> bytes:
    """Return what takes the place of an installation's secret: otherwise no two machines could
    compare their figures."""
    return hashlib.sha256(f"evaluation {seed}".encode()).digest()


@dataclass(frozen=True)
class CloakSet:
    """Photos cloaked in one way.

    ``strength`` is a level or a largest change.  ``networks`` are the surrogates that it was made
    on; every other judge is one that it has never seen.  ``source`` stands for the code that makes
    it: cloaks of other code are not taken for these.
    """

    method: str
    strength: str
    networks: tuple[str, ...]
    source: str
    build: Callable[[], Maker] = field(repr=False, compare=False)
    held_out: str | None = None

    @property
    def title(self) -> str:
        """For people."""
        without = f" without {self.held_out}" if self.held_out else ""
        return f"{self.method} {self.strength}{without}"

    @property
    def folder(self) -> str:
        """A file name of its own."""
        plain = "".join(c if c.isalnum() else "-" for c in self.title.lower())
        return f"{plain}-{self.source}"


class CloakCache:
    """The cloaked photos of every set, as files in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._makers: dict[CloakSet, Maker] = {}

    def cloak(
        self,
        set_: CloakSet,
        photos: Sequence[PersonPhoto],
        on_each: Callable[[int], None] | None = None,
        enrolled: Sequence[PersonPhoto] = (),
    ) -> list[Path]:
        """Return the cloaked files of photos, in their order; those that exist are not made again.

        The maker enrols the photos of ``enrolled`` before it makes one.  ``on_each`` hears how many
        are there.
        """
        targets = [self._folder / set_.folder / photo.person / photo.path.name for photo in photos]
        missing = [(p, t) for p, t in zip(photos, targets, strict=True) if not t.exists()]
        done = len(photos) - len(missing)
        while missing:
            maker = self._makers.get(set_)
            if maker is None:
                maker = self._makers[set_] = set_.build()
                maker.enrol([photo.path.read_bytes() for photo in enrolled])
            batch, missing = missing[: maker.batch], missing[maker.batch :]
            started = time.perf_counter()
            made = maker.make([photo.path.read_bytes() for photo, _ in batch])
            seconds = (time.perf_counter() - started) / len(batch)
            for (_, target), data in zip(batch, made, strict=True):
                target.parent.mkdir(parents=True, exist_ok=True)
                # The seconds first: a photo that is there is complete.
                target.with_suffix(".json").write_text(json.dumps({"seconds": seconds}), "utf-8")
                write_atomically(target, data)
            done += len(batch)
            if on_each is not None:
                on_each(done)
        return targets

    def release(self, set_: CloakSet) -> None:
        """Forget a set's maker: each holds graphs of its own."""
        self._makers.pop(set_, None)


def seconds_of(file: Path) -> float:
    """Return how long a cloaked file took to make."""
    seconds: float = json.loads(file.with_suffix(".json").read_text("utf-8"))["seconds"]
    return seconds


def engine_source(seed: int, *more: str) -> str:
    """Return a short digest of the engine's code, its weights and the seed."""
    files = [file for package in MAKERS for file in sorted(_folder(package).rglob("*.py"))]
    weights = (card.weights.sha256 for card in NETWORKS.values())
    return _digest(files, seed, *weights, *more)


def baseline_source(seed: int, *more: str) -> str:
    """Return a short digest of the baselines' code, and of what decides where they act."""
    attacks = sorted(_folder("fawkes_host.evaluation.attacks").rglob("*.py"))
    engine = _folder("fawkes_host.engine")
    return _digest([*attacks, engine / "align.py", engine / "detect.py"], seed, *more)


def _folder(package: str) -> Path:
    return Path(next(iter(importlib.import_module(package).__path__)))


def _digest(files: Sequence[Path], seed: int, *more: str) -> str:
    digest = hashlib.sha256(repr((seed, more)).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]

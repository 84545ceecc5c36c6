"""Sets of cloaked photos: one way of cloaking each, files in and files out, kept between runs."""

from __future__ import annotations

import hashlib
import importlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine import MAKERS, installation
from fawkes_host.engine.album import Album
from fawkes_host.engine.align import face_crop, frame_face
from fawkes_host.engine.cloak import Cloaker, Goal, Recipe
from fawkes_host.engine.detect import Face, detect
from fawkes_host.engine.levels import Level
from fawkes_host.engine.pipeline import Engine
from fawkes_host.evaluation.attacks.fawkes1 import FAWKES_LEVELS, Fawkes1
from fawkes_host.evaluation.attacks.fawkes1_merge import frame_box
from fawkes_host.evaluation.attacks.noise import add_noise
from fawkes_host.evaluation.attacks.sign_steps import SignSteps, add_change
from fawkes_host.evaluation.datasets import PersonPhoto
from fawkes_host.photo.decode import Photo, decode
from fawkes_host.photo.encode import encode
from fawkes_host.photo.metadata import Policy
from fawkes_host.system.files import write_atomically
from fawkes_host.tensors import runtime
from fawkes_models.registry import SURROGATES


class Maker(Protocol):
    """One way of cloaking."""

    batch: int
    """Photos that are made together."""

    def meet(self, photos: Sequence[bytes]) -> None:
        """Get to know the photos that people post, before any of them is made."""
        ...

    def make(self, photos: Sequence[bytes]) -> list[bytes]:
        """Return the cloaked files."""
        ...


class EngineMaker:
    """The engine itself, on some of the surrogates, from the first byte of the file to the last.

    The installation's secret is replaced by the evaluation's seed: otherwise no two machines could
    compare their figures.
    """

    batch = 1

    def __init__(
        self, networks: Sequence[Any], level: Level, seed: int, cloaker: Cloaker | None = None
    ) -> None:
        self._engine = _engine_with(cloaker or Cloaker(networks))
        self._level = level
        self._seed = seed

    def meet(self, photos: Sequence[bytes]) -> None:
        for data in photos:
            self._engine.look_at(data)

    def make(self, photos: Sequence[bytes]) -> list[bytes]:
        with _secret(self._seed):
            return [self._engine.cloak(data, self._level, Policy.STRIP).data for data in photos]


def pulling_cloaker(networks: Sequence[Any], towards: dict[str, NDArray[np.float32]]) -> Cloaker:
    """Return a cloaker that pulls faces towards one embedding [d] a network, for Sybil accounts."""
    targets = {name: embedding[None] for name, embedding in towards.items()}
    return Cloaker(networks, Recipe(goal=Goal.PULL), targets)


class Forgetful:
    """A maker that takes each photo by itself."""

    def meet(self, photos: Sequence[bytes]) -> None:
        pass


class Fawkes1Maker(Forgetful):
    """Fawkes 1.0: the largest face of each photo."""

    batch = 6

    def __init__(
        self, optimiser: Fawkes1, level: str, kept: dict[str, Any], stretched: bool
    ) -> None:
        """``stretched`` is the fault of its merge; ``kept`` is shared by makers, so that both
        merges take one optimisation."""
        self._optimiser = optimiser
        self._level = FAWKES_LEVELS[level]
        self._kept = kept
        self._stretched = stretched

    def make(self, photos: Sequence[bytes]) -> list[bytes]:
        decoded = [decode(data) for data in photos]
        keys = [hashlib.sha256(data).hexdigest() + self._level.name for data in photos]
        self._optimise({k: d.pixels for k, d in zip(keys, decoded, strict=True)})
        made = []
        for photo, key, data in zip(decoded, keys, photos, strict=True):
            if self._kept[key] is None:
                made.append(data)
                continue
            frame, chip, cloaked = self._kept[key]
            pixels = frame.merge(photo.pixels, chip, cloaked, self._stretched)
            made.append(encode(photo, pixels, Policy.STRIP))
        return made

    def _optimise(self, photos: dict[str, NDArray[np.uint8]]) -> None:
        """Keep frame, chip and cloaked chip of every photo, ``None`` where there is no face."""
        found = []
        for key, pixels in photos.items():
            if key in self._kept:
                continue
            faces = detect(pixels)
            if not faces:
                self._kept[key] = None
                continue
            frame = frame_box(faces[0])
            found.append((key, frame, frame.cut(pixels)))
        if found:
            chips = np.stack([chip for _, _, chip in found])
            changed = self._optimiser.optimise(chips, self._level)
            for (key, frame, chip), cloaked in zip(found, changed, strict=True):
                self._kept[key] = (frame, chip, cloaked)


class SignStepsMaker(Forgetful):
    """MI-DI-TI on every face."""

    batch = 1

    def __init__(self, optimiser: SignSteps, epsilon: float, seed: int) -> None:
        self._optimiser = optimiser
        self._epsilon = epsilon
        self._seed = seed

    def make(self, photos: Sequence[bytes]) -> list[bytes]:
        return [_change_faces(data, self._add) for data in photos]

    def _add(self, photo: Photo, face: Face, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        frame = frame_face(face.landmarks, photo.width, photo.height)
        canvas = frame.extract(photo.pixels)
        change = self._optimiser.optimise(canvas, frame, self._epsilon, self._seed)
        return add_change(pixels, frame, change)


class NoiseMaker(Forgetful):
    """Noise on every face, of a level's SSIMULACRA2."""

    batch = 1

    def __init__(self, level: Level, seed: int) -> None:
        self._level = level
        self._seed = seed

    def make(self, photos: Sequence[bytes]) -> list[bytes]:
        return [_change_faces(data, self._add) for data in photos]

    def _add(self, photo: Photo, face: Face, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        crop = face_crop(face.landmarks, photo.width, photo.height)
        return add_noise(pixels, crop, self._level.budget.ssimulacra2, self._seed)


def _change_faces(
    data: bytes, add: Callable[[Photo, Face, NDArray[np.uint8]], NDArray[np.uint8]]
) -> bytes:
    """Encode a photo anew, once ``add`` has changed its pixels for each face in turn."""
    photo = decode(data)
    pixels = photo.pixels
    for face in detect(photo.pixels):
        pixels = add(photo, face, pixels)
    return encode(photo, pixels, Policy.STRIP)


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


class CloakShelf:
    """The cloaked photos of every set, as files in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._makers: dict[CloakSet, Maker] = {}

    def cloak(
        self,
        set_: CloakSet,
        photos: Sequence[PersonPhoto],
        on_each: Callable[[int], None] | None = None,
        met: Sequence[PersonPhoto] = (),
    ) -> list[Path]:
        """Return the cloaked files of photos, in their order; those that exist are not made again.

        The maker meets the photos ``met`` before it makes one.  ``on_each`` hears how many are
        there.
        """
        targets = [self._folder / set_.folder / photo.person / photo.path.name for photo in photos]
        missing = [(p, t) for p, t in zip(photos, targets, strict=True) if not t.exists()]
        done = len(photos) - len(missing)
        while missing:
            maker = self._makers.get(set_)
            if maker is None:
                maker = self._makers[set_] = set_.build()
                maker.meet([photo.path.read_bytes() for photo in met])
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
    """How long a cloaked file took to make, in seconds."""
    seconds: float = json.loads(file.with_suffix(".json").read_text("utf-8"))["seconds"]
    return seconds


def engine_source(seed: int, *more: str) -> str:
    """Return a short digest of the engine's code, its weights and the seed."""
    files = [file for package in MAKERS for file in sorted(_folder(package).rglob("*.py"))]
    weights = (card.weights.sha256 for card in SURROGATES.values())
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


class _PartialEngine(Engine):
    """The engine with a cloaker of the evaluation's own."""

    def __init__(self, cloaker: Cloaker) -> None:
        self.device = runtime.start()
        self._cloaker = cloaker
        self._album = Album()  # Nobody is remembered: figures must not depend on whose home it is.


def _engine_with(cloaker: Cloaker) -> Engine:
    return _PartialEngine(cloaker)


@contextmanager
def _secret(seed: int) -> Iterator[None]:
    secret = hashlib.sha256(f"evaluation {seed}".encode()).digest()
    with patch.object(installation, "secret", lambda: secret):
        yield

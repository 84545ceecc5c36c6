"""The way of a photo through the engine: bytes in, cloaked bytes out.

decode → detect → align → cloak → merge → encode → receipt, top to bottom; where the receiver takes
JPEG and not the photo's format, a conversion comes first.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

import fawkes_host
from fawkes_host.engine import installation, remembered
from fawkes_host.engine.album import Album, Embeddings, Page, cosines, mean_person
from fawkes_host.engine.align import Frame, frame_face
from fawkes_host.engine.cloak import Cloaker
from fawkes_host.engine.detect import Face, detect
from fawkes_host.engine.levels import DEFAULT, Level
from fawkes_host.engine.merge import Patch, merge
from fawkes_host.engine.progress import Progress, Way
from fawkes_host.engine.receipt import FaceReceipt, Receipt, measure_face
from fawkes_host.photo.containers import sniff
from fawkes_host.photo.containers.sniff import Format
from fawkes_host.photo.decode import Limits, Photo
from fawkes_host.photo.encode import Encoded
from fawkes_host.photo.media_types import replaced_by_jpeg
from fawkes_host.photo.metadata import Policy
from fawkes_host.photo.sandbox import client as sandbox
from fawkes_host.photo.sandbox.client import decode, encode_with_notices, pass_through, to_jpeg
from fawkes_host.protocol.errors import (
    AnimatedImage,
    OutOfMemory,
    TooManyFaces,
    WeightsCorrupt,
    WeightsMissing,
)
from fawkes_host.tensors import runtime
from fawkes_host.visibility.budget import Viewer

if TYPE_CHECKING:
    from fawkes_models.network import Network

OVERSPENT = 0.01
"""Encoding may take a face beyond its budget by this share of it."""

LEAST_KEPT = 0.5
"""Share of a cloak that is kept in each round, however much of the budget a file of low quality
spends by being encoded anew."""

ENCODE_ROUNDS = 3
"""Encoding adds to what can be seen; so often at most a cloak is made weaker and encoded anew."""


@dataclass(frozen=True)
class Result:
    """A finished photo: its bytes, and what was done to it."""

    data: bytes
    status: Literal["cloaked", "no_face"]
    receipt: Receipt


class Engine:
    """Cloaks photos, one at a time; loading it takes seconds, so keep it."""

    def __init__(self, device: runtime.Device = runtime.Device.AUTO) -> None:
        """Start TensorFlow and load the surrogates.

        Raises ``NoGpu``, ``WeightsMissing`` or ``WeightsCorrupt``.
        """
        sandbox.start()  # It gets ready meanwhile.
        self.device = runtime.start(device)
        self._cloaker = Cloaker(_load_networks())
        self._album = Album(remembered.Remembered([network.name for network in self.networks]))

    def warm_up(self) -> None:
        """Trace every graph once, so that the first photo need not wait for it."""
        detect(np.zeros((64, 64, 3), np.uint8))
        self._cloaker.warm_up()
        blank = np.zeros((64, 64, 3), np.uint8)
        viewer = Viewer(blank)
        viewer.see(blank)
        viewer.bring_within(np.zeros((64, 64), np.float32), DEFAULT.budget)

    @property
    def networks(self) -> tuple[Network, ...]:
        """The surrogates."""
        return self._cloaker.networks

    def look_at(self, data: bytes, limits: Limits | None = None) -> None:
        """Get to know who is on a photo, so that cloaks of the same people's other photos are
        better ones.  Kept in memory alone.  Raises the errors of ``protocol.errors``."""
        limits = limits or Limits()
        with _memory_errors():
            try:
                photo = decode(data, limits)
            except AnimatedImage:
                return
            self._album.add(_key(data), self._look(photo, _key(data), limits))

    def recurring_faces(self) -> list[Embeddings]:
        """The faces of everyone who is on two or more of the photos that it has looked at."""
        return self._album.recurring()

    def cloak(
        self,
        data: bytes,
        level: Level,
        policy: Policy = Policy.STRIP_LOCATION,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
        limits: Limits | None = None,
        accept: Collection[str] = (),
        remember: bool = False,
    ) -> Result:
        """Cloak every face of a photo; of a person whom it knows from photos that it has looked at
        it cloaks what they have in common.

        ``data`` is the file's content; the result has its format, size and orientation.  A photo
        without a face keeps every pixel and is never encoded anew.  ``cancelled`` is asked before
        every stage and optimisation step.  ``accept``: the media types that the receiver takes,
        all where there is none; a HEIF or AVIF becomes a JPEG where they ask for it.
        ``remember`` does what ``look_at`` does besides.  Raises the errors of ``protocol.errors``.
        """
        way, limits = Way(progress, cancelled), limits or Limits()
        with _memory_errors():
            return self._cloak(data, level, policy, way, limits, replaced_by_jpeg(accept), remember)

    def _cloak(
        self,
        data: bytes,
        level: Level,
        policy: Policy,
        way: Way,
        limits: Limits,
        replaced: frozenset[Format],
        remember: bool,
    ) -> Result:
        started = time.perf_counter()

        way.reach("decode")
        try:
            source = Encoded(data)
            if replaced and sniff.identify(data) in replaced:
                source = to_jpeg(data, policy, limits)
            photo = decode(source.data, limits)
        except AnimatedImage as animated:
            kept = pass_through(data, policy, animated)
            receipt = self._receipt(level, policy, started, (), kept.notices)
            return Result(kept.data, "no_face", receipt)

        way.reach("detect")
        key = _key(source.data)
        page = self._look(photo, key, limits)
        if remember:
            self._album.add(key, page)
        if not page.faces:
            way.reach("encode")
            kept = encode_with_notices(photo, photo.pixels, policy)
            notices = _together(source, kept)
            receipt = self._receipt(level, policy, started, (), notices)
            return Result(kept.data, "no_face", receipt)

        way.reach("align", len(page.faces))
        frames = [frame_face(face.landmarks, photo.width, photo.height) for face in page.faces]
        others = [self._album.others(key, own) for own in page.embeddings]
        persons = [mean_person([own, *o]) for own, o in zip(page.embeddings, others, strict=True)]

        way.reach("cloak")
        patches, seconds = self._make_patches(photo.pixels, frames, persons, data, level, way)

        way.reach("merge")
        merged = self._merge_within_budget(photo.pixels, patches, level)

        way.reach("encode")
        encoded, seen = self._encode_within_budget(photo, merged, patches, level, policy, limits)

        counts = [len(o) for o in others]
        receipts = self._measure(photo, seen, page, frames, counts, patches, seconds)
        notices = _together(source, encoded)
        receipt = self._receipt(level, policy, started, receipts, notices)
        return Result(encoded.data, "cloaked", receipt)

    def cloak_pixels(self, pixels: NDArray[np.uint8], level: Level) -> NDArray[np.uint8]:
        """Cloak every face of an image uint8 [h, w, 3] RGB, without decoding and encoding."""
        height, width = pixels.shape[:2]
        frames = [frame_face(face.landmarks, width, height) for face in detect(pixels)]
        persons = [self._cloaker.embed(frame.extract(pixels), frame) for frame in frames]
        data, way = pixels.tobytes(), Way()
        patches, _ = self._make_patches(pixels, frames, persons, data, level, way)
        return self._merge_within_budget(pixels, patches, level)

    def _make_patches(
        self,
        pixels: NDArray[np.uint8],
        frames: list[Frame],
        persons: list[Embeddings],
        data: bytes,
        level: Level,
        way: Way,
    ) -> tuple[list[Patch], list[float]]:
        """Optimise each face's cloak, and bring it to the photo's own resolution."""
        patches, seconds = [], []
        for number, (frame, person) in enumerate(zip(frames, persons, strict=True)):
            started = time.perf_counter()

            def step(fraction: float, done: int = number) -> None:
                way.within("cloak", (done + fraction) / len(frames))

            canvas = frame.extract(pixels)
            seed = installation.seed(data, number)
            viewer = Viewer(pixels[frame.crop.slices])
            budget = level.budget
            change = self._cloaker.optimise(canvas, frame, viewer, budget, seed, person, step)
            mask = np.clip(frame.project(frame.mask()), 0.0, 1.0)
            patch = Patch(frame.crop, frame.project(change), mask, viewer)
            patch.trim(budget)
            patches.append(patch)
            seconds.append(time.perf_counter() - started)
        return patches, seconds

    def _look(self, photo: Photo, key: bytes, limits: Limits) -> Page:
        """Who is on a photo; ``key`` is that of its file.  Raises ``TooManyFaces``."""
        known = self._album.get(key)
        if known is not None:
            return known
        faces = detect(photo.pixels)
        if len(faces) > limits.max_faces:
            raise TooManyFaces(faces=len(faces), limit=limits.max_faces)
        frames = [frame_face(face.landmarks, photo.width, photo.height) for face in faces]
        embeddings = [self._cloaker.embed(f.extract(photo.pixels), f) for f in frames]
        return Page(tuple(faces), tuple(embeddings))

    @staticmethod
    def _merge_within_budget(
        pixels: NDArray[np.uint8], patches: list[Patch], level: Level
    ) -> NDArray[np.uint8]:
        """Fit every cloak to its face's budget; where faces overlap, a later one finds the budget
        partly spent."""
        merged = pixels.copy()
        for patch in patches:
            patch.fit(merged, level.budget)
            merged[patch.crop.slices] = patch.add_to(merged)
        return merged

    @staticmethod
    def _encode_within_budget(
        photo: Photo,
        merged: NDArray[np.uint8],
        patches: list[Patch],
        level: Level,
        policy: Policy,
        limits: Limits,
    ) -> tuple[Encoded, NDArray[np.uint8]]:
        """Encode, look at what a reader of the file will see, and correct what is too visible."""
        for attempt in range(1, ENCODE_ROUNDS + 1):
            encoded = encode_with_notices(photo, merged, policy)
            seen = decode(encoded.data, limits).pixels
            over = [-level.budget.room(p.viewer.see(seen[p.crop.slices])) for p in patches]
            if max(over) <= OVERSPENT or attempt == ENCODE_ROUNDS:
                break
            for patch, points in zip(patches, over, strict=True):
                # What is spent is nearly proportional to the strength.
                patch.strength *= float(np.clip(1.0 - points - OVERSPENT, LEAST_KEPT, 1.0))
            merged = merge(photo.pixels, patches)
        return encoded, seen

    def _measure(
        self,
        photo: Photo,
        seen: NDArray[np.uint8],
        page: Page,
        frames: list[Frame],
        others: list[int],
        patches: list[Patch],
        seconds: list[float],
    ) -> tuple[FaceReceipt, ...]:
        receipts = []
        for number, (face, frame, patch) in enumerate(
            zip(page.faces, frames, patches, strict=True)
        ):
            after = self._cloaker.embed(frame.extract(seen), frame)
            receipts.append(
                measure_face(
                    photo.pixels,
                    seen,
                    patch.crop,
                    patch.viewer.see(seen[patch.crop.slices]),
                    _box_inside(face, photo.width, photo.height),
                    seconds[number],
                    cosines(page.embeddings[number], after),
                    others[number],
                )
            )
        return tuple(receipts)

    @staticmethod
    def _receipt(
        level: Level,
        policy: Policy,
        started: float,
        faces: tuple[FaceReceipt, ...],
        notices: tuple[str, ...],
    ) -> Receipt:
        seconds = round(time.perf_counter() - started, 3)
        return Receipt(level.name, policy.value, seconds, fawkes_host.__version__, faces, notices)


def _key(data: bytes) -> bytes:
    """Of a photo in the album."""
    return hashlib.sha256(data).digest()


def _together(*files: Encoded) -> tuple[str, ...]:
    """Notices of the steps that a file went through."""
    return tuple(sorted({notice for file in files for notice in file.notices}))


def _box_inside(face: Face, width: int, height: int) -> tuple[int, int, int, int]:
    """Whole pixels of a face's box, cut at the photo's border."""
    x, y, w, h = face.box
    left, top = max(round(x), 0), max(round(y), 0)
    right, bottom = min(round(x + w), width), min(round(y + h), height)
    return left, top, max(right - left, 0), max(bottom - top, 0)


def _load_networks() -> list[Network]:
    """The surrogates; what the package of networks raises becomes this project's own errors."""
    from fawkes_models import registry, store

    try:
        return [store.load(name) for name in registry.SURROGATES]
    except store.WeightsMissing as error:
        raise WeightsMissing(network=error.network) from error
    except store.WeightsCorrupt as error:
        raise WeightsCorrupt(network=error.network) from error


@contextmanager
def _memory_errors() -> Iterator[None]:
    """Python and TensorFlow each have an error of their own for a lack of memory."""
    import tensorflow as tf

    try:
        yield
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        raise OutOfMemory() from error

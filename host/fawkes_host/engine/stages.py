"""The steps that every photo's way through the engine is made of, and what they share."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

import fawkes_host
from fawkes_host.engine import installation
from fawkes_host.engine.album import Album, Embeddings, PhotoFaces, cosines
from fawkes_host.engine.align import frame_face
from fawkes_host.engine.certainty import DOUBTFUL, take_faces
from fawkes_host.engine.cloak import Cloaker
from fawkes_host.engine.encoding import Codecs
from fawkes_host.engine.face_job import FaceJob
from fawkes_host.engine.levels import Level
from fawkes_host.engine.merge import Patch
from fawkes_host.engine.progress import ProgressReporter
from fawkes_host.engine.receipt import FaceReceipt, Receipt, measure_face
from fawkes_host.engine.recipe import Recipe
from fawkes_host.photo.containers import sniff
from fawkes_host.photo.decode import Limits, Photo
from fawkes_host.photo.encode import Encoded
from fawkes_host.photo.media_types import replaced_by_jpeg
from fawkes_host.photo.metadata import Policy
from fawkes_host.protocol.errors import AnimatedImage
from fawkes_host.visibility.meter import VisibilityMeter


@dataclass(frozen=True)
class Result:
    """A finished photo: its bytes, and what was done to it."""

    data: bytes
    status: Literal["cloaked", "no_face"]
    receipt: Receipt


@dataclass(frozen=True, eq=False)
class Opened:
    """A photo that shows a face: the file that it was read from, its ``key`` in the album, and who
    is on it."""

    source: Encoded
    photo: Photo
    key: bytes
    found: PhotoFaces


@dataclass(frozen=True, eq=False)
class Stages:
    """What an engine's ways have in common: its ``codecs``, its ``cloaker``, the ``album`` of who
    is known, and the ``secret`` from which comes all randomness."""

    codecs: Codecs
    cloaker: Cloaker
    album: Album
    secret: bytes

    def open(
        self,
        data: bytes,
        level: Level,
        policy: Policy,
        started: float,
        reporter: ProgressReporter,
        limits: Limits,
        accept: Collection[str],
        enrol: bool = False,
    ) -> Opened | Result:
        """Decode a photo and find who is on it; where it is an animation or shows nobody, it is
        finished as it is."""
        reporter.reach("decode")
        try:
            source = self.convert(data, policy, limits, accept)
            photo = self.codecs.decode(source.data, limits)
        except AnimatedImage as animated:
            kept = self.codecs.pass_through(data, policy, animated)
            return Result(kept.data, "no_face", write_receipt(level, policy, started, (), kept))

        reporter.reach("detect")
        key = key_of(source.data)
        found = self.find_faces(photo, key, limits)
        if enrol:
            self.album.add(key, found)
        if found.faces:
            return Opened(source, photo, key, found)
        reporter.reach("encode")
        kept = self.codecs.encode_with_notices(photo, photo.pixels, policy)
        receipt = write_receipt(level, policy, started, (), source, kept, doubtful=found.doubtful)
        return Result(kept.data, "no_face", receipt)

    def convert(
        self, data: bytes, policy: Policy, limits: Limits, accept: Collection[str]
    ) -> Encoded:
        """Return a file that the receiver takes: a JPEG, or the photo's own."""
        replaced = replaced_by_jpeg(accept)
        if replaced and sniff.identify(data) in replaced:
            return self.codecs.to_jpeg(data, policy, limits)
        return Encoded(data)

    def find_faces(self, photo: Photo, key: bytes, limits: Limits) -> PhotoFaces:
        """Return who is on a photo; ``key`` is that of its file.  Raises ``TooManyFaces``."""
        known = self.album.get(key)
        if known is not None:
            return known
        faces, doubtful = take_faces(photo.pixels, self.cloaker, limits.max_faces)
        frames = [frame_face(face.landmarks, photo.width, photo.height) for face in faces]
        embeddings = [self.cloaker.embed(f.extract(photo.pixels), f) for f in frames]
        return PhotoFaces(tuple(faces), tuple(embeddings), doubtful)

    def align(self, photo: Photo, key: bytes, found: PhotoFaces) -> list[FaceJob]:
        """Lay a canvas over every face, and find the same people's other photos."""
        return [
            FaceJob(
                face,
                frame_face(face.landmarks, photo.width, photo.height),
                embedding,
                self.album.others(key, embedding),
            )
            for face, embedding in zip(found.faces, found.embeddings, strict=True)
        ]

    def change_face(
        self,
        pixels: NDArray[np.uint8],
        job: FaceJob,
        away_from: Embeddings,
        level: Level,
        seed: int,
        on_step: Callable[[float], None] | None = None,
        recipe: Recipe | None = None,
    ) -> None:
        """Optimise the change of one face, and bring it to the resolution of a photo uint8
        [h, w, 3].  Without a ``recipe`` it is the cloak's."""
        started = time.perf_counter()
        frame, budget = job.frame, level.budget
        meter = VisibilityMeter(pixels[frame.crop.slices])
        canvas = frame.extract(pixels)
        change = self.cloaker.optimise(
            canvas, frame, meter, budget, seed, away_from, on_step, recipe=recipe
        )
        mask = np.clip(frame.to_photo(frame.mask()), 0.0, 1.0)
        job.patch = Patch(frame.crop, frame.to_photo(change), mask, meter)
        job.patch.trim(budget)
        job.seconds = time.perf_counter() - started

    def measure(self, photo: Photo, seen: NDArray[np.uint8], job: FaceJob) -> FaceReceipt:
        """Compare one face of a photo with what a reader of the finished file sees."""
        after = self.embed(seen, job)
        return measure_face(
            photo.pixels,
            seen,
            job.patch.crop,
            job.patch.measure(seen),
            job.face.box_inside(photo.width, photo.height),
            job.seconds,
            cosines(job.embedding, after),
            len(job.others),
        )

    def embed(self, seen: NDArray[np.uint8], job: FaceJob) -> Embeddings:
        """Return what the surrogates see of a face in the pixels of a finished file."""
        return self.cloaker.embed(job.frame.extract(seen), job.frame)

    def seed(self, data: bytes, number: int) -> int:
        """Return that of one face of a photo, by its file and its number."""
        return installation.seed(self.secret, data, number)


def write_receipt(
    level: Level,
    policy: Policy,
    started: float,
    faces: tuple[FaceReceipt, ...],
    *files: Encoded,
    doubtful: int = 0,
) -> Receipt:
    """Return a photo's receipt, with the notices of the ``files`` that it became on its way, and
    that of ``doubtful`` places."""
    told = {notice for file in files for notice in file.notices}
    notices = tuple(sorted(told | ({DOUBTFUL} if doubtful else set())))
    seconds = round(time.perf_counter() - started, 3)
    return Receipt(level.name, policy.value, seconds, fawkes_host.__version__, faces, notices)


def key_of(data: bytes) -> bytes:
    """Return that of a photo in the album."""
    return hashlib.sha256(data).digest()

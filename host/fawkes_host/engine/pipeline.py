"""The way of a photo through the engine: bytes in, cloaked bytes out.

decode → detect → align → cloak → merge → encode → receipt, top to bottom; where the receiver takes
JPEG and not the photo's format, a conversion comes first.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

import fawkes_host
from fawkes_host.engine import decoy, installation, remembered
from fawkes_host.engine.album import (
    SAME_PERSON,
    Album,
    Embeddings,
    PhotoFaces,
    cosines,
    likeness,
)
from fawkes_host.engine.align import frame_face
from fawkes_host.engine.cloak import Cloaker
from fawkes_host.engine.decoy import Decoy
from fawkes_host.engine.detect import detect, detector
from fawkes_host.engine.encoding import Codecs, encode_within_budget
from fawkes_host.engine.face_job import FaceJob
from fawkes_host.engine.levels import DEFAULT, Level
from fawkes_host.engine.likeness import Portrait, likeness_among
from fawkes_host.engine.merge import Patch, merge_within_budget
from fawkes_host.engine.progress import Progress, ProgressReporter
from fawkes_host.engine.receipt import FaceReceipt, Receipt, measure_face
from fawkes_host.engine.recipe import IN_FORCE, Recipe
from fawkes_host.engine.weight_files import coded_errors
from fawkes_host.photo.containers import sniff
from fawkes_host.photo.decode import Limits, Photo
from fawkes_host.photo.encode import Encoded
from fawkes_host.photo.media_types import replaced_by_jpeg
from fawkes_host.photo.metadata import Policy
from fawkes_host.photo.sandbox import client as sandbox
from fawkes_host.protocol.errors import (
    AnimatedImage,
    NobodyRemembered,
    NoFace,
    OutOfMemory,
    ShowsPerson,
    TooManyFaces,
)
from fawkes_host.tensors import runtime
from fawkes_host.visibility.meter import VisibilityMeter

if TYPE_CHECKING:
    from fawkes_models.network import Network


@dataclass(frozen=True)
class Result:
    """A finished photo: its bytes, and what was done to it."""

    data: bytes
    status: Literal["cloaked", "no_face"]
    receipt: Receipt


class Engine:
    """Cloaks photos, one at a time; loading it takes seconds, so keep it."""

    def __init__(
        self,
        networks: Sequence[Network],
        album: Album,
        secret: bytes,
        codecs: Codecs = sandbox,
        recipe: Recipe = IN_FORCE,
        decoy_recipe: Recipe = decoy.RECIPE,
        device: str = "CPU",
    ) -> None:
        """``networks`` are the surrogates, ``album`` holds who is known, and from ``secret`` comes
        every cloak's randomness.  ``device`` is where the networks run, for people."""
        self.device = device
        self._decoy_recipe = decoy_recipe
        self._album = album
        self._secret = secret
        self._codecs = codecs
        self._cloaker = Cloaker(networks, recipe)

    @classmethod
    def load(
        cls,
        device: runtime.Device = runtime.Device.AUTO,
        more_networks: bool = False,
    ) -> Engine:
        """Start TensorFlow, load the surrogates, and take this installation's secret and people.

        ``more_networks``: also those that are for decoys alone, under which nobody is remembered.

        Raises ``NoGpu``, ``WeightsMissing`` or ``WeightsCorrupt``.
        """
        sandbox.start()  # It gets ready meanwhile.
        found = runtime.start(device)
        networks = _load_networks(more_networks)
        detector()
        album = Album() if more_networks else Album(remembered.Remembered(_names(networks)))
        return cls(networks, album, installation.secret(), sandbox, device=found)

    def warm_up(self) -> None:
        """Trace every graph once, so that the first photo need not wait for it."""
        blank = np.zeros((64, 64, 3), np.uint8)
        detect(blank)
        self._cloaker.warm_up()
        meter = VisibilityMeter(blank)
        meter.measure(blank)
        meter.project(np.zeros((64, 64), np.float32), DEFAULT.budget)

    @property
    def networks(self) -> tuple[Network, ...]:
        """The surrogates."""
        return self._cloaker.networks

    def enrol(self, data: bytes, limits: Limits | None = None) -> None:
        """Get to know who is on a photo, so that cloaks of the same people's other photos are
        better ones.  Kept in memory alone.  Raises the errors of ``protocol.errors``."""
        limits = limits or Limits()
        with _memory_errors():
            try:
                photo = self._codecs.decode(data, limits)
            except AnimatedImage:
                return
            self._album.add(_key(data), self._find_faces(photo, _key(data), limits))

    def faces(self, data: bytes, limits: Limits | None = None) -> PhotoFaces:
        """Return the faces of a photo, largest first.  Raises the errors of ``protocol.errors``."""
        limits = limits or Limits()
        with _memory_errors():
            return self._find_faces(self._codecs.decode(data, limits), _key(data), limits)

    def recurring_faces(self) -> list[Embeddings]:
        """Return the faces of everyone who is on two or more of the photos that were enrolled."""
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
        enrol: bool = False,
    ) -> Result:
        """Cloak every face of a photo; of a person whom it knows from photos that were enrolled it
        cloaks what they have in common.

        ``data`` is the file's content; the result has its format, size and orientation.  A photo
        without a face keeps every pixel and is never encoded anew.  ``cancelled`` is asked before
        every stage and optimisation step.  ``accept``: the media types that the receiver takes,
        all where there is none; a HEIF or AVIF becomes a JPEG where they ask for it.  ``enrol``
        does what the method does besides.  Raises the errors of ``protocol.errors``.
        """
        reporter, limits = ProgressReporter(progress, cancelled), limits or Limits()
        with _memory_errors():
            return self._cloak(data, level, policy, reporter, limits, accept, enrol)

    def _cloak(
        self,
        data: bytes,
        level: Level,
        policy: Policy,
        reporter: ProgressReporter,
        limits: Limits,
        accept: Collection[str],
        enrol: bool,
    ) -> Result:
        started = time.perf_counter()

        reporter.reach("decode")
        try:
            source = self._convert(data, policy, limits, accept)
            photo = self._codecs.decode(source.data, limits)
        except AnimatedImage as animated:
            kept = self._codecs.pass_through(data, policy, animated)
            return Result(kept.data, "no_face", _receipt(level, policy, started, (), kept))

        reporter.reach("detect")
        key = _key(source.data)
        found = self._find_faces(photo, key, limits)
        if enrol:
            self._album.add(key, found)
        if not found.faces:
            reporter.reach("encode")
            kept = self._codecs.encode_with_notices(photo, photo.pixels, policy)
            return Result(kept.data, "no_face", _receipt(level, policy, started, (), source, kept))

        reporter.reach("align", len(found.faces))
        jobs = self._align(photo, key, found)

        reporter.reach("cloak")
        for number, job in enumerate(jobs):
            seed = installation.seed(self._secret, data, number)
            on_step = reporter.part("cloak", number, len(jobs))
            self._cloak_face(photo.pixels, job, job.person, level, seed, on_step)
        patches = [job.patch for job in jobs]

        reporter.reach("merge")
        merged = merge_within_budget(photo.pixels, patches, level.budget)

        reporter.reach("encode")
        encoded, seen = encode_within_budget(
            self._codecs, photo, photo.pixels, merged, patches, level.budget, policy, limits
        )

        faces = tuple(self._measure(photo, seen, job) for job in jobs)
        receipt = _receipt(level, policy, started, faces, source, encoded)
        return Result(encoded.data, "cloaked", receipt)

    def decoy(
        self,
        data: bytes,
        person: Embeddings,
        portrait: Portrait | None = None,
        resemblance: float = decoy.RESEMBLANCE,
        policy: Policy = Policy.STRIP,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
        limits: Limits | None = None,
    ) -> Decoy:
        """Make recognisers find a person in a photo of somebody else.

        ``data`` is the donor's photo, of which the largest face is changed: a share of
        ``resemblance`` 0..1 of the ``portrait`` is blended in, where there is one, and then the
        face is moved towards the ``person``.  Raises ``NoFace`` besides what ``cloak`` raises, and
        ``AnimatedImage``.
        """
        reporter, limits = ProgressReporter(progress, cancelled), limits or Limits()
        with _memory_errors():
            return self._decoy(data, person, portrait, resemblance, policy, reporter, limits)

    def _decoy(
        self,
        data: bytes,
        person: Embeddings,
        portrait: Portrait | None,
        resemblance: float,
        policy: Policy,
        reporter: ProgressReporter,
        limits: Limits,
    ) -> Decoy:
        reporter.reach("decode")
        photo = self._codecs.decode(data, limits)

        reporter.reach("detect")
        found = self._find_faces(photo, _key(data), limits)
        if not found.faces:
            raise NoFace()

        reporter.reach("align", 1)
        job = self._align(photo, _key(data), found)[0]
        pixels = photo.pixels
        if portrait is not None and resemblance > 0:
            pixels = decoy.blend(pixels, job.face.landmarks, portrait, resemblance)

        encoded, seen = self._pull(photo, pixels, data, job, person, policy, reporter, limits)
        after = self._cloaker.embed(job.frame.extract(seen), job.frame)
        before = cosines(job.embedding, person)
        return Decoy(encoded.data, before, cosines(after, person), encoded.notices)

    def decoy_of_remembered(
        self,
        data: bytes,
        policy: Policy = Policy.STRIP,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
        limits: Limits | None = None,
        accept: Collection[str] = (),
    ) -> Result:
        """Make recognisers find the person whom the user had remembered, the one with most faces,
        in the largest face of a photo.

        Arguments and result are those of ``cloak``, where a photo without a face stays as it is
        too.  Raises ``NobodyRemembered``, and ``ShowsPerson`` where the person is on the photo:
        a decoy is made of somebody else.
        """
        reporter, limits = ProgressReporter(progress, cancelled), limits or Limits()
        with _memory_errors():
            return self._decoy_of_remembered(data, policy, reporter, limits, accept)

    def _decoy_of_remembered(
        self,
        data: bytes,
        policy: Policy,
        reporter: ProgressReporter,
        limits: Limits,
        accept: Collection[str],
    ) -> Result:
        started, level = time.perf_counter(), decoy.LEVEL
        remembered_faces = self._album.remembered()
        if not remembered_faces:
            raise NobodyRemembered()
        person = likeness_among(remembered_faces).embedding

        reporter.reach("decode")
        try:
            source = self._convert(data, policy, limits, accept)
            photo = self._codecs.decode(source.data, limits)
        except AnimatedImage as animated:
            kept = self._codecs.pass_through(data, policy, animated)
            return Result(kept.data, "no_face", _receipt(level, policy, started, (), kept))

        reporter.reach("detect")
        key = _key(source.data)
        found = self._find_faces(photo, key, limits)
        if not found.faces:
            reporter.reach("encode")
            kept = self._codecs.encode_with_notices(photo, photo.pixels, policy)
            return Result(kept.data, "no_face", _receipt(level, policy, started, (), source, kept))
        if any(likeness(face, person) >= SAME_PERSON for face in found.embeddings):
            raise ShowsPerson()

        reporter.reach("align", 1)
        job = self._align(photo, key, found)[0]
        encoded, seen = self._pull(photo, photo.pixels, data, job, person, policy, reporter, limits)
        face = replace(self._measure(photo, seen, job), likeness=self._likeness(seen, job, person))
        receipt = _receipt(level, policy, started, (face,), source, encoded)
        return Result(encoded.data, "cloaked", receipt)

    def _pull(
        self,
        photo: Photo,
        pixels: NDArray[np.uint8],
        data: bytes,
        job: FaceJob,
        person: Embeddings,
        policy: Policy,
        reporter: ProgressReporter,
        limits: Limits,
    ) -> tuple[Encoded, NDArray[np.uint8]]:
        """Move one face of a photo, whose pixels are ``pixels`` by now, towards a person; return
        the file and its pixels."""
        budget = decoy.LEVEL.budget

        reporter.reach("cloak")
        seed = installation.seed(self._secret, data, 0)
        on_step = reporter.part("cloak", 0, 1)
        towards = decoy.towards(person)
        self._cloak_face(pixels, job, towards, decoy.LEVEL, seed, on_step, self._decoy_recipe)

        reporter.reach("merge")
        merged = merge_within_budget(pixels, [job.patch], budget)

        reporter.reach("encode")
        return encode_within_budget(
            self._codecs, photo, pixels, merged, [job.patch], budget, policy, limits
        )

    def _likeness(
        self, seen: NDArray[np.uint8], job: FaceJob, person: Embeddings
    ) -> dict[str, float]:
        after = self._cloaker.embed(job.frame.extract(seen), job.frame)
        return {name: round(cosine, 4) for name, cosine in cosines(after, person).items()}

    def portraits(self, data: bytes, limits: Limits | None = None) -> list[Portrait]:
        """Return the faces of a photo as decoys need them, largest first.  Raises the errors of
        ``protocol.errors``."""
        limits = limits or Limits()
        with _memory_errors():
            photo = self._codecs.decode(data, limits)
            found = self._find_faces(photo, _key(data), limits)
        return [
            Portrait.cut(photo.pixels, face.landmarks, embedding)
            for face, embedding in zip(found.faces, found.embeddings, strict=True)
        ]

    def cloak_pixels(self, pixels: NDArray[np.uint8], level: Level) -> NDArray[np.uint8]:
        """Cloak every face of an image uint8 [h, w, 3] RGB, without decoding and encoding."""
        height, width = pixels.shape[:2]
        patches = []
        for number, face in enumerate(detect(pixels)):
            frame = frame_face(face.landmarks, width, height)
            job = FaceJob(face, frame, self._cloaker.embed(frame.extract(pixels), frame))
            seed = installation.seed(self._secret, pixels.tobytes(), number)
            self._cloak_face(pixels, job, job.person, level, seed)
            patches.append(job.patch)
        return merge_within_budget(pixels, patches, level.budget)

    def _convert(
        self, data: bytes, policy: Policy, limits: Limits, accept: Collection[str]
    ) -> Encoded:
        """Return a file that the receiver takes: a JPEG, or the photo's own."""
        replaced = replaced_by_jpeg(accept)
        if replaced and sniff.identify(data) in replaced:
            return self._codecs.to_jpeg(data, policy, limits)
        return Encoded(data)

    def _find_faces(self, photo: Photo, key: bytes, limits: Limits) -> PhotoFaces:
        """Return who is on a photo; ``key`` is that of its file.  Raises ``TooManyFaces``."""
        known = self._album.get(key)
        if known is not None:
            return known
        faces = detect(photo.pixels)
        if len(faces) > limits.max_faces:
            raise TooManyFaces(faces=len(faces), limit=limits.max_faces)
        frames = [frame_face(face.landmarks, photo.width, photo.height) for face in faces]
        embeddings = [self._cloaker.embed(f.extract(photo.pixels), f) for f in frames]
        return PhotoFaces(tuple(faces), tuple(embeddings))

    def _align(self, photo: Photo, key: bytes, found: PhotoFaces) -> list[FaceJob]:
        """Lay a canvas over every face, and find the same people's other photos."""
        return [
            FaceJob(
                face,
                frame_face(face.landmarks, photo.width, photo.height),
                embedding,
                self._album.others(key, embedding),
            )
            for face, embedding in zip(found.faces, found.embeddings, strict=True)
        ]

    def _cloak_face(
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
        change = self._cloaker.optimise(
            canvas, frame, meter, budget, seed, away_from, on_step, recipe=recipe
        )
        mask = np.clip(frame.to_photo(frame.mask()), 0.0, 1.0)
        job.patch = Patch(frame.crop, frame.to_photo(change), mask, meter)
        job.patch.trim(budget)
        job.seconds = time.perf_counter() - started

    def _measure(self, photo: Photo, seen: NDArray[np.uint8], job: FaceJob) -> FaceReceipt:
        """Compare one face of a photo with what a reader of the finished file sees."""
        after = self._cloaker.embed(job.frame.extract(seen), job.frame)
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


def _receipt(
    level: Level,
    policy: Policy,
    started: float,
    faces: tuple[FaceReceipt, ...],
    *files: Encoded,
) -> Receipt:
    """Return a photo's receipt, with the notices of the ``files`` that it became on its way."""
    notices = tuple(sorted({notice for file in files for notice in file.notices}))
    seconds = round(time.perf_counter() - started, 3)
    return Receipt(level.name, policy.value, seconds, fawkes_host.__version__, faces, notices)


def _key(data: bytes) -> bytes:
    """Return that of a photo in the album."""
    return hashlib.sha256(data).digest()


def _names(networks: Sequence[Network]) -> list[str]:
    return [network.name for network in networks]


def _load_networks(more: bool) -> list[Network]:
    """Return the surrogates, or with ``more`` all that recognise faces.  Raises
    ``WeightsMissing``, ``WeightsCorrupt``."""
    from fawkes_models import registry, store

    with coded_errors():
        return [store.load(name) for name in (registry.NETWORKS if more else registry.SURROGATES)]


@contextmanager
def _memory_errors() -> Iterator[None]:
    """Raise one error for a lack of memory, of which Python and TensorFlow have each their own."""
    import tensorflow as tf

    try:
        yield
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        raise OutOfMemory() from error

"""The way of a photo through the engine: bytes in, cloaked bytes out.

decode → detect → align → cloak → merge → encode → receipt, top to bottom; where the receiver takes
JPEG and not the photo's format, a conversion comes first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine import decoy, installation, remembered
from fawkes_host.engine.album import (
    Album,
    Embeddings,
    PhotoFaces,
)
from fawkes_host.engine.align import frame_face
from fawkes_host.engine.cloak import Cloaker
from fawkes_host.engine.decoy import Decoy
from fawkes_host.engine.decoy_pipeline import DecoyPipeline
from fawkes_host.engine.detect import detect, detector
from fawkes_host.engine.encoding import Codecs, encode_within_budget
from fawkes_host.engine.face_job import FaceJob
from fawkes_host.engine.levels import DEFAULT, Level
from fawkes_host.engine.likeness import Portrait
from fawkes_host.engine.merge import merge_within_budget
from fawkes_host.engine.progress import Progress, ProgressReporter
from fawkes_host.engine.recipe import IN_FORCE, Recipe
from fawkes_host.engine.stages import Result, Stages, key_of, write_receipt
from fawkes_host.engine.weight_files import coded_errors
from fawkes_host.photo.decode import Limits
from fawkes_host.photo.metadata import Policy
from fawkes_host.photo.sandbox import client as sandbox
from fawkes_host.protocol.errors import (
    AnimatedImage,
    OutOfMemory,
)
from fawkes_host.tensors import runtime
from fawkes_host.visibility.meter import VisibilityMeter

if TYPE_CHECKING:
    from fawkes_models.network import Network


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
        self._cloaker = Cloaker(networks, recipe)
        self._stages = Stages(codecs, self._cloaker, album, secret)
        self._decoys = DecoyPipeline(self._stages, decoy_recipe)

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
                photo = self._stages.codecs.decode(data, limits)
            except AnimatedImage:
                return
            self._stages.album.add(
                key_of(data), self._stages.find_faces(photo, key_of(data), limits)
            )

    def faces(self, data: bytes, limits: Limits | None = None) -> PhotoFaces:
        """Return the faces of a photo, largest first.  Raises the errors of ``protocol.errors``."""
        limits = limits or Limits()
        with _memory_errors():
            return self._stages.find_faces(
                self._stages.codecs.decode(data, limits), key_of(data), limits
            )

    def recurring_faces(self) -> list[Embeddings]:
        """Return the faces of everyone who is on two or more of the photos that were enrolled."""
        return self._stages.album.recurring()

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

        opened = self._stages.open(data, level, policy, started, reporter, limits, accept, enrol)
        if isinstance(opened, Result):
            return opened
        photo, found = opened.photo, opened.found

        reporter.reach("align", len(found.faces))
        jobs = self._stages.align(photo, opened.key, found)

        reporter.reach("cloak")
        for number, job in enumerate(jobs):
            seed = self._stages.seed(data, number)
            on_step = reporter.part("cloak", number, len(jobs))
            self._stages.change_face(photo.pixels, job, job.person, level, seed, on_step)
        patches = [job.patch for job in jobs]

        reporter.reach("merge")
        merged = merge_within_budget(photo.pixels, patches, level.budget)

        reporter.reach("encode")
        encoded, seen = encode_within_budget(
            self._stages.codecs, photo, photo.pixels, merged, patches, level.budget, policy, limits
        )

        faces = tuple(self._stages.measure(photo, seen, job) for job in jobs)
        receipt = write_receipt(
            level, policy, started, faces, opened.source, encoded, doubtful=found.doubtful
        )
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
            return self._decoys.make(data, person, portrait, resemblance, policy, reporter, limits)

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
            return self._decoys.make_of_remembered(data, policy, reporter, limits, accept)

    def portraits(self, data: bytes, limits: Limits | None = None) -> list[Portrait]:
        """Return the faces of a photo as decoys need them, largest first.  Raises the errors of
        ``protocol.errors``."""
        limits = limits or Limits()
        with _memory_errors():
            photo = self._stages.codecs.decode(data, limits)
            found = self._stages.find_faces(photo, key_of(data), limits)
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
            seed = self._stages.seed(pixels.tobytes(), number)
            self._stages.change_face(pixels, job, job.person, level, seed)
            patches.append(job.patch)
        return merge_within_budget(pixels, patches, level.budget)


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

"""The way of a donor's photo to a decoy: bytes in, bytes out.

decode → detect → align → blend → pull → merge → encode, top to bottom.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine import decoy
from fawkes_host.engine.album import SAME_PERSON, Embeddings, cosines, likeness
from fawkes_host.engine.decoy import Decoy
from fawkes_host.engine.encoding import encode_within_budget
from fawkes_host.engine.face_job import FaceJob
from fawkes_host.engine.likeness import Portrait, likeness_among
from fawkes_host.engine.merge import merge_within_budget
from fawkes_host.engine.progress import ProgressReporter
from fawkes_host.engine.recipe import Recipe
from fawkes_host.engine.stages import Result, Stages, key_of, write_receipt
from fawkes_host.photo.decode import Limits, Photo
from fawkes_host.photo.encode import Encoded
from fawkes_host.photo.metadata import Policy
from fawkes_host.protocol.errors import NobodyRemembered, NoFace, ShowsPerson


class DecoyPipeline:
    """Makes decoys by an engine's stages; ``Engine`` says what its methods are asked for."""

    def __init__(self, stages: Stages, recipe: Recipe) -> None:
        self._stages = stages
        self._recipe = recipe

    def make(
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
        photo = self._stages.codecs.decode(data, limits)

        reporter.reach("detect")
        found = self._stages.find_faces(photo, key_of(data), limits)
        if not found.faces:
            raise NoFace()

        reporter.reach("align", 1)
        job = self._stages.align(photo, key_of(data), found)[0]
        pixels = photo.pixels
        if portrait is not None and resemblance > 0:
            pixels = decoy.blend(pixels, job.face.landmarks, portrait, resemblance)

        encoded, seen = self._pull(photo, pixels, data, job, person, policy, reporter, limits)
        after = self._stages.embed(seen, job)
        before = cosines(job.embedding, person)
        return Decoy(encoded.data, before, cosines(after, person), encoded.notices)

    def make_of_remembered(
        self,
        data: bytes,
        policy: Policy,
        reporter: ProgressReporter,
        limits: Limits,
        accept: Collection[str],
    ) -> Result:
        started, level = time.perf_counter(), decoy.LEVEL
        remembered_faces = self._stages.album.remembered()
        if not remembered_faces:
            raise NobodyRemembered()
        person = likeness_among(remembered_faces).embedding

        opened = self._stages.open(data, level, policy, started, reporter, limits, accept)
        if isinstance(opened, Result):
            return opened
        photo, found = opened.photo, opened.found
        if any(likeness(face, person) >= SAME_PERSON for face in found.embeddings):
            raise ShowsPerson()

        reporter.reach("align", 1)
        job = self._stages.align(photo, opened.key, found)[0]
        encoded, seen = self._pull(photo, photo.pixels, data, job, person, policy, reporter, limits)
        face = replace(
            self._stages.measure(photo, seen, job), likeness=self._likeness(seen, job, person)
        )
        receipt = write_receipt(
            level, policy, started, (face,), opened.source, encoded, doubtful=found.doubtful
        )
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
        seed = self._stages.seed(data, 0)
        on_step = reporter.part("cloak", 0, 1)
        towards = decoy.towards(person)
        self._stages.change_face(pixels, job, towards, decoy.LEVEL, seed, on_step, self._recipe)

        reporter.reach("merge")
        merged = merge_within_budget(pixels, [job.patch], budget)

        reporter.reach("encode")
        return encode_within_budget(
            self._stages.codecs, photo, pixels, merged, [job.patch], budget, policy, limits
        )

    def _likeness(
        self, seen: NDArray[np.uint8], job: FaceJob, person: Embeddings
    ) -> dict[str, float]:
        after = self._stages.embed(seen, job)
        return {name: round(cosine, 4) for name, cosine in cosines(after, person).items()}

"""Turns a merged photo into a file in which a reader sees no more than the budget allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine.merge import Patch, merge
from fawkes_host.photo.decode import Limits, Photo
from fawkes_host.photo.encode import Encoded
from fawkes_host.photo.metadata import Policy
from fawkes_host.protocol.errors import AnimatedImage
from fawkes_host.visibility.budget import Budget

OVERSPENT = 0.01
"""Encoding may take a face beyond its budget by this share of it."""

LEAST_KEPT = 0.5
"""Share of a cloak that is kept in each round, however much of the budget a file of low quality
spends by being encoded anew."""

ENCODE_ROUNDS = 3
"""Encoding adds to what can be seen; so often at most a cloak is made weaker and encoded anew."""


class Codecs(Protocol):
    """What turns files into pixels and back, as ``photo.sandbox.client`` does in a process."""

    def decode(self, data: bytes, limits: Limits | None = None, /) -> Photo: ...

    def encode_with_notices(
        self, photo: Photo, pixels: NDArray[np.uint8], policy: Policy, /
    ) -> Encoded: ...

    def pass_through(self, data: bytes, policy: Policy, error: AnimatedImage, /) -> Encoded: ...

    def to_jpeg(self, data: bytes, policy: Policy, limits: Limits | None = None, /) -> Encoded: ...


def encode_within_budget(
    codecs: Codecs,
    photo: Photo,
    pixels: NDArray[np.uint8],
    merged: NDArray[np.uint8],
    patches: Sequence[Patch],
    budget: Budget,
    policy: Policy,
    limits: Limits,
) -> tuple[Encoded, NDArray[np.uint8]]:
    """Encode, measure what a reader of the file will see, and correct what is too visible.

    ``pixels`` uint8 [h, w, 3] are those to which the patches were added, which made ``merged``.
    Return the file and its pixels.  Raises the errors of the codecs.
    """
    for attempt in range(1, ENCODE_ROUNDS + 1):
        encoded = codecs.encode_with_notices(photo, merged, policy)
        seen = codecs.decode(encoded.data, limits).pixels
        over = [-budget.slack(patch.measure(seen)) for patch in patches]
        if max(over) <= OVERSPENT or attempt == ENCODE_ROUNDS:
            break
        for patch, points in zip(patches, over, strict=True):
            # What is spent is nearly proportional to the strength.
            patch.strength *= float(np.clip(1.0 - points - OVERSPENT, LEAST_KEPT, 1.0))
        merged = merge(pixels, patches)
    return encoded, seen

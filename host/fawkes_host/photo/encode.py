"""Turns changed pixels into a file like the one they came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fawkes_host.photo import orientation, scrub
from fawkes_host.photo.codecs.change import Change
from fawkes_host.photo.codecs.thumbnail import Thumbnails
from fawkes_host.photo.decode import Limits, Photo, decode
from fawkes_host.photo.formats import FORMATS
from fawkes_host.photo.metadata import Policy, Removal
from fawkes_host.protocol.errors import DamagedImage


@dataclass(frozen=True)
class Encoded:
    """A file, and the names of what the original had and it has not: see ``Scrubbed``."""

    data: bytes
    notices: tuple[str, ...] = ()


def encode(photo: Photo, pixels: NDArray[np.uint8], policy: Policy) -> bytes:
    """Encode ``pixels``, uint8 [h, w, 3] RGB as displayed, in the format ``photo`` came in;
    a GIF becomes a PNG.

    Size, orientation, colour profile, alpha, bit depth and the settings of the original's encoder
    stay.  The difference between ``pixels`` and ``photo.pixels`` is added to the samples as they
    are stored, so all others come back bit for bit in lossless formats, and as near as one more
    quantisation in the others.  Without a difference the file itself comes back, after its policy.

    Raises:
        ValueError: ``pixels`` has another shape or type than ``photo.pixels``.
        DamagedImage: the file lets its metadata lie where its picture is.
    """
    return encode_with_notices(photo, pixels, policy).data


def encode_with_notices(photo: Photo, pixels: NDArray[np.uint8], policy: Policy) -> Encoded:
    """Do as ``encode`` does, and tell what was lost."""
    if pixels.shape != photo.pixels.shape or pixels.dtype != np.uint8:
        raise ValueError(f"expected uint8 {photo.pixels.shape}, got {pixels.dtype} {pixels.shape}")
    new = orientation.to_stored(pixels, photo.orientation)
    change = Change.between(orientation.to_stored(photo.pixels, photo.orientation), new)
    if change is None:
        return _scrub_alone(photo, policy)
    format_ = FORMATS[photo.format]
    stored = pixels if format_.turned_by_decoder else new
    removal = Removal.of(policy, pixels_changed=True, thumbnails=Thumbnails(stored))
    data = format_.write(photo.source, stored, change, removal)
    return Encoded(data, tuple(sorted(removal.notices)))


def _scrub_alone(photo: Photo, policy: Policy) -> Encoded:
    """Apply the policy to the file, and make sure that the picture has come through it."""
    scrubbed = scrub.scrub(photo.source, policy)
    if FORMATS[photo.format].found_by_offsets and scrubbed.data != photo.source:
        again = decode(scrubbed.data, Limits(max_bytes=len(photo.source)))
        if not np.array_equal(again.pixels, photo.pixels):
            raise DamagedImage(detail="its metadata and its picture share their bytes")
    return Encoded(scrubbed.data, scrubbed.notices)

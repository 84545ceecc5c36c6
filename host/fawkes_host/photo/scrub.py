"""Applies the user's policy to what goes with a photo beside its pixels."""

from __future__ import annotations

from dataclasses import dataclass

from fawkes_host.photo.containers import sniff
from fawkes_host.photo.formats import FORMATS
from fawkes_host.photo.metadata import Policy, Removal


@dataclass(frozen=True)
class Scrubbed:
    """A file after its policy.  ``notices`` name what was lost beside the plainly asked for."""

    data: bytes
    notices: tuple[str, ...] = ()


def apply(data: bytes, policy: Policy) -> bytes:
    """Return the file with its metadata as ``policy`` wants it, without decoding a pixel.

    Byte for byte the same where nothing is to be removed.

    Raises:
        DamagedImage: the file's structure cannot be followed.
        NotAnImage, EmptyInput: it is no photo.
    """
    return scrub(data, policy).data


def scrub(data: bytes, policy: Policy) -> Scrubbed:
    """Do as ``apply`` does, and tell what was lost."""
    removal = Removal.of(policy, pixels_changed=False)
    result = FORMATS[sniff.identify(data)].scrub(data, removal)
    return Scrubbed(result, tuple(sorted(removal.notices)))

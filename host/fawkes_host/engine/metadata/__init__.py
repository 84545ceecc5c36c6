"""What goes with a photo beside its pixels, and what the user's policy leaves of it."""

from __future__ import annotations

from dataclasses import dataclass

from fawkes_host.engine.containers import sniff
from fawkes_host.engine.metadata import jpeg, png, webp
from fawkes_host.engine.metadata.policy import Policy, Removal
from fawkes_host.protocol.errors import NotAnImage

__all__ = ["Policy", "Removal", "Scrubbed", "apply", "scrub"]


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
    match sniff.identify(data):
        case "JPEG":
            result = jpeg.scrub(data, removal)
        case "PNG":
            result = png.scrub(data, removal)
        case "WEBP":
            result = webp.scrub(data, removal)
        case _:
            raise NotAnImage(supported=", ".join(sniff.SUPPORTED))
    return Scrubbed(result, tuple(sorted(removal.notices)))

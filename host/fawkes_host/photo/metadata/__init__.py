"""What goes with a photo beside its pixels, and what the user's policy leaves of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from fawkes_host.photo.containers import sniff
from fawkes_host.photo.containers.sniff import Format
from fawkes_host.photo.metadata import bmp, gif, heif, jpeg, png, tiff, webp
from fawkes_host.photo.metadata.policy import Policy, Removal

__all__ = ["Policy", "Removal", "Scrubbed", "apply", "scrub"]

_SCRUB: dict[Format | Literal["GIF"], Callable[[bytes, Removal], bytes]] = {
    "JPEG": jpeg.scrub,
    "PNG": png.scrub,
    "WEBP": webp.scrub,
    "HEIF": heif.scrub,
    "AVIF": heif.scrub,
    "BMP": bmp.scrub,
    "TIFF": tiff.scrub,
    "GIF": gif.scrub,
}


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
    format_ = sniff.identify(data)
    removal = Removal.of(policy, pixels_changed=False)
    result = _SCRUB[format_](data, removal)
    return Scrubbed(result, tuple(sorted(removal.notices)))

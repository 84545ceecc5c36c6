"""Media types and names of the formats, and which formats a receiver wants to have replaced.

Imports no codec: the service and the command line ask too.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from fawkes_host.photo.containers.sniff import FormatName


@dataclass(frozen=True)
class Naming:
    """What a format is called outside.

    ``media_types`` as IANA has registered them and browsers use them; who takes one of them takes
    the format.  ``suffixes`` of file names, in lower case.
    """

    media_types: frozenset[str]
    suffixes: frozenset[str]
    becomes_jpeg: bool = False
    """For a receiver that takes JPEG and not this."""


NAMINGS: Final[dict[FormatName, Naming]] = {
    "JPEG": Naming(frozenset({"image/jpeg"}), frozenset({".jpg", ".jpeg", ".jpe", ".jfif"})),
    "PNG": Naming(frozenset({"image/png"}), frozenset({".png"})),
    "WEBP": Naming(frozenset({"image/webp"}), frozenset({".webp"})),
    "HEIF": Naming(
        frozenset({"image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"}),
        frozenset({".heic", ".heif", ".hif"}),
        becomes_jpeg=True,
    ),
    "AVIF": Naming(
        frozenset({"image/avif", "image/avif-sequence"}), frozenset({".avif"}), becomes_jpeg=True
    ),
    "BMP": Naming(frozenset({"image/bmp"}), frozenset({".bmp", ".dib"})),
    "TIFF": Naming(frozenset({"image/tiff"}), frozenset({".tif", ".tiff"})),
    "GIF": Naming(frozenset({"image/gif"}), frozenset({".gif"})),
}

PHOTO_SUFFIXES: Final = frozenset().union(*(naming.suffixes for naming in NAMINGS.values()))


def replaced_by_jpeg(accept: Collection[str]) -> frozenset[FormatName]:
    """Return the formats that become JPEG for a receiver of these media types; none takes all."""
    if NAMINGS["JPEG"].media_types.isdisjoint(accept):
        return frozenset()
    return frozenset(
        name
        for name, naming in NAMINGS.items()
        if naming.becomes_jpeg and naming.media_types.isdisjoint(accept)
    )

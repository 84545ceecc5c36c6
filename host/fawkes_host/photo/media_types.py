"""Media types of the formats, and which formats a receiver wants to have replaced.

Imports no codec: the service asks too.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from fawkes_host.photo.containers.sniff import Format

_JPEG: Final = "image/jpeg"
_REPLACEABLE: Final[dict[Format, frozenset[str]]] = {
    "HEIF": frozenset({"image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"}),
    "AVIF": frozenset({"image/avif", "image/avif-sequence"}),
}
"""As IANA has registered them; who takes one of a format's types takes the format."""


def replaced_by_jpeg(accept: Collection[str]) -> frozenset[Format]:
    """Return the formats that become JPEG for a receiver of these media types; none takes all."""
    if _JPEG not in accept:
        return frozenset()
    return frozenset(format_ for format_, types in _REPLACEABLE.items() if types.isdisjoint(accept))

"""Applies a removal to one chunk after another, as PNG and WebP have them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from fawkes_host.photo.metadata.policy import Removal


class Chunk(Protocol):
    """A part of a file that says of what kind it is."""

    @property
    def kind(self) -> bytes: ...


AnyChunk = TypeVar("AnyChunk", bound=Chunk)


def scrub_each(
    chunks: Sequence[AnyChunk],
    removal: Removal,
    exif_kind: bytes,
    scrub: Callable[[AnyChunk, Removal], AnyChunk | None],
) -> list[AnyChunk]:
    """Return the chunks without what ``removal`` names; ``scrub`` returns what is left of one."""
    if removal.nothing:
        return list(chunks)
    first_exif = next((chunk for chunk in chunks if chunk.kind == exif_kind), None)
    scrubbed = (
        scrub(chunk, removal)
        for chunk in chunks
        # Readers take the first; left alone, the next would step into its place.
        if chunk.kind != exif_kind or chunk is first_exif
    )
    return [chunk for chunk in scrubbed if chunk is not None]

"""Files made of boxes: HEIF, AVIF and MP4 (ISO/IEC 14496-12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from fawkes_host.protocol.errors import DamagedImage

_HEVC_BRANDS = frozenset(b"heic heix hevc hevx heim heis hevm hevs".split())
_AV1_BRANDS = frozenset({b"avif", b"avis"})
_ANY_CODEC_BRANDS = frozenset(b"mif1 mif2 msf1 miaf".split())

_MOST_BOXES = 100_000
"""More than any real file has; a guard against boxes made to be walked for ever."""

_CONTAINERS = frozenset(b"moov trak mdia minf stbl udta".split())


@dataclass(frozen=True)
class Box:
    """``start`` is where the box begins, ``body`` where its content does, ``end`` where it ends."""

    kind: bytes
    start: int
    body: int
    end: int


class Reader:
    """Reads big-endian numbers one after the other, never beyond ``end``."""

    def __init__(self, data: bytes, position: int, end: int) -> None:
        self.data, self.position, self.end = data, position, end

    def number(self, size: int) -> int:
        start = self.position
        if start + size > self.end:
            raise DamagedImage(detail="a box is cut off")
        self.position += size
        return int.from_bytes(self.data[start : start + size], "big")

    def text(self) -> bytes:
        """A string that ends with a zero, or with the box."""
        zero = self.data.find(b"\0", self.position, self.end)
        stop = self.end if zero < 0 else zero
        text = self.data[self.position : stop]
        self.position = min(self.end, stop + 1)
        return text


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Give the boxes that follow one another from ``start`` to ``end``.

    Raises:
        DamagedImage: one reaches beyond ``end``, or there are too many.
    """
    end = len(data) if end is None else end
    for _ in range(_MOST_BOXES):
        if start == end:
            return
        reader = Reader(data, start, end)
        size, kind = reader.number(4), reader.number(4).to_bytes(4, "big")
        if size == 1:
            size = reader.number(8)
        elif size == 0:
            size = end - start
        if size < reader.position - start or start + size > end:
            raise DamagedImage(detail="a box reaches beyond the file")
        yield Box(kind, start, reader.position, start + size)
        start += size
    raise DamagedImage(detail="the file has too many boxes")


def find(data: bytes, kind: bytes, start: int = 0, end: int | None = None) -> Box | None:
    """Return the first box of a kind."""
    return next((box for box in boxes(data, start, end) if box.kind == kind), None)


def brands(data: bytes) -> list[bytes]:
    """Return the major brand and the compatible ones; nothing for other files."""
    if data[4:8] != b"ftyp":
        return []
    end = min(len(data), int.from_bytes(data[:4], "big"), 8 + 4 * 64)
    names = [data[position : position + 4] for position in range(8, end - 3, 4)]
    return names[:1] + names[2:]  # between them, the minor version


def image_format(data: bytes) -> Literal["HEIF", "AVIF"] | None:
    """Tell HEIF from AVIF by the brands of the file, whichever comes first; None for videos and
    everything else."""
    names = brands(data)
    pictures = [n for n in names if n in _HEVC_BRANDS | _AV1_BRANDS | _ANY_CODEC_BRANDS]
    if not pictures:
        return None
    if pictures[0] in _ANY_CODEC_BRANDS:
        return "AVIF" if _AV1_BRANDS & set(names) and not _HEVC_BRANDS & set(names) else "HEIF"
    return "AVIF" if pictures[0] in _AV1_BRANDS else "HEIF"


def walk_movie(
    data: bytes, start: int = 0, end: int | None = None, depth: int = 0
) -> Iterator[Box]:
    """Give the boxes of a movie, those within others behind them."""
    for box in boxes(data, start, end):
        yield box
        if box.kind in _CONTAINERS and depth < 8:
            yield from walk_movie(data, box.body, box.end, depth + 1)

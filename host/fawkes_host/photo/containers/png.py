"""PNG files: chunks (W3C PNG, third edition)."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from fawkes_host.photo.containers.header import Header
from fawkes_host.protocol.errors import DamagedImage

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Colour type to samples a pixel."""

_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}

_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
          (0, 1, 1, 2))  # fmt: skip
"""First column and row, and the steps to the next, of the passes of an interlaced picture."""


@dataclass(frozen=True)
class Chunk:
    """A chunk without its length and checksum."""

    kind: bytes
    payload: bytes

    def to_bytes(self) -> bytes:
        checksum = zlib.crc32(self.kind + self.payload)
        return (
            struct.pack(">I", len(self.payload))
            + self.kind
            + self.payload
            + struct.pack(">I", checksum)
        )


@dataclass(frozen=True)
class ImageHeader:
    """IHDR."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool

    @property
    def channels(self) -> int:
        return _CHANNELS[self.colour]

    @property
    def filter_distance(self) -> int:
        """Bytes between a byte and its left neighbour, for the row filters."""
        return max(1, self.channels * self.depth // 8)

    def row_bytes(self, width: int) -> int:
        return (width * self.channels * self.depth + 7) // 8

    def passes(self) -> tuple[tuple[slice, slice], ...]:
        """Rows and columns of each pass that is not empty; one pass when not interlaced."""
        if not self.interlaced:
            return ((slice(0, self.height), slice(0, self.width)),)
        return tuple(
            (slice(y, self.height, dy), slice(x, self.width, dx))
            for x, y, dx, dy in _ADAM7
            if x < self.width and y < self.height
        )

    def to_chunk(self) -> Chunk:
        return Chunk(
            b"IHDR",
            struct.pack(
                ">IIBBBBB", self.width, self.height, self.depth, self.colour, 0, 0, self.interlaced
            ),
        )


def parse(data: bytes) -> tuple[list[Chunk], bytes]:
    """Cut a PNG into its chunks, and whatever follows IEND.

    Checksums are read over, as browsers do for chunks that only describe; the decoder checks
    those of the picture.

    Raises:
        DamagedImage: a chunk reaches beyond the file, or the first is not IHDR.
    """
    chunks: list[Chunk] = []
    position = len(SIGNATURE)
    while position < len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        end = position + 12 + length
        if end > len(data):
            raise DamagedImage(detail="the PNG is cut off")
        chunk = Chunk(data[position + 4 : position + 8], data[position + 8 : end - 4])
        chunks.append(chunk)
        position = end
        if chunk.kind == b"IEND":
            break
    if not chunks or chunks[0].kind != b"IHDR":
        raise DamagedImage(detail="the PNG has no header")
    if chunks[-1].kind != b"IEND":
        raise DamagedImage(detail="the PNG is cut off")
    return chunks, data[position:]


_PICTURE = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT"})


def mended(data: bytes) -> bytes:
    """Return a PNG as browsers read it: where what only describes has a wrong checksum, or the end
    is missing behind the whole picture, that is put right.  As it is where nothing is wrong."""
    position, sound, seen = len(SIGNATURE), True, False
    chunks = []
    while position + 12 <= len(data):
        end = position + 12 + int.from_bytes(data[position : position + 4], "big")
        if end > len(data):
            break
        chunk = data[position:end]
        kind = chunk[4:8]
        seen = seen or kind == b"IDAT"
        if kind not in _PICTURE and chunk[-4:] != zlib.crc32(chunk[4:-4]).to_bytes(4, "big"):
            chunk, sound = Chunk(kind, chunk[8:-4]).to_bytes(), False
        chunks.append(chunk)
        position = end
        if kind == b"IEND":
            return data if sound else SIGNATURE + b"".join(chunks) + data[position:]
    if not seen or data[position + 4 : position + 8] == b"IDAT":
        return data
    return SIGNATURE + b"".join(chunks) + Chunk(b"IEND", b"").to_bytes()


def picture_alone(data: bytes) -> bytes:
    """Return a PNG of nothing but its picture: what describes it may be more than a decoder
    takes."""
    chunks, _ = parse(data)
    end = len(SIGNATURE)
    kept = []
    for chunk in chunks:
        start, end = end, end + 12 + len(chunk.payload)
        if chunk.kind in _PICTURE:
            kept.append(data[start:end])
    return SIGNATURE + b"".join(kept) + Chunk(b"IEND", b"").to_bytes()


def to_bytes(chunks: list[Chunk], trailer: bytes = b"") -> bytes:
    """Write the file, every checksum anew."""
    return SIGNATURE + b"".join(chunk.to_bytes() for chunk in chunks) + trailer


def read_image_header(data: bytes) -> ImageHeader:
    """Read IHDR, which every PNG begins with.

    Raises:
        DamagedImage: it is missing, or holds what the specification forbids.
    """
    if len(data) < 33 or data[12:16] != b"IHDR":
        raise DamagedImage(detail="the PNG has no header")
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    if not width or not height or depth not in _DEPTHS.get(colour, ()) or interlaced > 1:
        raise DamagedImage(detail="the PNG header is not valid")
    return ImageHeader(width, height, depth, colour, bool(interlaced))


def read_header(data: bytes) -> Header:
    """Read the size, and the number of frames of an animation: those that are there, but no more
    than it says (acTL)."""
    header = read_image_header(data)
    chunks, _ = parse(mended(data))
    announced = next(
        (
            int.from_bytes(chunk.payload[:4], "big")
            for chunk in chunks
            if chunk.kind == b"acTL" and len(chunk.payload) == 8
        ),
        1,
    )
    there = sum(chunk.kind == b"fcTL" for chunk in chunks)
    return Header(header.width, header.height, max(1, min(announced, there)))

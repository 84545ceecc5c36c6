"""WebP files: RIFF chunks, and the few facts in them that a re-encoding needs (RFC 9649)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from fawkes_host.photo.containers.header import Header
from fawkes_host.protocol.errors import DamagedImage

ICC_FLAG, ALPHA_FLAG, EXIF_FLAG, XMP_FLAG, ANIMATION_FLAG = 0x20, 0x10, 0x08, 0x04, 0x02

PICTURE_KINDS = frozenset({b"VP8 ", b"VP8L", b"ALPH"})

_FLAGS = {b"ICCP": ICC_FLAG, b"ALPH": ALPHA_FLAG, b"EXIF": EXIF_FLAG, b"XMP ": XMP_FLAG}


@dataclass(frozen=True)
class Chunk:
    """A chunk without its length and padding."""

    kind: bytes
    payload: bytes

    def to_bytes(self) -> bytes:
        padding = b"\0" * (len(self.payload) % 2)
        return self.kind + struct.pack("<I", len(self.payload)) + self.payload + padding


def parse(data: bytes) -> tuple[list[Chunk], bytes]:
    """Cut a WebP into its chunks, and whatever follows them.

    Raises:
        DamagedImage: a chunk reaches beyond the file.
    """
    if len(data) < 12:
        raise DamagedImage(detail="the WebP is cut off")
    riff_end = 8 + int.from_bytes(data[4:8], "little")
    if riff_end > len(data):
        raise DamagedImage(detail="the WebP is cut off")
    chunks: list[Chunk] = []
    position = 12
    while position + 8 <= riff_end:
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        end = position + 8 + length
        if end > riff_end:
            raise DamagedImage(detail="the WebP is cut off")
        chunks.append(Chunk(data[position : position + 4], data[position + 8 : end]))
        position = end + length % 2
    return chunks, data[min(max(position, riff_end), len(data)) :]


def to_bytes(chunks: list[Chunk], trailer: bytes = b"") -> bytes:
    """Write a WebP; the flags of VP8X, where there is one, are made to say what follows."""
    body = b"WEBP" + b"".join(chunk.to_bytes() for chunk in _with_true_flags(chunks))
    return b"RIFF" + struct.pack("<I", len(body)) + body + trailer


def _with_true_flags(chunks: list[Chunk]) -> list[Chunk]:
    if not chunks or chunks[0].kind != b"VP8X" or len(chunks[0].payload) < 10:
        return chunks
    payload = chunks[0].payload
    kinds = {chunk.kind for chunk in chunks}
    flags = payload[0]
    for kind, flag in _FLAGS.items():
        if kind in kinds:
            flags |= flag
        elif kind != b"ALPH":  # VP8L holds its alpha itself
            flags &= ~flag & 0xFF
    return [Chunk(b"VP8X", bytes([flags]) + payload[1:]), *chunks[1:]]


_FRAME_HEADER_BYTES = 16
"""Place, size, duration and flags of an animation's frame (RFC 9649, 2.7.1.1)."""


def as_still(data: bytes) -> bytes:
    """Return an animation of at most one frame as the still it is; any other file as it was."""
    chunks, trailer = parse(data)
    first = chunks[0] if chunks else None
    if first is None or first.kind != b"VP8X" or len(first.payload) < 10:
        return data
    if not first.payload[0] & ANIMATION_FLAG and not any(c.kind == b"ANMF" for c in chunks):
        return data
    size = first.payload[4:10]
    still: list[Chunk] = []
    for chunk in chunks[1:]:
        if chunk.kind == b"ANMF":
            size = chunk.payload[6:12]
            inner = b"WEBP" + chunk.payload[_FRAME_HEADER_BYTES:]
            still += parse(b"RIFF" + struct.pack("<I", len(inner)) + inner)[0]
        elif chunk.kind != b"ANIM":
            still.append(chunk)
    flags = first.payload[0] & ~ANIMATION_FLAG
    head = Chunk(b"VP8X", bytes([flags]) + first.payload[1:4] + size)
    return to_bytes([head, *still], trailer)


def make_vp8x(width: int, height: int, alpha: bool) -> Chunk:
    """Return the header of the extended format; the other flags follow when it is written."""
    return Chunk(
        b"VP8X",
        bytes([ALPHA_FLAG if alpha else 0, 0, 0, 0])
        + (width - 1).to_bytes(3, "little")
        + (height - 1).to_bytes(3, "little"),
    )


def read_header(data: bytes) -> Header:
    """Read the size, and the number of frames of an animation."""
    chunks, _ = parse(data)
    kinds = [chunk.kind for chunk in chunks]
    if not chunks:
        raise DamagedImage(detail="the WebP has no picture")
    first = chunks[0]
    frames = max(1, kinds.count(b"ANMF"))
    if first.kind == b"VP8X" and len(first.payload) >= 10:
        width = 1 + int.from_bytes(first.payload[4:7], "little")
        height = 1 + int.from_bytes(first.payload[7:10], "little")
        return Header(width, height, frames)
    if first.kind == b"VP8 " and len(first.payload) >= 10:
        width, height = struct.unpack("<HH", first.payload[6:10])
        width, height = width & 0x3FFF, height & 0x3FFF
    elif first.kind == b"VP8L" and len(first.payload) >= 5:
        bits = int.from_bytes(first.payload[1:5], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    else:
        raise DamagedImage(detail="the WebP has no picture")
    if not width or not height:
        raise DamagedImage(detail="the WebP gives no size")
    return Header(width, height, frames)


def is_lossless(chunks: list[Chunk]) -> bool:
    """Whether the picture is coded without loss."""
    return any(chunk.kind == b"VP8L" for chunk in chunks)


def quantiser(chunks: list[Chunk]) -> float | None:
    """Return the mean quantiser index (0 finest, 127 coarsest) of a lossy picture, or None."""
    payload = next((chunk.payload for chunk in chunks if chunk.kind == b"VP8 "), None)
    if payload is None or len(payload) < 12:
        return None
    return _read_quantiser(_BoolDecoder(payload[10:]))


class _BoolDecoder:
    """The arithmetic decoder of VP8 for bits of even odds (RFC 6386, section 7)."""

    def __init__(self, data: bytes) -> None:
        self._bytes = iter(data)
        self._value = self._next() << 8 | self._next()
        self._range = 255
        self._used_bits = 0

    def _next(self) -> int:
        return next(self._bytes, 0)

    def bit(self) -> int:
        split = 1 + ((self._range - 1) * 128 >> 8)
        result = self._value >= split << 8
        if result:
            self._range -= split
            self._value -= split << 8
        else:
            self._range = split
        while self._range < 128:
            self._value <<= 1
            self._range <<= 1
            self._used_bits += 1
            if self._used_bits == 8:
                self._used_bits = 0
                self._value |= self._next()
        return int(result)

    def number(self, bits: int) -> int:
        value = 0
        for _ in range(bits):
            value = value << 1 | self.bit()
        return value

    def optional(self, bits: int) -> int | None:
        """A flag, and a number with its sign behind it when the flag is set."""
        if not self.bit():
            return None
        value = self.number(bits)
        return -value if self.bit() else value


def _read_quantiser(decoder: _BoolDecoder) -> float:
    """Walk the frame header (RFC 6386, section 9.2 to 9.6) up to the quantiser indices."""
    decoder.number(2)  # colour space, clamping
    segments: list[int] = []
    absolute = False
    if decoder.bit():
        update_map = decoder.bit()
        if decoder.bit():
            absolute = bool(decoder.bit())
            segments = [decoder.optional(7) or 0 for _ in range(4)]
            for _ in range(4):
                decoder.optional(6)
        if update_map:
            for _ in range(3):
                if decoder.bit():
                    decoder.number(8)
    decoder.number(1 + 6 + 3)  # loop filter: kind, level, sharpness
    if decoder.bit() and decoder.bit():
        for _ in range(8):
            decoder.optional(6)
    decoder.number(2)  # partitions
    base = decoder.number(7)
    if not segments:
        return float(base)
    indices = segments if absolute else [base + delta for delta in segments]
    return sum(min(127, max(0, index)) for index in indices) / len(indices)

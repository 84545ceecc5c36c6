"""JPEG files: segments up to the first scan, the scans, and whatever follows the picture.

Source: ITU-T T.81, annex B; JFIF 1.02 and Adobe TN 5116 for the colour encoding.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from fawkes_host.photo.containers.header import Header
from fawkes_host.protocol.errors import DamagedImage

SOI, EOI, SOS, DQT, DHT, DRI, COM = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xDD, 0xFE
APP0, APP1, APP2, APP13, APP14, APP15 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xEF

_FRAMES = frozenset(range(0xC0, 0xD0)) - {DHT, 0xC8, 0xCC}
"""Start-of-frame markers: C4, C8 and CC in their midst mean something else."""

_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})

_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""Within entropy-coded data, FF is followed by 00, by a restart marker or by padding."""

MAX_PAYLOAD_BYTES = 65533

ColourEncoding = Literal["grey", "ycc", "rgb", "cmyk", "ycck"]


@dataclass(frozen=True)
class Segment:
    """A marker and its payload, without the two bytes of length."""

    marker: int
    payload: bytes

    def to_bytes(self) -> bytes:
        if len(self.payload) > MAX_PAYLOAD_BYTES:
            raise ValueError("a JPEG segment holds at most 65,533 bytes")
        return struct.pack(">BBH", 0xFF, self.marker, len(self.payload) + 2) + self.payload

    @property
    def is_metadata(self) -> bool:
        return APP0 <= self.marker <= APP15 or self.marker == COM


@dataclass(frozen=True)
class Component:
    """One colour channel, and which quantisation table it uses."""

    identifier: int
    horizontal: int
    vertical: int
    quantisation_table: int


@dataclass(frozen=True)
class Frame:
    """The start-of-frame header: size, precision and sampling."""

    marker: int
    precision: int
    height: int
    width: int
    components: tuple[Component, ...]

    @property
    def progressive(self) -> bool:
        return self.marker in (0xC2, 0xC6, 0xCA, 0xCE)

    @property
    def arithmetic(self) -> bool:
        """Whether the entropy coding is arithmetic instead of Huffman's."""
        return self.marker >= 0xC9

    @property
    def sampling(self) -> tuple[tuple[int, int], ...]:
        """How often each component is sampled less than the densest: ((1, 1), (2, 2), (2, 2)).

        A (0, 0) marks a ratio that is no whole number.
        """
        across = max(c.horizontal for c in self.components)
        down = max(c.vertical for c in self.components)
        return tuple(
            (across // c.horizontal, down // c.vertical)
            if across % c.horizontal == 0 and down % c.vertical == 0
            else (0, 0)
            for c in self.components
        )


@dataclass(frozen=True)
class JpegFile:
    """A JPEG file cut into ``head`` segments, ``scans`` (first SOS to EOI) and ``trailer``."""

    head: tuple[Segment, ...]
    scans: bytes
    trailer: bytes

    def to_bytes(self) -> bytes:
        head = b"".join(segment.to_bytes() for segment in self.head)
        return b"\xff\xd8" + head + self.scans + self.trailer

    @cached_property
    def frame(self) -> Frame:
        for segment in self.head:
            if segment.marker in _FRAMES:
                return _parse_frame(segment)
        raise DamagedImage(detail="the JPEG has no frame header")

    @property
    def colour_encoding(self) -> ColourEncoding:
        """How the components are to be read, by the rules that libjpeg follows."""
        identifiers = tuple(c.identifier for c in self.frame.components)
        jfif = any(s.marker == APP0 and s.payload.startswith(b"JFIF\0") for s in self.head)
        adobe = next(
            (
                s.payload[11]
                for s in self.head
                if s.marker == APP14 and s.payload.startswith(b"Adobe") and len(s.payload) >= 12
            ),
            None,
        )
        if len(identifiers) == 1:
            return "grey"
        if len(identifiers) == 4:
            return "ycck" if adobe == 2 else "cmyk"
        if len(identifiers) != 3:
            raise DamagedImage(detail="the JPEG has an unusual number of components")
        if jfif:
            return "ycc"
        if adobe is not None:
            return "rgb" if adobe == 0 else "ycc"
        return "rgb" if identifiers == (0x52, 0x47, 0x42) else "ycc"

    @property
    def restart_interval(self) -> int:
        """Minimum coded units between restart markers; 0 for none."""
        interval = 0
        for segment in self.head:
            if segment.marker == DRI and len(segment.payload) == 2:
                interval = int.from_bytes(segment.payload, "big")
        return interval

    @property
    def huffman_tables(self) -> frozenset[bytes]:
        """Every Huffman table of the head: class and slot, 16 counts, symbols."""
        tables = set()
        for segment in self.head:
            if segment.marker == DHT:
                payload = segment.payload
                while len(payload) >= 17:
                    end = 17 + sum(payload[1:17])
                    tables.add(payload[:end])
                    payload = payload[end:]
        return frozenset(tables)


def parse(data: bytes) -> JpegFile:
    """Cut a JPEG file into its parts; together they give ``data`` back, junk between them aside.

    Raises:
        DamagedImage: a segment reaches beyond the file, or there is no scan.
    """
    head: list[Segment] = []
    position = 2
    while True:
        marker, position = _next_marker(data, position)
        if marker in _STANDALONE:
            continue
        if marker in (SOI, EOI):
            raise DamagedImage(detail="the JPEG ends before its picture")
        if marker == SOS:
            start = position - 2
            break
        end = _segment_end(data, position)
        head.append(Segment(marker, data[position + 2 : end]))
        position = end
    end = _scans_end(data, start)
    return JpegFile(tuple(head), data[start:end], data[end:])


def with_end(data: bytes) -> bytes:
    """Return a JPEG whose scans have an end, as it is where they have one."""
    try:
        file = parse(data)
    except DamagedImage:
        return data
    return data if file.scans.endswith(b"\xff\xd9") else data + b"\xff\xd9"


def read_header(data: bytes) -> Header:
    """Read the size alone, without looking at the scans."""
    position = 2
    while True:
        marker, position = _next_marker(data, position)
        if marker in _STANDALONE:
            continue
        if marker in (SOI, EOI, SOS):
            raise DamagedImage(detail="the JPEG has no frame header")
        end = _segment_end(data, position)
        if marker in _FRAMES:
            frame = _parse_frame(Segment(marker, data[position + 2 : end]))
            return Header(frame.width, frame.height)
        position = end


def _next_marker(data: bytes, position: int) -> tuple[int, int]:
    """Return the next marker and the position behind it, skipping junk as every decoder does."""
    position = data.find(b"\xff", position)
    while 0 <= position < len(data) - 1:
        code = data[position + 1]
        if code not in (0x00, 0xFF):
            return code, position + 2
        position = data.find(b"\xff", position + 1)
    raise DamagedImage(detail="the JPEG is cut off")


def _segment_end(data: bytes, position: int) -> int:
    length = int.from_bytes(data[position : position + 2], "big")
    if length < 2 or position + length > len(data):
        raise DamagedImage(detail="a JPEG segment reaches beyond the file")
    return position + length


def _scans_end(data: bytes, position: int) -> int:
    """Return where the picture ends: behind EOI, or at the end of a file that lacks one."""
    while found := _MARKER_IN_SCAN.search(data, position):
        marker = data[found.start() + 1]
        position = found.end()
        if marker == EOI:
            return position
        if marker not in _STANDALONE:
            position = _segment_end(data, position)
    return len(data)


def _parse_frame(segment: Segment) -> Frame:
    payload = segment.payload
    if len(payload) < 6 or len(payload) < 6 + 3 * payload[5]:
        raise DamagedImage(detail="the JPEG frame header is cut off")
    precision, height, width, count = struct.unpack(">BHHB", payload[:6])
    components = tuple(
        Component(payload[i], payload[i + 1] >> 4, payload[i + 1] & 15, payload[i + 2])
        for i in range(6, 6 + 3 * count, 3)
    )
    if not components or any(not c.horizontal or not c.vertical for c in components):
        raise DamagedImage(detail="the JPEG frame header has no usable components")
    if not width or not height:
        raise DamagedImage(detail="the JPEG frame header gives no size")
    return Frame(segment.marker, precision, height, width, components)

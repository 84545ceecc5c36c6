"""Writes a TIFF anew: the tags of one that is there, with other strips."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fawkes_host.photo.containers import tiff
from fawkes_host.photo.containers.tiff import Directory, TiffFile
from fawkes_host.protocol.errors import DamagedImage

_POINTERS = frozenset({tiff.EXIF_DIRECTORY, tiff.GPS_DIRECTORY, tiff.INTEROPERABILITY_DIRECTORY})

_FORMATS = {3: "H", 4: "I", 7: "B"}

_MOST_GROWTH_BYTES = 1 << 20
"""Room for what directories need beyond the file's own size: values may not be counted twice."""

_DEEPEST = 4
"""Page, EXIF, interoperability: no real file goes deeper."""


@dataclass(frozen=True)
class Strips:
    """A coded picture, and the tags that tell how it is coded: number of 16 bits each, or many.

    Tags with no numbers are left out of the file.
    """

    width: int
    height: int
    data: tuple[bytes, ...]
    tags: Mapping[int, Sequence[int]]
    jpeg_tables: bytes = b""
    """What JPEG strips have in common, which a tag of its own holds."""


def with_strips(source: TiffFile, strips: Strips) -> bytes:
    """Return the first page of ``source`` with all that its tags lead to, and ``strips`` in it.

    Raises:
        DamagedImage: tags share their values, so that the result would grow without bound.
    """
    writer = _Writer(source)
    offsets = writer.append_strips(strips.data)
    tags = {tag: (3, tuple(numbers)) for tag, numbers in strips.tags.items()}
    tags[tiff.WIDTH] = (4, (strips.width,))
    tags[tiff.HEIGHT] = (4, (strips.height,))
    tags[tiff.STRIP_OFFSETS] = (4, tuple(offsets))
    tags[tiff.STRIP_BYTE_COUNTS] = (4, tuple(len(strip) for strip in strips.data))
    if strips.jpeg_tables:
        tags[tiff.JPEG_TABLES] = (7, tuple(strips.jpeg_tables))
    return writer.finish(writer.append_directory(source.chain()[0], tags))


class _Writer:
    def __init__(self, source: TiffFile) -> None:
        self._source = source
        self._order = ">" if source.big_endian else "<"
        self._out = bytearray(8)
        self._limit = len(source.data) + _MOST_GROWTH_BYTES

    def append(self, value: bytes) -> int:
        """Append ``value`` at an even position, and return it."""
        self._out += bytes(len(self._out) % 2)
        position = len(self._out)
        if position + len(value) > self._limit:
            raise DamagedImage(detail="the TIFF's tags share their values")
        self._out += value
        return position

    def append_strips(self, strips: Sequence[bytes]) -> list[int]:
        """Append a picture, which may be larger than the one before."""
        self._limit += sum(map(len, strips)) + len(strips)
        return [self.append(strip) for strip in strips]

    def append_directory(
        self,
        directory: Directory,
        replaced: Mapping[int, tuple[int, tuple[int, ...]]],
        depth: int = 0,
    ) -> int:
        """Append a directory, with what its tags lead to before it, and return its position."""
        entries: dict[int, bytes] = {}
        for entry in directory.entries:
            if entry.tag in (*replaced, *entries, tiff.SUB_DIRECTORIES):
                continue  # of a tag that is there twice, readers take the first
            if entry.tag in _POINTERS:
                position = self._append_pointed(entry.tag, directory, depth)
                if position:
                    entries[entry.tag] = self._pack(entry.tag, 4, (position,))
            else:
                value = self._source.value(entry)
                if len(value) < entry.size:
                    continue  # it lies outside the file
                entries[entry.tag] = self._pack_value(entry.tag, entry.kind, entry.count, value)
        for tag, (kind, numbers) in replaced.items():
            if numbers:
                entries[tag] = self._pack(tag, kind, numbers)
        block = struct.pack(f"{self._order}H", len(entries))
        block += b"".join(entries[tag] for tag in sorted(entries)) + bytes(4)
        return self.append(block)

    def _append_pointed(self, tag: int, directory: Directory, depth: int) -> int:
        if depth >= _DEEPEST:
            return 0
        try:
            target = self._source.read_directory(self._source.integer(directory, tag, 0))
        except DamagedImage:
            return 0
        return self.append_directory(target, {}, depth + 1)

    def _pack(self, tag: int, kind: int, numbers: tuple[int, ...]) -> bytes:
        value = struct.pack(f"{self._order}{len(numbers)}{_FORMATS[kind]}", *numbers)
        return self._pack_value(tag, kind, len(numbers), value)

    def _pack_value(self, tag: int, kind: int, count: int, value: bytes) -> bytes:
        head = struct.pack(f"{self._order}HHI", tag, kind, count)
        if len(value) <= 4:
            return head + value.ljust(4, b"\0")
        return head + struct.pack(f"{self._order}I", self.append(value))

    def finish(self, directory: int) -> bytes:
        signature = b"MM\x00\x2a" if self._order == ">" else b"II\x2a\x00"
        self._out[:8] = signature + struct.pack(f"{self._order}I", directory)
        return bytes(self._out)

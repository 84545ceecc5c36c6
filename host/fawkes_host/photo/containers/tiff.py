"""TIFF directories, as files of their own and as EXIF (TIFF 6.0; CIPA DC-008).

Everything is edited in place: maker notes and picture strips are found by absolute offsets, so
nothing may move.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from fawkes_host.photo.containers.header import Header
from fawkes_host.protocol.errors import DamagedImage

NEW_SUBFILE_TYPE, WIDTH, HEIGHT, BITS_PER_SAMPLE, COMPRESSION = 254, 256, 257, 258, 259
PHOTOMETRIC, STRIP_OFFSETS, ORIENTATION, SAMPLES_PER_PIXEL = 262, 273, 274, 277
ROWS_PER_STRIP, STRIP_BYTE_COUNTS, PLANAR, PREDICTOR = 278, 279, 284, 317
COLOUR_MAP, TILE_WIDTH, TILE_HEIGHT, EXTRA_SAMPLES, SAMPLE_FORMAT = 320, 322, 323, 338, 339
JPEG_TABLES, YCC_SUBSAMPLING = 347, 530
TILE_OFFSETS, TILE_BYTE_COUNTS, SUB_DIRECTORIES = 324, 325, 330
JPEG_OFFSET, JPEG_BYTE_COUNT = 513, 514
XMP, IPTC, PHOTOSHOP, ICC = 700, 33723, 34377, 34675
EXIF_DIRECTORY, GPS_DIRECTORY, INTEROPERABILITY_DIRECTORY = 34665, 34853, 40965
MAKER_NOTE = 37500

_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}

_MOST_DIRECTORIES = 200
_MOST_ENTRIES = 2000
"""More than any real file has; guards against directories made to be walked for ever."""


@dataclass(frozen=True)
class Entry:
    """One entry of a directory: ``position`` is its own, ``start`` and ``size`` its value's."""

    tag: int
    kind: int
    count: int
    position: int
    start: int
    size: int


@dataclass(frozen=True)
class Directory:
    """A directory, and where the next of its chain is: 0 for none."""

    offset: int
    entries: tuple[Entry, ...]
    next_offset: int

    @property
    def next_position(self) -> int:
        return self.offset + 2 + 12 * len(self.entries)

    def find(self, tag: int) -> Entry | None:
        return next((entry for entry in self.entries if entry.tag == tag), None)


class TiffFile:
    """A TIFF structure, editable in place.

    Raises:
        DamagedImage: from every method, when a directory lies outside the data.
    """

    def __init__(self, data: bytes) -> None:
        if data[:4] == b"II\x2a\x00":
            self._order = "<"
        elif data[:4] == b"MM\x00\x2a":
            self._order = ">"
        else:
            raise DamagedImage(detail="the TIFF structure has no header")
        if len(data) < 8:
            raise DamagedImage(detail="the TIFF structure is cut off")
        self.data = bytearray(data)
        self._protected: list[tuple[int, int]] = [(0, 8)]

    def _integer(self, position: int, size: int) -> int:
        if position < 0 or position + size > len(self.data):
            raise DamagedImage(detail="a TIFF value lies outside the file")
        return int.from_bytes(
            self.data[position : position + size], "little" if self._order == "<" else "big"
        )

    def read_directory(self, offset: int) -> Directory:
        count = self._integer(offset, 2)
        end = offset + 2 + 12 * count
        if offset < 8 or count > _MOST_ENTRIES or end > len(self.data):
            raise DamagedImage(detail="a TIFF directory lies outside the file")
        entries = []
        for position in range(offset + 2, end, 12):
            tag, kind, values = struct.unpack_from(f"{self._order}HHI", self.data, position)
            size = _TYPE_BYTES.get(kind, 1) * values
            start = position + 8 if size <= 4 else self._integer(position + 8, 4)
            entries.append(Entry(tag, kind, values, position, start, size))
        # Some writers leave out the pointer to the next directory at the very end.
        next_offset = self._integer(end, 4) if end + 4 <= len(self.data) else 0
        return Directory(offset, tuple(entries), next_offset)

    def chain(self) -> list[Directory]:
        """Return the directories that follow one another from the header: the pages of a file.

        A chain that turns in a circle or leaves the file ends there; the first must be sound.
        """
        directories = [self.read_directory(self._integer(4, 4))]
        seen = {directories[0].offset}
        while len(directories) < _MOST_DIRECTORIES:
            offset = directories[-1].next_offset
            if not offset or offset in seen:
                break
            try:
                directories.append(self.read_directory(offset))
            except DamagedImage:
                break
            seen.add(offset)
        return directories

    def walk(self) -> Iterator[Directory]:
        """Give every directory but those of GPS; a broken one is passed over."""
        waiting = [directory.offset for directory in self.chain()]
        seen: set[int] = set()
        while waiting and len(seen) < _MOST_DIRECTORIES:
            offset = waiting.pop(0)
            if offset in seen:
                continue
            seen.add(offset)
            try:
                directory = self.read_directory(offset)
            except DamagedImage:
                continue
            yield directory
            for tag in (EXIF_DIRECTORY, SUB_DIRECTORIES, INTEROPERABILITY_DIRECTORY):
                entry = directory.find(tag)
                if entry:
                    waiting += self.integers(entry)

    def value(self, entry: Entry) -> bytes:
        """Return an entry's value as it is stored; what lies outside the data is missing."""
        return bytes(self.data[entry.start : entry.start + entry.size])

    def integers(self, entry: Entry) -> list[int]:
        """Return an entry's numbers, for the integer types."""
        size = _TYPE_BYTES.get(entry.kind, 1)
        value = self.value(entry)
        order: str = "little" if self._order == "<" else "big"
        return [
            int.from_bytes(value[i : i + size], order)  # type: ignore[arg-type]
            for i in range(0, len(value) - size + 1, size)
        ]

    def integer(self, directory: Directory, tag: int, default: int) -> int:
        """Return the first number of a tag."""
        entry = directory.find(tag)
        numbers = self.integers(entry) if entry else []
        return numbers[0] if numbers else default

    @property
    def big_endian(self) -> bool:
        return self._order == ">"

    def set_short(self, offset: int, tag: int, number: int) -> None:
        """Let a tag of the directory at ``offset`` that is there hold one number of 16 bits."""
        entry = self.read_directory(offset).find(tag)
        if entry:
            struct.pack_into(f"{self._order}HIHH", self.data, entry.position + 2, 3, 1, number, 0)

    def set_long(self, offset: int, tag: int, number: int) -> None:
        """Let a tag of the directory at ``offset`` that is there hold one number of 32 bits."""
        entry = self.read_directory(offset).find(tag)
        if entry:
            struct.pack_into(f"{self._order}HII", self.data, entry.position + 2, 4, 1, number)

    def keep_part(self, offset: int, tag: int, number: int, parts: int) -> None:
        """Let a tag that is there hold only one of ``parts`` equal parts of its numbers."""
        entry = self.read_directory(offset).find(tag)
        if entry is None:
            return
        count = entry.count // parts
        size = entry.size // entry.count * count if entry.count else 0
        start = entry.start + number * size
        if not count or start + size > len(self.data):
            raise DamagedImage(detail="the TIFF has not as many strips as its planes need")
        struct.pack_into(f"{self._order}I", self.data, entry.position + 4, count)
        if size > 4:
            struct.pack_into(f"{self._order}I", self.data, entry.position + 8, start)
        else:
            value = bytes(self.data[start : start + size])
            self.data[entry.position + 8 : entry.position + 12] = value.ljust(4, b"\0")

    def protect(self, start: int, size: int) -> None:
        """Let no wiping touch these bytes: in a hostile file, tags may share what they point to."""
        self._protected = sorted([*self._protected, (start, start + size)])

    def wipe(self, start: int, size: int) -> None:
        """Write zeros; never over what is protected, never beyond the end."""
        end = min(len(self.data), start + size)
        for protected_start, protected_end in self._protected:
            self._zero(start, min(end, protected_start))
            start = max(start, protected_end)
        self._zero(start, end)

    def _zero(self, start: int, end: int) -> None:
        if end > start:
            self.data[start:end] = bytes(end - start)

    def overwrite(self, entry: Entry, value: bytes) -> None:
        """Replace an entry's value by one that is not longer, filled up with zeros."""
        if len(value) > entry.size or entry.start < 8 or entry.start + entry.size > len(self.data):
            raise DamagedImage(detail="a TIFF value lies outside the file")
        self.data[entry.start : entry.start + entry.size] = value.ljust(entry.size, b"\0")

    def remove(self, offset: int, tag: int) -> None:
        """Take an entry out of the directory at ``offset``, and wipe its value.

        The entries behind it move up; the directory itself stays where it is.
        """
        directory = self.read_directory(offset)
        entry = directory.find(tag)
        if entry is None:
            return
        if entry.size > 4:
            self.wipe(entry.start, entry.size)
        end = directory.next_position + 4
        tail = bytes(self.data[entry.position + 12 : end])
        self.data[entry.position : end] = tail.ljust(len(self.data[entry.position : end]), b"\0")
        struct.pack_into(f"{self._order}H", self.data, offset, len(directory.entries) - 1)

    def remove_gps(self, offset: int) -> None:
        """Take the GPS directory out of the directory at ``offset``, with all it holds."""
        pointer = self.read_directory(offset).find(GPS_DIRECTORY)
        if pointer is None:
            return
        for gps_offset in self.integers(pointer):
            try:
                gps = self.read_directory(gps_offset)
            except DamagedImage:
                continue
            for entry in gps.entries:
                if entry.size > 4:
                    self.wipe(entry.start, entry.size)
            self.wipe(gps.offset, gps.next_position + 4 - gps.offset)
        self.remove(offset, GPS_DIRECTORY)

    def cut_chain(self, directory: Directory) -> None:
        """Make ``directory`` the last of its chain."""
        if directory.next_position + 4 <= len(self.data):
            struct.pack_into(f"{self._order}I", self.data, directory.next_position, 0)

    def picture_spans(self, directory: Directory) -> list[tuple[int, int]]:
        """Return start and size of the strips, tiles or JPEG stream of a directory."""
        spans: list[tuple[int, int]] = []
        for offsets_tag, counts_tag in (
            (STRIP_OFFSETS, STRIP_BYTE_COUNTS),
            (TILE_OFFSETS, TILE_BYTE_COUNTS),
            (JPEG_OFFSET, JPEG_BYTE_COUNT),
        ):
            offsets, counts = directory.find(offsets_tag), directory.find(counts_tag)
            if offsets and counts:
                spans += zip(self.integers(offsets), self.integers(counts), strict=False)
        return spans

    def wipe_picture(self, directory: Directory) -> None:
        """Wipe the strips, tiles or JPEG stream of a directory, and the directory itself."""
        for start, size in self.picture_spans(directory):
            self.wipe(start, size)
        for entry in directory.entries:
            if entry.size > 4:
                self.wipe(entry.start, entry.size)
        self.wipe(directory.offset, directory.next_position + 4 - directory.offset)


def read_header(data: bytes) -> Header:
    """Read the size of the first page, and the number of full-size pages."""
    tiff = TiffFile(data)
    pages = tiff.chain()
    width, height = (tiff.integer(pages[0], tag, 0) for tag in (WIDTH, HEIGHT))
    if not width or not height:
        raise DamagedImage(detail="the TIFF gives no size")
    return Header(width, height, 1 + sum(not is_reduced(tiff, page) for page in pages[1:]))


def is_reduced(tiff: TiffFile, directory: Directory) -> bool:
    """Whether a page is a smaller copy of another one: a preview."""
    return bool(tiff.integer(directory, NEW_SUBFILE_TYPE, 0) & 1)


def make_exif(orientation: int) -> bytes:
    """Return the smallest EXIF structure that tells the orientation."""
    entry = struct.pack(">HHIHH", ORIENTATION, 3, 1, orientation, 0)
    return b"MM\x00\x2a" + struct.pack(">IH", 8, 1) + entry + bytes(4)


def without_orientation(data: bytes) -> bytes:
    """Return an EXIF structure that tells no orientation; as it is where it cannot be read."""
    try:
        exif = TiffFile(data)
        exif.remove(exif.chain()[0].offset, ORIENTATION)
    except DamagedImage:
        return data
    return bytes(exif.data)


def read_orientation(data: bytes) -> int:
    """Return EXIF's orientation, 1 to 8; 1 where there is none or it cannot be read."""
    try:
        tiff = TiffFile(data)
        orientation = tiff.integer(tiff.chain()[0], ORIENTATION, 1)
    except DamagedImage:
        return 1
    return orientation if 1 <= orientation <= 8 else 1

"""The pictures of HEIF and AVIF files (ISO/IEC 23008-12, 23000-22).

They are items of a ``meta`` box, which tells by file offsets where their bytes are, so files are
only ever edited in place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from fawkes_host.photo.containers.header import Header
from fawkes_host.photo.containers.isobmff import Box, Reader, boxes, brands, find, walk_movie
from fawkes_host.protocol.errors import DamagedImage

_MOST_EXTENTS = 100_000
"""More than any real file has; extents may take no bytes in the list, so nothing else ends it."""

_SEQUENCE_BRANDS = frozenset(b"avis msf1 hevc hevx hevm hevs".split())


@dataclass(frozen=True)
class Item:
    """An item of a ``meta`` box; ``extents`` are (start, end) in the file, in order."""

    identifier: int
    kind: bytes
    content_type: bytes
    encoded: bool
    """Whether the content is compressed: only of MIME items."""
    extents: tuple[tuple[int, int], ...] | None
    """None when the item is built from others."""


@dataclass(frozen=True)
class Av1Format:
    """``chroma_shifts``: whether chroma has half the columns, and half the rows."""

    bit_depth: int
    monochrome: bool
    chroma_shifts: tuple[int, int]


class HeifFile:
    """The items of a HEIF or AVIF file, and where their bytes are.

    Raises:
        DamagedImage: also from every property, when a box does not hold together.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        meta = find(data, b"meta")
        if meta is None or meta.body + 4 > meta.end:
            raise DamagedImage(detail="the file has no pictures")
        self._meta = {box.kind: box for box in boxes(data, meta.body + 4, meta.end)}

    def _full_box(self, kind: bytes) -> tuple[Reader, int, int]:
        """Return a reader behind the version and flags of a child of ``meta``, and these two."""
        box = self._meta.get(kind)
        if box is None:
            raise DamagedImage(detail="the file lacks a part of its list of pictures")
        reader = Reader(self.data, box.body, box.end)
        return reader, reader.number(1), reader.number(3)

    @cached_property
    def primary(self) -> int:
        """Identifier of the picture to show."""
        reader, version, _ = self._full_box(b"pitm")
        return reader.number(4 if version else 2)

    @cached_property
    def items(self) -> dict[int, Item]:
        extents = self._extents()
        items: dict[int, Item] = {}
        reader, version, _ = self._full_box(b"iinf")
        reader.number(4 if version else 2)
        for box in boxes(self.data, reader.position, reader.end):
            if box.kind != b"infe":
                continue
            entry = Reader(self.data, box.body, box.end)
            entry_version = entry.number(4) >> 24
            if entry_version < 2:
                continue
            identifier = entry.number(4 if entry_version == 3 else 2)
            entry.number(2)  # protection
            kind = entry.number(4).to_bytes(4, "big")
            entry.text()
            content_type = entry.text() if kind == b"mime" else b""
            encoded = kind == b"mime" and entry.text() != b""
            items[identifier] = Item(
                identifier, kind, content_type, encoded, extents.get(identifier)
            )
        return items

    def _extents(self) -> dict[int, tuple[tuple[int, int], ...]]:
        reader, version, _ = self._full_box(b"iloc")
        sizes = reader.number(2)
        offset_size, length_size, base_size, index_size = (
            sizes >> shift & 15 for shift in (12, 8, 4, 0)
        )
        result = {}
        count = 0
        for _ in range(reader.number(4 if version == 2 else 2)):
            identifier = reader.number(4 if version == 2 else 2)
            method = reader.number(2) & 15 if version else 0
            reader.number(2)  # another file, where the specification allows one
            base = reader.number(base_size)
            extents = []
            for _ in range(reader.number(2)):
                if version:
                    reader.number(index_size)
                offset, length = reader.number(offset_size), reader.number(length_size)
                count += 1
                if count > _MOST_EXTENTS:
                    raise DamagedImage(detail="the file cuts its pictures into too many pieces")
                extents.append(self._extent(method, base + offset, length))
            if method in (0, 1):
                result[identifier] = tuple(extents)
        return result

    def _extent(self, method: int, start: int, length: int) -> tuple[int, int]:
        end_of_data = len(self.data)
        if method == 1:
            idat = self._meta.get(b"idat")
            if idat is None:
                raise DamagedImage(detail="a picture lies outside the file")
            start += idat.body
            end_of_data = idat.end
        elif method != 0:
            return 0, 0
        end = start + length if length else end_of_data
        if end > end_of_data or start > end:
            raise DamagedImage(detail="a picture lies outside the file")
        return start, end

    def read(self, item: Item) -> bytes:
        """Return the bytes of an item that is not built from others."""
        return b"".join(self.data[start:end] for start, end in item.extents or ())

    def all_properties(self) -> list[Box]:
        """Return the property boxes of all items."""
        return self._all_properties

    @cached_property
    def _all_properties(self) -> list[Box]:
        iprp = self._meta.get(b"iprp")
        ipco = iprp and find(self.data, b"ipco", iprp.body, iprp.end)
        return list(boxes(self.data, ipco.body, ipco.end)) if ipco else []

    def properties(self, identifier: int) -> list[Box]:
        """Return the property boxes of an item, in their order."""
        iprp = self._meta.get(b"iprp")
        found: list[Box] = []
        for box in boxes(self.data, iprp.body, iprp.end) if iprp else ():
            if box.kind != b"ipma":
                continue
            reader = Reader(self.data, box.body, box.end)
            version, flags = reader.number(1), reader.number(3)
            for _ in range(reader.number(4)):
                owner = reader.number(4 if version else 2)
                for _ in range(reader.number(1)):
                    wide = flags & 1
                    index = reader.number(2 if wide else 1) & (0x7FFF if wide else 0x7F)
                    if owner == identifier and 1 <= index <= len(self.all_properties()):
                        found.append(self.all_properties()[index - 1])
        return found

    def sizes(self) -> list[tuple[int, int]]:
        """Return the width and height of every picture in the file, the primary's first."""
        own = [box for box in self.properties(self.primary) if box.kind == b"ispe"]
        result = []
        for box in own + [box for box in self.all_properties() if box.kind == b"ispe"]:
            reader = Reader(self.data, box.body + 4, box.end)
            result.append((reader.number(4), reader.number(4)))
        if not own:
            raise DamagedImage(detail="the file gives no size")
        return result

    @property
    def orientation(self) -> int:
        """EXIF's number for the primary picture's rotation (irot) and mirroring (imir) together."""
        quarter_turns, mirror = 0, None
        for box in self.properties(self.primary):
            if box.kind == b"irot" and box.body < box.end:
                quarter_turns = self.data[box.body] & 3
            elif box.kind == b"imir" and box.body < box.end:
                mirror = self.data[box.body] & 1
        return _ORIENTATIONS[mirror][quarter_turns]

    @property
    def colour_codes(self) -> tuple[int, int] | None:
        """The primary picture's colour primaries and transfer function (ITU-T H.273), or None."""
        for box in self.properties(self.primary):
            if box.kind == b"colr" and self.data[box.body : box.body + 4] == b"nclx":
                reader = Reader(self.data, box.body + 4, box.end)
                return reader.number(2), reader.number(2)
        return None

    @property
    def av1_format(self) -> Av1Format:
        """How the pictures are coded, by the first AV1 configuration (AV1-ISOBMFF, 2.3.3)."""
        for box in self.all_properties():
            if box.kind == b"av1C":
                reader = Reader(self.data, box.body, box.end)
                bits = reader.number(3) & 0xFF
                depth = (12 if bits & 0x20 else 10) if bits & 0x40 else 8
                return Av1Format(depth, bool(bits & 0x10), (bits >> 3 & 1, bits >> 2 & 1))
        raise DamagedImage(detail="the file does not tell how its pictures are coded")

    def _references(self) -> list[tuple[bytes, int, tuple[int, ...]]]:
        """Return kind, source and targets of every reference between items."""
        if b"iref" not in self._meta:
            return []
        reader, version, _ = self._full_box(b"iref")
        width = 4 if version else 2
        references = []
        for box in boxes(self.data, reader.position, reader.end):
            entry = Reader(self.data, box.body, box.end)
            source = entry.number(width)
            targets = tuple(entry.number(width) for _ in range(entry.number(2)))
            references.append((box.kind, source, targets))
        return references

    def _is_alpha(self, identifier: int) -> bool:
        return any(
            box.kind == b"auxC"
            and self.data[box.body + 4 : box.end].rstrip(b"\0").endswith((b":alpha", b":auxid:1"))
            for box in self.properties(identifier)
        )

    def thumbnail_items(self) -> set[int]:
        """Return the small copies of the primary picture."""
        return {
            source
            for kind, source, targets in self._references()
            if kind == b"thmb" and self.primary in targets
        }

    def shown_items(self) -> set[int]:
        """Return the primary picture, its alpha, and the tiles of both."""
        references = self._references()
        shown = {self.primary}
        shown |= {
            source
            for kind, source, targets in references
            if kind == b"auxl" and self.primary in targets and self._is_alpha(source)
        }
        tiles = [set(t) for kind, source, t in references if kind == b"dimg" and source in shown]
        return shown.union(*tiles)


_ORIENTATIONS = {None: (1, 8, 3, 6), 0: (4, 5, 2, 7), 1: (2, 7, 4, 5)}
"""By axis of the mirroring, then by quarter turns anticlockwise before it."""


def read_header(data: bytes) -> Header:
    """Read the size as stored and the number of frames.

    The size is the largest of all pictures in the file, for each may be decoded.
    """
    frames = _count_frames(data) if _SEQUENCE_BRANDS & set(brands(data)) else 1
    if frames > 1:
        return Header(1, 1, frames)
    sizes = HeifFile(data).sizes()
    if not all(width and height for width, height in sizes):
        raise DamagedImage(detail="the file gives no size")
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return Header(width, height)


def as_still(data: bytes) -> bytes:
    """Return a file of one frame that says it is a sequence of AVIF pictures as the picture it
    is: decoders that believe the first brand look for a track."""
    return data[:8] + b"avif" + data[12:] if data[8:12] == b"avis" else data


def _count_frames(data: bytes) -> int:
    """Return the largest number of samples in a track, 1 for files without tracks."""
    most = 1
    for box in walk_movie(data):
        if box.kind in (b"stsz", b"stz2"):
            reader = Reader(data, box.body + 8, box.end)
            most = max(most, reader.number(4))
    return most


def picture_bytes(data: bytes) -> int:
    """Return how many bytes the picture to show takes, its alpha included."""
    file = HeifFile(data)
    shown = (file.items.get(identifier) for identifier in file.shown_items())
    return max(1, sum(end - start for item in shown if item for start, end in item.extents or ()))


def with_colour_codes(data: bytes, codes: tuple[int, int]) -> bytes:
    """Return the file with other colour primaries and transfer function in its ``nclx`` boxes.

    They tell what the decoded numbers mean, not how they are coded, so nothing else changes.
    """
    result = bytearray(data)
    for box in HeifFile(data).all_properties():
        if box.kind == b"colr" and data[box.body : box.body + 4] == b"nclx":
            if box.end - box.body < 8:
                raise DamagedImage(detail="a box is cut off")
            for position, code in zip((box.body + 4, box.body + 6), codes, strict=True):
                result[position : position + 2] = code.to_bytes(2, "big")
    return bytes(result)

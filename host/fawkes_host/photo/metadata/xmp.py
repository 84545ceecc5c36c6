"""Takes place and previews out of XMP (ISO 16684-1), property by property.

The packet is not written anew: the spans of the removed properties are cut out of its text, and
all else stays byte for byte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from fawkes_host.photo.metadata.policy import Removal

_PLACE = re.compile(
    r"(?i)gps|latitude|longitude|altitude|location|geo(tag|code|hash)|^(city|state|coverage|landmark"
    r"|country.*|province.*|worldregion|address.*)$"
)
"""Local names of properties that tell a place, in whatever namespace: exif:GPS*, photoshop:City,
State and Country, Iptc4xmpCore:Location and CountryCode, Iptc4xmpExt:LocationShown and
LocationCreated, dc:coverage, drone-dji:GpsLatitude and AbsoluteAltitude, xmpDM:shotLocation, ..."""

_PREVIEW_NAMESPACES = (
    "http://ns.google.com/photos/1.0/image/",
    "http://ns.google.com/photos/1.0/depthmap/",
    "http://ns.google.com/photos/1.0/container/",
    "http://ns.google.com/photos/dd/",
    "http://ns.adobe.com/hdr-gain-map/",
    "http://ns.adobe.com/xap/1.0/g/img/",
    "http://ns.apple.com/HDRGainMap/",
)
_PREVIEW_NAMES = re.compile(r"^(Thumbnails|MicroVideo.*|MotionPhoto.*)$")
"""Pictures within XMP, and what leads to the companion pictures behind the first one."""

_PICTURE_IN_BASE64 = re.compile(rb"\s*(/9j/|iVBORw0K)")

_ATTRIBUTE = re.compile(rb"""\s+([^\s=/>"']+)\s*=\s*("[^"]*"|'[^']*')""")
_TAG = re.compile(rb"""<[^\s/>"']+(?:\s+[^\s=/>"']+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*(/?)>""")


def scrub(packet: bytes, removal: Removal) -> bytes | None:
    """Return the packet without what ``removal`` names; None when it goes whole.

    The result is never longer.  What cannot be read as XML in an encoding that extends ASCII, or
    declares entities, cannot be checked, and goes whole.
    """
    if removal.everything:
        return None
    if removal.nothing:
        return packet
    text = packet.rstrip(b"\0")
    cutter = _Cutter(text, removal)
    try:
        cutter.run()
    except (expat.ExpatError, _NotReadableError, RecursionError):
        removal.note("metadata_unreadable")
        return None
    return cutter.result() + packet[len(text) :]


class _NotReadableError(Exception):
    """The packet uses what XMP does not need and what hides properties from a reader."""


@dataclass
class _Cutter:
    """Walks a packet and notes the spans that are to go."""

    text: bytes
    removal: Removal
    spans: list[tuple[int, int]] = field(default_factory=list)
    depth: int = 0
    cut_depth: int | None = None
    """Depth of the element that is being cut out, while within it."""
    cut_start: int = 0
    open_tags: list[tuple[int, int]] = field(default_factory=list)
    """Where the start tag of each open element begins and ends."""

    def run(self) -> None:
        if b"\0" in self.text[:64]:
            raise _NotReadableError  # UTF-16 or UTF-32
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.ordered_attributes = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        self.parser = parser
        parser.Parse(self.text, True)

    def result(self) -> bytes:
        kept = bytearray()
        position = 0
        for start, end in sorted(self.spans):
            kept += self.text[position:start]
            position = max(position, end)
        return bytes(kept + self.text[position:])

    def _refuse(self, *_: object) -> None:
        raise _NotReadableError

    def _start(self, name: str, attributes: list[str]) -> None:
        self.depth += 1
        start = self.parser.CurrentByteIndex
        tag = _TAG.match(self.text, start)
        if tag is None:
            raise _NotReadableError
        self.open_tags.append((start, tag.end()))
        if self.cut_depth is not None:
            return
        if self._goes(name) or self._is_picture(tag.end()):
            self.cut_depth, self.cut_start = self.depth, start
            return
        self._cut_attributes(start, tag.end(), attributes)

    def _end(self, _name: str) -> None:
        _, tag_end = self.open_tags.pop()
        if self.cut_depth == self.depth:
            empty = self.text[tag_end - 2 : tag_end] == b"/>"
            end = tag_end if empty else self.text.index(b">", self.parser.CurrentByteIndex) + 1
            self.spans.append((self.cut_start, end))
            self.cut_depth = None
        self.depth -= 1

    def _cut_attributes(self, start: int, end: int, attributes: list[str]) -> None:
        """Cut attributes out of a start tag; expat names them in the order of the text."""
        written = [
            match
            for match in _ATTRIBUTE.finditer(self.text, start, end)
            if match[1] != b"xmlns" and not match[1].startswith(b"xmlns:")
        ]
        names = attributes[::2]
        if len(written) != len(names):
            raise _NotReadableError
        for match, name in zip(written, names, strict=True):
            if self._goes(name) or self._is_picture(match.start(2) + 1):
                self.spans.append(match.span())

    def _goes(self, name: str) -> bool:
        namespace, _, local = name.rpartition(" ")
        if self.removal.location and _PLACE.search(local):
            return True
        if not self.removal.previews:
            return False
        if local == "Thumbnails":
            self.removal.note("thumbnail_removed")
        if local == "Data" and namespace.startswith(_PREVIEW_NAMESPACES):
            self.removal.note("companion_pictures_removed")
        return namespace.startswith(_PREVIEW_NAMESPACES) or bool(_PREVIEW_NAMES.match(local))

    def _is_picture(self, position: int) -> bool:
        """Whether a value is a picture in letters, which may tell the place or show the face."""
        if not _PICTURE_IN_BASE64.match(self.text, position):
            return False
        previews = self.removal.previews
        self.removal.note("thumbnail_removed" if previews else "unknown_metadata_removed")
        return True

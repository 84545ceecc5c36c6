"""Applies a removal to a JPEG: its APP segments, and what follows the picture."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from fawkes_host.photo.containers import jpeg, tiff
from fawkes_host.photo.containers.jpeg import JpegFile, Segment
from fawkes_host.photo.metadata import exif, photoshop, trailer, xmp
from fawkes_host.photo.metadata.policy import Removal
from fawkes_host.protocol.errors import DamagedImage

XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_EXTENDED_XMP_HEAD = len(_EXTENDED_XMP) + 32 + 8
_ICC = b"ICC_PROFILE\0"
_MPF = b"MPF\0"
_GAIN_MAP = b"urn:iso:std:iso:ts:21496:-1\0"


def scrub(data: bytes, removal: Removal) -> bytes:
    """Return the file without what ``removal`` names; not a byte of the scans changes."""
    original = jpeg.parse(data)
    head = scrub_segments(original.head, removal)
    rest = trailer.scrub(original, removal, _scrub_companion)
    if tuple(head) == original.head and rest == original.trailer:
        return data
    result = JpegFile(tuple(head), original.scans, rest)
    return trailer.with_true_offsets(original, result).to_bytes()


def _scrub_companion(data: bytes, removal: Removal) -> bytes:
    """Do as ``scrub`` for a picture behind the first; what is behind it in turn goes."""
    original = jpeg.parse(data)
    if original.trailer.strip(b"\0"):
        removal.note("trailing_data_removed")
    head = tuple(scrub_segments(original.head, removal))
    return JpegFile(head, original.scans, b"").to_bytes()


def graft(original: JpegFile, encoded: JpegFile, removal: Removal) -> bytes:
    """Return the pixels of ``encoded`` with the metadata of ``original``."""
    head = scrub_segments(original.head, removal)
    if original.colour_encoding in ("cmyk", "ycck"):
        # The encoder's own mark says in which of the two encodings it wrote.
        marks = [s for s in encoded.head if s.marker == jpeg.APP14]
        head = [s for s in head if s.marker != jpeg.APP14 or marks]
        head = [marks[0] if s.marker == jpeg.APP14 else s for s in head]
    kept = [segment for segment in head if segment.is_metadata]
    pixels = [segment for segment in encoded.head if not segment.is_metadata]
    trailer.note_removal(original, removal)
    return JpegFile((*kept, *pixels), encoded.scans, b"").to_bytes()


def scrub_segments(segments: Sequence[Segment], removal: Removal) -> list[Segment]:
    """Return the segments of the head without what ``removal`` names."""
    if removal.nothing:
        return list(segments)
    result: list[Segment] = []
    resources = _joined_resources(segments)
    extended = _ExtendedXmp(segments, removal)
    exif_seen = False
    for segment in segments:
        payload = segment.payload
        if segment.marker == jpeg.APP1 and payload.startswith(exif.PREFIX):
            # Readers take the first; left alone, the next would step into its place.
            scrubbed = None if exif_seen else _scrub_segment(segment, removal)
            exif_seen = True
            if scrubbed is not None:
                result.append(scrubbed)
        elif segment.marker == jpeg.APP13 and payload.startswith(photoshop.PREFIX):
            result += _split_resources(resources, removal)
            resources = None
        elif segment.marker == jpeg.APP1 and payload.startswith(XMP_PREFIX):
            packet = xmp.scrub(payload[len(XMP_PREFIX) :], removal)
            if packet is not None:
                result.append(Segment(jpeg.APP1, XMP_PREFIX + extended.with_new_name(packet)))
        elif segment.marker == jpeg.APP1 and payload.startswith(_EXTENDED_XMP):
            result += extended.take()
        elif segment.is_metadata:
            scrubbed = _scrub_segment(segment, removal)
            if scrubbed is not None:
                result.append(scrubbed)
        else:
            result.append(segment)
    return result


def _scrub_segment(segment: Segment, removal: Removal) -> Segment | None:
    payload = segment.payload
    match segment.marker:
        case jpeg.APP0 if payload.startswith(b"JFIF\0"):
            return _with_new_jfif_thumbnail(segment, removal)
        case jpeg.APP0 if payload.startswith(b"JFXX\0"):
            return _with_new_jfxx_thumbnail(segment, removal)
        case jpeg.APP1 if payload.startswith(exif.PREFIX):
            scrubbed = exif.scrub(payload[len(exif.PREFIX) :], removal)
            return None if scrubbed is None else Segment(jpeg.APP1, exif.PREFIX + scrubbed)
        case jpeg.APP2 if payload.startswith(_ICC):
            return segment
        case jpeg.APP2 if payload.startswith((_MPF, _GAIN_MAP)):
            return None if removal.previews or removal.everything else segment
        case jpeg.APP14 if payload.startswith(b"Adobe"):
            return segment
        case jpeg.COM:
            return None if removal.everything else segment
        case _ if payload.startswith(b"Ducky"):
            return None if removal.everything else segment
    if removal.everything:
        return None
    if removal.location or exif.may_hold_preview(payload):
        # GoPro's telemetry, Content Credentials, FlashPix and what else makers put in segments of
        # their own may tell the place or show the face; nobody can check them all.
        removal.note("unknown_metadata_removed")
        return None
    return segment


def _with_new_jfif_thumbnail(segment: Segment, removal: Removal) -> Segment:
    payload = segment.payload
    if len(payload) <= 14 or not (removal.previews or removal.everything):
        return segment
    size = (payload[12], payload[13])
    if removal.thumbnails is not None and all(size):
        return Segment(jpeg.APP0, payload[:14] + removal.thumbnails.rgb(size))
    removal.note("thumbnail_removed")
    return Segment(jpeg.APP0, payload[:12] + b"\0\0")


def _with_new_jfxx_thumbnail(segment: Segment, removal: Removal) -> Segment | None:
    if not (removal.previews or removal.everything):
        return segment
    if removal.thumbnails is not None and segment.payload[5:6] == b"\x10":
        try:
            old = jpeg.read_header(segment.payload[6:])
        except DamagedImage:
            old = None
        picture = old and removal.thumbnails.jpeg(
            (old.width, old.height), jpeg.MAX_PAYLOAD_BYTES - 6
        )
        if picture:
            return Segment(jpeg.APP0, segment.payload[:6] + picture)
    removal.note("thumbnail_removed")
    return None


def _joined_resources(segments: Sequence[Segment]) -> bytes | None:
    """Photoshop cuts resources that exceed one segment anywhere, so they are read as one."""
    parts = [
        segment.payload[len(photoshop.PREFIX) :]
        for segment in segments
        if segment.marker == jpeg.APP13 and segment.payload.startswith(photoshop.PREFIX)
    ]
    return b"".join(parts) if parts else None


def _split_resources(resources: bytes | None, removal: Removal) -> list[Segment]:
    scrubbed = None if resources is None else photoshop.scrub(resources, removal)
    if scrubbed is None:
        return []
    step = jpeg.MAX_PAYLOAD_BYTES - len(photoshop.PREFIX)
    return [
        Segment(jpeg.APP13, photoshop.PREFIX + scrubbed[start : start + step])
        for start in range(0, len(scrubbed), step)
    ]


class _ExtendedXmp:
    """XMP beyond 64 KB: cut over segments, and named by its MD5 in the main packet
    (XMP specification part 3, 1.1.3.1)."""

    def __init__(self, segments: Sequence[Segment], removal: Removal) -> None:
        self._old_name = b""
        self._new_name = b""
        self._segments: list[Segment] = []
        parts: dict[bytes, list[tuple[int, bytes]]] = {}
        for segment in segments:
            payload = segment.payload
            if segment.marker == jpeg.APP1 and payload.startswith(_EXTENDED_XMP):
                head = payload[len(_EXTENDED_XMP) : _EXTENDED_XMP_HEAD]
                offset = int.from_bytes(head[36:40], "big")
                part = (offset, payload[_EXTENDED_XMP_HEAD:])
                parts.setdefault(head[:32], []).append(part)
        if len(parts) != 1:
            if parts:
                removal.note("metadata_unreadable")
            return
        [(self._old_name, pieces)] = parts.items()
        packet = b"".join(piece for _, piece in sorted(pieces))
        scrubbed = xmp.scrub(packet, removal)
        if scrubbed == packet:
            self._new_name = self._old_name
        elif scrubbed is not None:
            self._new_name = (
                hashlib.md5(scrubbed, usedforsecurity=False).hexdigest().upper().encode()
            )
        if scrubbed is not None:
            self._segments = self._cut(scrubbed)

    def _cut(self, packet: bytes) -> list[Segment]:
        step = 65400
        total = len(packet).to_bytes(4, "big")
        return [
            Segment(
                jpeg.APP1,
                _EXTENDED_XMP
                + self._new_name
                + total
                + start.to_bytes(4, "big")
                + packet[start : start + step],
            )
            for start in range(0, len(packet), step)
        ]

    def with_new_name(self, packet: bytes) -> bytes:
        """Return the main packet, pointing to the extended one as it is called now."""
        if not self._old_name or self._new_name == self._old_name:
            return packet
        return packet.replace(self._old_name, self._new_name)

    def take(self) -> list[Segment]:
        """Return the segments, once."""
        segments, self._segments = self._segments, []
        return segments


def read_orientation(data: bytes) -> int:
    """Return the orientation by which viewers turn the picture; 1 where nothing tells it."""
    for segment in jpeg.parse(data).head:
        if segment.marker == jpeg.APP1 and segment.payload.startswith(exif.PREFIX):
            return tiff.read_orientation(segment.payload[len(exif.PREFIX) :])
    return 1

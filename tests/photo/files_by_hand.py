"""Parts of photo files that no encoder here writes, put together byte by byte."""

from __future__ import annotations

import io
import struct

import pillow_heif
from PIL import Image

from fawkes_host.photo.containers import jpeg, png

RESOURCES = "Photoshop 3.0\0"


def add_segments(data: bytes, *segments: tuple[int, bytes]) -> bytes:
    """Put segments right behind the start of a JPEG."""
    added = b"".join(jpeg.Segment(marker, payload).to_bytes() for marker, payload in segments)
    return data[:2] + added + data[2:]


def add_chunks(data: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """Put chunks before the picture of a PNG."""
    added = b"".join(png.Chunk(kind, payload).to_bytes() for kind, payload in chunks)
    return data[:33] + added + data[33:]


def resource(identifier: int, payload: bytes) -> bytes:
    head = b"8BIM" + struct.pack(">H", identifier) + b"\0\0"
    return head + struct.pack(">I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def raw_profile(name: bytes, payload: bytes) -> bytes:
    """A profile as ImageMagick writes it."""
    digits = payload.hex()
    rows = "\n".join(digits[i : i + 72] for i in range(0, len(digits), 72)).encode()
    return b"Raw profile type " + name + b"\0\n" + name + b"\n%8d\n" % len(payload) + rows + b"\n"


def read_exif(data: bytes) -> Image.Exif:
    """Read EXIF with code that is not ours."""
    if data[4:8] == b"ftyp" and data[8:12] == b"heic":
        exif = Image.Exif()
        exif.load(pillow_heif.open_heif(data).info["exif"] or b"")
        return exif
    return Image.open(io.BytesIO(data)).getexif()


FACE = b"\xff\xd8\xff\xdb" + b"the face as it was" * 20 + b"\xff\xd9"


def exif_with_thumbnail(orientation: int = 1, picture: bytes = FACE) -> bytes:
    """EXIF in which a second directory leads to a JPEG, as every camera writes it."""
    first = struct.pack(">H", 1) + struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    second_at = 8 + len(first) + 4
    start = second_at + 2 + 24 + 4
    second = struct.pack(">H", 2) + struct.pack(">HHII", 0x0201, 4, 1, start)
    second += struct.pack(">HHII", 0x0202, 4, 1, len(picture)) + bytes(4)
    structure = b"MM\0*" + struct.pack(">I", 8) + first + struct.pack(">I", second_at) + second
    return b"Exif\0\0" + structure + picture


def face_is_gone(data: bytes) -> bool:
    return b"the face as it was" not in data


def box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", 8 + len(payload)) + kind + payload


def make_movie(telemetry: bool = False) -> bytes:
    handler = box(b"hdlr", bytes(8) + (b"meta" if telemetry else b"vide") + bytes(13))
    track = box(b"trak", box(b"mdia", handler))
    keys = box(b"keys", bytes(4) + struct.pack(">I", 2)
               + box(b"mdta", b"com.apple.quicktime.location.ISO6709")
               + box(b"mdta", b"com.apple.quicktime.make"))  # fmt: skip
    values = box(b"ilst", box(struct.pack(">I", 1), box(b"data", bytes(8) + b"+48.1234+011.8765/"))
                 + box(struct.pack(">I", 2), box(b"data", bytes(8) + b"Kamerawerk")))  # fmt: skip
    place = box(b"\xa9xyz", b"\0\x12\x15\xc7+48.1234+011.8765/")
    meta = box(b"meta", box(b"hdlr", bytes(25)) + keys + values)
    moov = box(b"moov", track + box(b"udta", place) + meta)
    return box(b"ftyp", b"mp42\0\0\0\0isom") + moov + box(b"mdat", b"moving pictures" * 9)

"""Tells a file's format by its content, never by its name."""

from __future__ import annotations

from typing import Literal, get_args

from fawkes_host.photo.containers import isobmff
from fawkes_host.photo.containers.raw import raw_kind
from fawkes_host.protocol.errors import EmptyInput, NotAnImage, RawPhoto, UnsupportedSamples

FormatName = Literal["JPEG", "PNG", "WEBP", "HEIF", "AVIF", "BMP", "TIFF", "GIF"]

SUPPORTED: tuple[FormatName, ...] = get_args(FormatName)

_TIFF_SIGNATURES = (b"II\x2a\x00", b"MM\x00\x2a")
_BIG_TIFF_SIGNATURES = (b"II\x2b\x00", b"MM\x00\x2b")
"""BigTIFF is for files beyond 4 GB, far over the limit on bytes."""


def identify(data: bytes) -> FormatName:
    """Return the format of ``data``.

    Raises:
        EmptyInput: there is not a byte.
        RawPhoto: it is what a camera's sensor saw.
        UnsupportedSamples: it is a BigTIFF.
        NotAnImage: the first bytes are those of no supported format, or the file is a document or
            an archive as well.
    """
    if not data:
        raise EmptyInput()
    raw = raw_kind(data)
    if raw is not None:
        raise RawPhoto(format=raw)
    if data.startswith(_BIG_TIFF_SIGNATURES):
        raise UnsupportedSamples(kind="BigTIFF")
    format_ = _by_first_bytes(data)
    if format_ is None or _is_document(data) or _is_archive(data):
        raise NotAnImage(supported=", ".join(SUPPORTED))
    return format_


def _by_first_bytes(data: bytes) -> FormatName | None:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data.startswith(_TIFF_SIGNATURES):
        return "TIFF"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data[:2] == b"BM" and data[14:18] in _BMP_HEADER_SIZES:
        return "BMP"
    return isobmff.image_format(data)


_PDF_HEADER_WITHIN = 1024
"""Readers look so far for the header of a PDF (ISO 32000-1, annex H, note 13)."""

_ARCHIVE_MARKS = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c")
"""RAR and 7z, which their programs look for behind whatever a file begins with, since archives
that unpack themselves begin with a program."""

_ZIP_END = b"PK\x05\x06"
_ZIP_END_BYTES = 22
_LONGEST_ZIP_COMMENT = 0xFFFF


def _is_document(data: bytes) -> bool:
    return b"%PDF-" in data[:_PDF_HEADER_WITHIN]


def _is_archive(data: bytes) -> bool:
    """Whether there is a RAR or 7z in the file, or it ends as a ZIP does, which is read from its
    end (APPNOTE.TXT, 4.3.16)."""
    if any(mark in data for mark in _ARCHIVE_MARKS):
        return True
    start = max(0, len(data) - _ZIP_END_BYTES - _LONGEST_ZIP_COMMENT)
    position = data.rfind(_ZIP_END, start)
    while position >= 0:
        comment = int.from_bytes(data[position + 20 : position + 22], "little")
        if position + _ZIP_END_BYTES + comment == len(data):
            return True
        position = data.rfind(_ZIP_END, start, position)
    return False


_BMP_HEADER_SIZES = tuple(size.to_bytes(4, "little") for size in (12, 40, 52, 56, 64, 108, 124))
"""Sizes of the headers that follow the file header; "BM" alone would also be a word of text."""

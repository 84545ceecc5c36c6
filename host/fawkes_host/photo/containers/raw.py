"""Tells cameras' raw files, which hold what the sensor saw and a preview for a start.

Most are TIFF structures whose first page is a small preview: whoever takes them for TIFF photos
would cloak the preview and lose the photo.
"""

from __future__ import annotations

from fawkes_host.photo.containers import tiff
from fawkes_host.protocol.errors import DamagedImage

_SIGNATURES = (
    (b"FUJIFILMCCD-RAW", "RAF"),
    (b"IIU\x00", "RW2"),
    (b"IIRO", "ORF"),
    (b"IIRS", "ORF"),
    (b"MMOR", "ORF"),
    (b"\x00MRM", "MRW"),
    (b"FOVb", "X3F"),
)

_DNG_VERSION = 50706
_SENSOR = frozenset({32803, 34892})
"""Photometric interpretations of DNG: colour filter array, and linear raw."""

_SENSOR_CODINGS = {34713: "NEF", 32767: "ARW", 65535: "PEF"}
"""Codings of single makers, for nothing but the sensor's samples."""


def raw_kind(data: bytes) -> str | None:
    """Return the name of a raw format, or ``None`` for what is none."""
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return name
    if data[4:12] == b"ftypcrx ":
        return "CR3"
    if data[:4] not in (b"II\x2a\x00", b"MM\x00\x2a"):
        return None
    if data[8:10] == b"CR":
        return "CR2"
    try:
        file = tiff.TiffFile(data)
        for page in file.walk():
            if page.find(_DNG_VERSION):
                return "DNG"
            coding = file.integer(page, tiff.COMPRESSION, 1)
            if coding in _SENSOR_CODINGS:
                return _SENSOR_CODINGS[coding]
            if file.integer(page, tiff.PHOTOMETRIC, 0) in _SENSOR:
                return "TIFF"
    except DamagedImage:
        return None
    return None

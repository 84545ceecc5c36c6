"""ICC profiles (ICC.1:2001-04, version 2) for colours that a file names by numbers alone.

HEIF and AVIF may tell their colours by the code points of ITU-T H.273; JPEG knows profiles only.
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

_WHITE_D65 = (0.3127, 0.3290)
_PRIMARIES: Final[dict[int, tuple[tuple[float, float], ...]]] = {
    1: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),  # BT.709 and sRGB
    5: ((0.640, 0.330), (0.290, 0.600), (0.150, 0.060)),  # BT.601 for 625 lines
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),  # BT.601 for 525 lines
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
}
"""Chromaticities of red, green and blue (H.273, table 2); the white of all is D65."""

_SRGB, _LINEAR = 13, 8
_LIKE_SRGB: Final = frozenset({1, 2, 6, 13, 14, 15})
"""Transfer functions that viewers show as sRGB: its own, those of television, and unspecified."""
_GAMMAS: Final = {4: 2.2, 5: 2.8, _LINEAR: 1.0}
"""The others that fit into 8 bits (H.273, table 3): PQ and HLG reach beyond a display's white."""

_D50: Final = (0.9642, 1.0, 0.8249)
_BRADFORD: Final = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
"""To the cone responses in which profiles adapt their white (ICC.1:2001-04, annex E)."""

_CURVE_POINTS = 1024


def profile_of(codes: tuple[int, int] | None) -> bytes | None:
    """Return a profile for colour primaries and transfer function of H.273.

    Empty where they are those that every viewer assumes (sRGB); None where no profile of 8 bits a
    channel would show them as they are meant.
    """
    primaries, transfer = codes or (2, 2)
    if primaries in (1, 2) and transfer in _LIKE_SRGB:
        return b""
    chromaticities = _PRIMARIES.get(1 if primaries == 2 else primaries)
    if chromaticities is None or not (transfer in _LIKE_SRGB or transfer in _GAMMAS):
        return None
    return _make_profile(_colorants(chromaticities), _curve(transfer), f"H.273 {codes}")


def _colorants(chromaticities: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    """Return CIE XYZ of red, green and blue as columns, adapted to the white D50."""
    white = _xyz_of(_WHITE_D65)
    colours = np.stack([_xyz_of(xy) for xy in chromaticities], axis=1)
    colours = colours * np.linalg.solve(colours, white)
    scale = (_BRADFORD @ np.array(_D50)) / (_BRADFORD @ white)
    return np.linalg.solve(_BRADFORD, scale[:, None] * (_BRADFORD @ colours))


def _xyz_of(xy: tuple[float, float]) -> NDArray[np.float64]:
    x, y = xy
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _curve(transfer: int) -> bytes:
    """Return the tag that turns samples into light."""
    if transfer in _GAMMAS:
        return b"curv" + bytes(4) + struct.pack(">IHxx", 1, round(_GAMMAS[transfer] * 256))
    samples = np.linspace(0.0, 1.0, _CURVE_POINTS)
    # IEC 61966-2-1
    light = np.where(samples <= 0.04045, samples / 12.92, ((samples + 0.055) / 1.055) ** 2.4)
    points: bytes = np.rint(light * 65535).astype(">u2").tobytes()
    return b"curv" + bytes(4) + struct.pack(">I", _CURVE_POINTS) + points


def _make_profile(colorants: NDArray[np.float64], curve: bytes, name: str) -> bytes:
    description = name.encode("ascii") + b"\0"
    tags = [
        (
            b"desc",
            b"desc" + bytes(4) + struct.pack(">I", len(description)) + description + bytes(78),
        ),
        (b"cprt", b"text" + bytes(4) + b"No rights are claimed.\0"),
        (b"wtpt", _xyz_tag(_D50)),
        *((kind, _xyz_tag(colorants[:, place])) for place, kind in enumerate(_COLORANT_TAGS)),
        *((kind, curve) for kind in _CURVE_TAGS),
    ]
    position = _HEAD_BYTES + 4 + 12 * len(tags)
    table, content = struct.pack(">I", len(tags)), b""
    places: dict[bytes, int] = {}
    for kind, payload in tags:
        if payload not in places:  # The three curves are one.
            places[payload] = position + len(content)
            content += payload + bytes(-len(payload) % 4)
        table += struct.pack(">4sII", kind, places[payload], len(payload))
    head = struct.pack(
        ">I4xI4s4s4s6H4s28x3i48x",
        position + len(content),
        0x02100000,  # version 2.1
        *(b"mntr", b"RGB ", b"XYZ "),
        *(2001, 4, 1, 0, 0, 0),  # the date of that version
        b"acsp",
        *(round(value * 65536) for value in _D50),
    )
    return head + table + content


_HEAD_BYTES = 128
_COLORANT_TAGS = (b"rXYZ", b"gXYZ", b"bXYZ")
_CURVE_TAGS = (b"rTRC", b"gTRC", b"bTRC")


def _xyz_tag(values: NDArray[np.float64] | tuple[float, ...]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))

"""ICC profiles (ICC.1:2001-04, version 2) of the colour spaces that cameras and screens use."""

from __future__ import annotations

import struct

COLORANTS = {
    "sRGB": ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410)),
    "Display P3": (
        (0.51512, 0.24120, -0.00105),
        (0.29198, 0.69225, 0.04189),
        (0.15710, 0.06657, 0.78407),
    ),
    "Adobe RGB": (
        (0.60974, 0.31111, 0.01947),
        (0.20528, 0.62567, 0.06087),
        (0.14919, 0.06322, 0.74457),
    ),
}
"""Red, green and blue in CIE XYZ, adapted to the white D50."""

WHITE = (0.9642, 1.0, 0.8249)


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(v * 65536)) for v in values)


def _description(text: str) -> bytes:
    name = text.encode() + b"\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(name)) + name + bytes(78)


def make_profile(name: str) -> bytes:
    """Return the profile of a colour space above, or of "grey", with a gamma of 2.2."""
    gamma = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256)) + bytes(2)
    tags = [
        (b"desc", _description(name)),
        (b"cprt", b"text" + bytes(4) + b"No rights are claimed.\0"),
        (b"wtpt", _xyz(WHITE)),
    ]
    if name == "grey":
        tags.append((b"kTRC", gamma))
    else:
        for letter, colorant in zip(b"rgb", COLORANTS[name], strict=True):
            tags.append((bytes([letter]) + b"XYZ", _xyz(colorant)))
            tags.append((bytes([letter]) + b"TRC", gamma))
    position = 128 + 4 + 12 * len(tags)
    table, content = struct.pack(">I", len(tags)), b""
    for tag, payload in tags:
        table += struct.pack(">4sII", tag, position + len(content), len(payload))
        content += payload + bytes(-len(payload) % 4)
    head = bytearray(128)
    struct.pack_into(">I4sI4s4s4s", head, 0, position + len(content), bytes(4), 0x02100000,
                     b"mntr", b"GRAY" if name == "grey" else b"RGB ", b"XYZ ")  # fmt: skip
    struct.pack_into(">6H4s", head, 24, 2024, 1, 1, 0, 0, 0, b"acsp")
    head[68:80] = b"".join(struct.pack(">i", round(v * 65536)) for v in WHITE)
    return bytes(head) + table + content

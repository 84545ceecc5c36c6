"""What a fuzzer executes: a file on its way from decoding to encoding, and every policy on it."""

from __future__ import annotations

import zlib

import numpy as np

from fawkes_host.photo import scrub
from fawkes_host.photo.containers import jpeg
from fawkes_host.photo.convert import to_jpeg
from fawkes_host.photo.decode import Limits, Photo, decode
from fawkes_host.photo.encode import encode
from fawkes_host.photo.metadata import Policy
from fawkes_host.protocol.errors import DamagedImage, FawkesError

LIMITS = Limits(max_bytes=1 << 20, max_pixels=20_000)
"""Larger photos show no other code, and take the time of a thousand small ones."""

POLICIES = tuple(Policy)


def execute(data: bytes) -> str:
    """Do all that is done with a file; raises whatever is no coded error.

    Returns how far the file came: "refused", "unpolicied" or "encoded".
    """
    policy = POLICIES[zlib.crc32(data) % len(POLICIES)]
    try:
        scrubbed = scrub.apply(data, policy)
    except FawkesError:
        scrubbed = None
    if scrubbed is not None and policy is Policy.KEEP:
        assert scrubbed == data, "keep has changed a byte"
    try:
        photo = decode(data, LIMITS)
    except FawkesError:
        return "refused"
    try:
        untouched = encode(photo, photo.pixels, policy)
        if photo.format == "JPEG":
            # Of a damaged scan, libjpeg makes what the number of bytes behind it lets it.
            same = jpeg.parse(untouched).scans == jpeg.parse(photo.source).scans
        else:
            same = np.array_equal(decode(untouched).pixels, photo.pixels)
        assert same, "a policy has changed pixels"
    except DamagedImage:
        pass  # metadata and picture share their bytes, or the metadata cannot be followed
    if photo.format in ("HEIF", "AVIF"):
        _execute_conversion(photo, policy)
    pixels = photo.pixels.copy()
    pixels[photo.height // 2 :, photo.width // 2 :] ^= 3
    try:
        result = encode(photo, pixels, policy)
    except FawkesError:
        return "unpolicied"
    again = decode(result)
    expected = "PNG" if photo.format == "GIF" else photo.format
    assert again.format == expected, "another format"
    assert again.pixels.shape == photo.pixels.shape, "another size"
    return "encoded"


def _execute_conversion(photo: Photo, policy: Policy) -> None:
    try:
        converted = to_jpeg(photo, policy)
    except FawkesError:
        return
    again = decode(converted.data)
    assert (again.format == "JPEG") == ("converted_to_jpeg" in converted.notices), "no JPEG"
    assert again.orientation == 1, "it would be turned twice"
    assert again.pixels.shape == photo.pixels.shape, "another size"

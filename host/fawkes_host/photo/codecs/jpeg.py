"""JPEG pixels: a re-encoding that leaves the coefficients of untouched blocks as they are.

Decoding to RGB and encoding again loses twice beyond quantisation: in the rounding to RGB, and
in the chroma planes, which the decoder interpolates and the encoder averages.  Here the change is
applied to the planes as stored instead: luma as the inverse DCT gives it, chroma at its own
resolution, quantised with the original's own tables.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

from fawkes_host.photo.codecs.change import Change
from fawkes_host.photo.codecs.pillow import as_array, decoding, open_image
from fawkes_host.photo.containers import jpeg
from fawkes_host.protocol.errors import DamagedImage

_YCBCR = np.array(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32
)
"""RGB to YCbCr of JFIF 1.02, for differences (no offset)."""

_SUBSAMPLING = {(1, 1): 0, (2, 1): 1, (2, 2): 2}
"""Chroma sampling to Pillow's number for it; it writes no other."""

_MISSING_ROWS = 0.1
"""A JPEG of which more is missing is damaged: who uploads it does not know what it shows."""

_LARGEST_GROWTH = 1.2
"""A file with exotic sampling is written as 4:4:4, unless that grows it by more than this."""


def read_pixels(data: bytes) -> NDArray[np.uint8]:
    """Return uint8 [h, w, 3] RGB as stored."""
    with decoding(), _open(data) as image:
        return as_array(image, "RGB")


def mended(data: bytes) -> bytes:
    """Return a JPEG as browsers read it, of which the end or the last rows are missing; as it is
    where nothing is.

    A decoder fills what is missing with one colour.
    """
    whole = jpeg.with_end(data)
    if whole is data:
        return data
    pixels = read_pixels(whole)
    missing = 0
    for row in pixels[::-1]:
        if (row != row[0]).any():
            break
        missing += 1
    return whole if missing <= _MISSING_ROWS * len(pixels) else data


def write_pixels(data: bytes, pixels: NDArray[np.uint8], change: Change) -> jpeg.JpegFile:
    """Encode ``data`` again with ``change`` added to its stored samples."""
    with decoding():
        original = jpeg.parse(data)
        encoding = original.colour_encoding
        tables = _quantisation_tables(data, original)
        if encoding == "grey":
            with _open(data) as image:
                stored = as_array(image)
            stored = change.applied_to(stored[..., None], colours=1)[..., 0]
            return _save(Image.fromarray(stored), original, tables[:1])
        if encoding == "ycc":
            return _write_ycc(data, original, tables, change)
        if encoding == "rgb":
            return _save(
                Image.fromarray(np.ascontiguousarray(pixels)), original, tables, keep_rgb=True
            )
        return _write_cmyk(data, original, tables, change)


def _open(data: bytes) -> JpegImagePlugin.JpegImageFile:
    image = open_image(JpegImagePlugin.JpegImageFile, data)
    assert isinstance(image, JpegImagePlugin.JpegImageFile)
    return image


def _size(samples: NDArray[Any]) -> tuple[int, int]:
    return samples.shape[1], samples.shape[0]


def _quantisation_tables(data: bytes, original: jpeg.JpegFile) -> list[list[int]]:
    """Return one table for each component, 64 values in row order."""
    with _open(data) as image:
        tables = dict(image.quantization)
    try:
        return [list(tables[c.quantisation_table]) for c in original.frame.components]
    except KeyError:
        raise DamagedImage(detail="the JPEG lacks a quantisation table") from None


def _write_ycc(
    data: bytes, original: jpeg.JpegFile, tables: list[list[int]], change: Change
) -> jpeg.JpegFile:
    with _open(data) as image:
        image.draft("YCbCr", None)
        planes = as_array(image)
    sampling = original.frame.sampling
    chroma_sampling = sampling[1] if sampling[0] == (1, 1) and sampling[1] == sampling[2] else None
    if chroma_sampling == (2, 2) and min(planes.shape[:2]) > 1:
        chroma = _stored_quarter_chroma(data)
    elif chroma_sampling == (2, 2):
        chroma = _rounded(_averaged(planes[..., 1:].astype(np.float32), 2, 2))
    elif chroma_sampling == (2, 1):
        chroma = _rounded(_undo_interpolation(planes[..., 1:]))
    else:
        chroma = planes[..., 1:]
    across, down = chroma_sampling if chroma_sampling in _SUBSAMPLING else (1, 1)

    difference = change.difference.astype(np.float32) @ _YCBCR.T
    luma = planes[(*change.box, 0)]
    luma[...] = _rounded(luma + difference[..., 0])
    averages = _averaged(difference[..., 1:], across, down)
    top, left = change.rows.start // down, change.columns.start // across
    touched = chroma[top : top + averages.shape[0], left : left + averages.shape[1]]
    touched[...] = _rounded(touched + averages)
    if (across, down) != (1, 1):
        # The encoder averages what is here repeated, so it comes to the same values again.
        for row in range(planes.shape[0]):
            repeated = chroma[row // down].repeat(across, axis=0)
            planes[row, :, 1:] = repeated[: planes.shape[1]]

    picture = Image.frombuffer("YCbCr", _size(planes), planes, "raw", "YCbCr", 0, 1)
    del planes, chroma, luma, touched
    if chroma_sampling in _SUBSAMPLING:
        return _save(picture, original, tables, _SUBSAMPLING[chroma_sampling])
    result = _save(picture, original, tables, _SUBSAMPLING[1, 1])
    if len(result.scans) > _LARGEST_GROWTH * len(original.scans):
        result = _save(picture, original, tables, _SUBSAMPLING[2, 2])
    return result


def _write_cmyk(
    data: bytes, original: jpeg.JpegFile, tables: list[list[int]], change: Change
) -> jpeg.JpegFile:
    """Encode inks; those stored as YCCK are changed as they are stored, like luma and chroma."""
    with _open(data) as image:
        inks = as_array(image)
    changed = change.applied_to_inks(inks)
    sampling = original.frame.sampling
    if original.colour_encoding == "ycck":
        difference = changed[..., :3].astype(np.float32) - inks[..., :3]
        with _open(_told_as_cmyk(original)) as image:
            planes = 255 - as_array(image)  # Pillow turns the inks of Adobe's files round
        planes[..., :3] = _rounded((planes[..., :3] + difference @ _YCBCR.T).astype(np.float32))
        changed = 255 - planes
    picture = Image.frombytes("CMYK", _size(changed), np.ascontiguousarray(changed).tobytes())
    alike = sampling[0] == (1, 1) and len(set(sampling[1:])) == 1
    subsampling = _SUBSAMPLING.get(sampling[1], 0) if alike else 0
    result = _save(picture, original, tables, subsampling)
    if original.colour_encoding == "cmyk":
        return result
    head = [_with_transform(segment, _YCCK) for segment in result.head]
    return jpeg.JpegFile(tuple(head), result.scans, b"")


_CMYK, _YCCK = 0, 2
"""Adobe's transform codes."""


def _told_as_cmyk(original: jpeg.JpegFile) -> bytes:
    """Return a YCCK file that says it were CMYK, whose decoder gives the planes as stored."""
    head = tuple(_with_transform(segment, _CMYK) for segment in original.head)
    return jpeg.JpegFile(head, original.scans, b"").to_bytes()


def _with_transform(segment: jpeg.Segment, transform: int) -> jpeg.Segment:
    payload = segment.payload
    if segment.marker != jpeg.APP14 or not payload.startswith(b"Adobe") or len(payload) < 12:
        return segment
    return jpeg.Segment(jpeg.APP14, payload[:11] + bytes([transform]) + payload[12:])


def _rounded(samples: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.rint(samples), 0, 255).astype(np.uint8)


def _stored_quarter_chroma(data: bytes) -> NDArray[np.uint8]:
    """Return the chroma of a 4:2:0 file as stored, [ceil(h/2), ceil(w/2), 2].

    Asked for half the size, libjpeg scales luma in the inverse DCT, and leaves chroma alone, which
    has that size already: no interpolation takes place.
    """
    with _open(data) as image:
        width, height = image.size
        image.draft("YCbCr", (max(1, width // 2), max(1, height // 2)))
        half = as_array(image)
        if half.shape[:2] != (-(-height // 2), -(-width // 2)):
            raise DamagedImage(detail="the JPEG decoder refused half the size")
    return half[..., 1:]


def _undo_interpolation(chroma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the chroma of a 4:2:2 file as stored, [h, ceil(w/2), 2].

    libjpeg interpolates with the weights 3/4 and 1/4.  The averages of pairs are therefore the
    stored samples filtered with [1, 6, 1] / 8, which a fixed-point iteration inverts: its error
    shrinks to a half at worst each round.  More rounds gain nothing that could be measured.
    """
    averages = _averaged(chroma.astype(np.float32), 2, 1)
    stored = averages.copy()
    for _ in range(3):
        padded = np.pad(stored, ((0, 0), (1, 1), (0, 0)), "edge")
        filtered = (padded[:, :-2] + 6 * stored + padded[:, 2:]) / 8
        stored += averages - filtered
    return stored


def _averaged(samples: NDArray[np.float32], across: int, down: int) -> NDArray[np.float32]:
    """Average blocks of ``down`` by ``across`` samples; the last row and column are repeated."""
    height, width, channels = samples.shape
    padded = np.pad(samples, ((0, -height % down), (0, -width % across), (0, 0)), "edge")
    blocks = padded.reshape(
        padded.shape[0] // down, down, padded.shape[1] // across, across, channels
    )
    averages: NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    return averages


def _save(
    picture: Image.Image,
    original: jpeg.JpegFile,
    tables: list[list[int]],
    subsampling: int = 0,
    keep_rgb: bool = False,
) -> jpeg.JpegFile:
    while len(tables) > 1 and tables[-1] == tables[-2]:
        tables = tables[:-1]  # Pillow gives the last table to all components that remain
    options: dict[str, Any] = {
        "qtables": tables,
        "subsampling": subsampling,
        "progressive": original.frame.progressive,
        # Arithmetic coding, which Pillow does not write, is smaller still.
        "optimize": original.frame.arithmetic
        or not original.huffman_tables <= _standard_huffman_tables(),
        "restart_marker_blocks": original.restart_interval,
    }
    if keep_rgb:
        options["keep_rgb"] = True
    buffer = io.BytesIO()
    try:
        picture.save(buffer, "JPEG", **options)
    except OSError:
        # Optimised and progressive files must fit Pillow's guess of their size, which noise at
        # full quality exceeds.
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", **{**options, "progressive": False, "optimize": False})
    return jpeg.parse(buffer.getvalue())


@lru_cache(maxsize=1)
def _standard_huffman_tables() -> frozenset[bytes]:
    """The tables of ITU-T T.81, annex K.3, which every encoder writes that does not optimise."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG")
    return jpeg.parse(buffer.getvalue()).huffman_tables

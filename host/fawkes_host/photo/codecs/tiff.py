"""TIFF pixels: stored samples of 8 and 16 bits come back bit for bit, whatever they are coded with.

Pillow knows only some kinds of samples, so it is made to take each row for a row of grey bytes; it
is then no more than the decompressor and the compressor.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from fawkes_host.photo.codecs.change import Change
from fawkes_host.photo.codecs.pillow import as_array, decoding, open_image
from fawkes_host.photo.codecs.sizing import fit_size
from fawkes_host.photo.containers import tiff
from fawkes_host.photo.containers.tiff import TiffFile, without_orientation
from fawkes_host.photo.containers.tiff_writer import Strips
from fawkes_host.protocol.errors import DamagedImage, UnsupportedSamples

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _CMYK = 0, 1, 2, 5
_COLOURS = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3, _CMYK: 4}

_LAB = (8, 9, 10)
"""Photometric interpretations: CIE, ICC and ITU L*a*b*."""
_FLOATING = 3
"""Sample format of floating point."""

_JPEG = 7
_DEFLATE = 8
_PILLOW_NAMES = {
    1: "raw",
    5: "tiff_lzw",
    _DEFLATE: "tiff_adobe_deflate",
    32946: "tiff_adobe_deflate",
    32773: "packbits",
    34925: "lzma",
    50000: "zstd",
}
"""Codings of plain bytes, by TIFF's number."""

_TILED = (tiff.TILE_WIDTH, tiff.TILE_HEIGHT, tiff.TILE_OFFSETS, tiff.TILE_BYTE_COUNTS)
_CODING_TAGS = (
    *range(512, 522),
    tiff.JPEG_TABLES,
    529,
    530,
    531,
    532,
    266,
    292,
    293,
    tiff.COLOUR_MAP,
)
"""Tags of JPEG, fax and palette coding, which a plain picture must not have."""


@dataclass(frozen=True)
class _Layout:
    """How the first page is stored."""

    width: int
    height: int
    depth: int
    samples: int
    photometric: int
    compression: int
    predictor: int
    planar: bool
    """Whether each channel is a picture of its own, instead of pixel following pixel."""
    plain: bool
    """Whether rows are whole bytes of unsigned samples."""


def _read_layout(file: TiffFile) -> _Layout:
    page = file.chain()[0]
    bits = page.find(tiff.BITS_PER_SAMPLE)
    depths = set(file.integers(bits)) if bits else {1}
    formats = page.find(tiff.SAMPLE_FORMAT)
    samples = file.integer(page, tiff.SAMPLES_PER_PIXEL, 1)
    photometric = file.integer(page, tiff.PHOTOMETRIC, _BLACK_IS_ZERO)
    compression = file.integer(page, tiff.COMPRESSION, 1)
    predictor = file.integer(page, tiff.PREDICTOR, 1)
    plain = (
        depths in ({8}, {16})
        and samples >= _COLOURS.get(photometric, 1 << 16)
        and compression in _PILLOW_NAMES
        and predictor in (1, 2)
        and (formats is None or set(file.integers(formats)) == {1})
        and file.integer(page, 266, 1) == 1
    )
    return _Layout(
        width=file.integer(page, tiff.WIDTH, 0),
        height=file.integer(page, tiff.HEIGHT, 0),
        depth=max(depths, default=1),
        samples=samples,
        photometric=photometric,
        compression=compression,
        predictor=predictor,
        planar=samples > 1 and file.integer(page, tiff.PLANAR, 1) == 2,
        plain=plain,
    )


def read_pixels(data: bytes) -> NDArray[np.uint8]:
    """Return uint8 [h, w, 3] RGB as stored; of 16 bits the upper 8."""
    with decoding():
        file = TiffFile(data)
        if not file.picture_spans(file.chain()[0]):
            # Decoders guess; but who does not know where a picture ends may wipe it together with
            # its metadata.
            raise DamagedImage(detail="the TIFF does not tell where its picture is")
        _check_samples(file)
        layout = _read_layout(file)
        if layout.plain and layout.planar and layout.photometric == _RGB:
            # Of 16 bits a channel, Pillow reads planes wrong.
            shift = layout.depth - 8
            return (_read_samples(data, layout)[..., :3] >> shift).astype(np.uint8)
        if layout.plain and layout.depth == 16 and layout.photometric in (_WHITE_IS_ZERO, 1):
            grey = (_read_samples(data, layout)[..., :1] >> 8).astype(np.uint8)
            grey = 255 - grey if layout.photometric == _WHITE_IS_ZERO else grey
            return grey.repeat(3, axis=2)
        return as_array(_open_as_stored(data), "RGB")


def write_pixels(data: bytes, pixels: NDArray[np.uint8], change: Change) -> Strips:
    """Encode the first page again with ``change`` added to its samples.

    What cannot hold small changes (palettes, fewer than 8 bits), or is stored in unusual ways,
    becomes RGB of 8 bits.
    """
    with decoding():
        layout = _read_layout(TiffFile(data))
        if layout.plain:
            samples = _changed(_read_samples(data, layout), change, layout)
            return _pack_rows(_as_bytes(samples, data, layout), layout)
        if layout.compression == _JPEG:
            return _write_jpeg(data, pixels, grey=layout.samples == 1)
        # Of what cannot stay as it is, only planes of RGB can stay as they are packed.
        name = _PILLOW_NAMES.get(layout.compression if layout.photometric == _RGB else _DEFLATE)
        return _write_rgb(pixels, name or _PILLOW_NAMES[_DEFLATE])


def keeps_samples(data: bytes) -> bool:
    """Whether ``write_pixels`` keeps the kind of samples: all but palettes and rarities."""
    layout = _read_layout(TiffFile(data))
    return layout.plain or layout.compression == _JPEG


def _open_as_stored(data: bytes) -> Image.Image:
    """Open without the orientation, which Pillow would apply, of all formats to TIFF alone."""
    image = open_image(TiffImagePlugin.TiffImageFile, without_orientation(data))
    if image.mode in ("I", "F", "LAB"):
        raise UnsupportedSamples(kind=image.mode)
    return image


def _check_samples(file: TiffFile) -> None:
    """Raise ``UnsupportedSamples`` for what is no picture of 1 to 16 bits, grey, RGB or CMYK."""
    page = file.chain()[0]
    if file.integer(page, tiff.PHOTOMETRIC, _BLACK_IS_ZERO) in _LAB:
        raise UnsupportedSamples(kind="Lab")
    formats = page.find(tiff.SAMPLE_FORMAT)
    if formats and _FLOATING in file.integers(formats):
        raise UnsupportedSamples(kind="floating point")
    bits = page.find(tiff.BITS_PER_SAMPLE)
    if bits and max(file.integers(bits), default=1) > 16:
        raise UnsupportedSamples(kind=f"{max(file.integers(bits))} bits")


def _read_samples(data: bytes, layout: _Layout) -> NDArray[Any]:
    """Return the stored samples of a plain page, [h, w, samples], uint8 or uint16."""
    if not layout.planar:
        return _read_interleaved(TiffFile(without_orientation(data)), layout)
    planes = []
    for number in range(layout.samples):
        file = TiffFile(without_orientation(data))
        page = file.chain()[0].offset
        for tag in (
            *(tiff.STRIP_OFFSETS, tiff.STRIP_BYTE_COUNTS),
            *(tiff.TILE_OFFSETS, tiff.TILE_BYTE_COUNTS),
        ):
            file.keep_part(page, tag, number, layout.samples)
        planes.append(_read_interleaved(file, replace(layout, samples=1, planar=False)))
    return np.concatenate(planes, axis=2)


def _read_interleaved(disguised: TiffFile, layout: _Layout) -> NDArray[Any]:
    page = disguised.chain()[0].offset
    pixel_bytes = layout.samples * layout.depth // 8
    row_bytes = layout.width * pixel_bytes
    tile_width = disguised.integer(disguised.read_directory(page), tiff.TILE_WIDTH, 0)
    disguised.set_long(page, tiff.WIDTH, row_bytes)
    disguised.set_long(page, tiff.TILE_WIDTH, tile_width * pixel_bytes)
    for tag, number in (
        (tiff.BITS_PER_SAMPLE, 8),
        (tiff.SAMPLES_PER_PIXEL, 1),
        (tiff.PHOTOMETRIC, _BLACK_IS_ZERO),
        (tiff.PLANAR, 1),
        (tiff.PREDICTOR, 1),
    ):
        disguised.set_short(page, tag, number)
    for tag in (tiff.EXTRA_SAMPLES, tiff.SAMPLE_FORMAT, tiff.YCC_SUBSAMPLING):
        disguised.remove(page, tag)
    with open_image(TiffImagePlugin.TiffImageFile, bytes(disguised.data)) as image:
        rows = as_array(image)
    if rows.shape != (layout.height, row_bytes):
        raise DamagedImage(detail="the TIFF's rows are not as long as its tags say")
    order = ">" if disguised.big_endian else "<"
    kind = np.dtype(np.uint8) if layout.depth == 8 else np.dtype(f"{order}u2")
    samples = rows.reshape(layout.height, -1).view(kind)
    samples = samples.reshape(layout.height, layout.width, layout.samples)
    native = samples.astype(kind.newbyteorder("="))
    if layout.predictor == 2:
        columns = _predicted_columns(disguised, page, layout, tile_width)
        for start in range(0, layout.width, columns):
            part = native[:, start : start + columns]
            np.cumsum(part, axis=1, dtype=part.dtype, out=part)
    return native


def _predicted_columns(file: TiffFile, page: int, layout: _Layout, tile_width: int) -> int:
    """Return after how many pixels the differences of the predictor begin anew."""
    tiled = file.read_directory(page).find(tiff.TILE_OFFSETS) is not None
    return tile_width if tiled and tile_width else layout.width


def _changed(samples: NDArray[Any], change: Change, layout: _Layout) -> NDArray[Any]:
    scale = 1 if layout.depth == 8 else 256
    if layout.photometric == _CMYK:
        return change.applied_to_inks(samples, scale)
    if layout.photometric == _WHITE_IS_ZERO:
        change = change.negative()
    return change.applied_to(samples, _COLOURS[layout.photometric], scale)


def _as_bytes(samples: NDArray[Any], data: bytes, layout: _Layout) -> NDArray[np.uint8]:
    """Return the rows as they are compressed, uint8 [h, bytes]: predicted, in the file's order."""
    if layout.predictor == 2:
        differences = samples.copy()
        differences[:, 1:] -= samples[:, :-1]
        samples = differences
    if layout.depth == 16:
        samples = samples.astype(">u2" if data[:2] == b"MM" else "<u2")
    return np.ascontiguousarray(samples).reshape(layout.height, -1).view(np.uint8)


def _pack_rows(rows: NDArray[np.uint8], layout: _Layout) -> Strips:
    encoded = _save(Image.fromarray(rows), compression=_PILLOW_NAMES[layout.compression])
    coded, data = _strips_of(encoded)
    tags: dict[int, list[int]] = {tag: [] for tag in _TILED}
    tags[tiff.COMPRESSION] = coded[tiff.COMPRESSION]
    tags[tiff.ROWS_PER_STRIP] = _short(coded[tiff.ROWS_PER_STRIP], layout.height)
    tags[tiff.PLANAR] = [1]
    return Strips(layout.width, layout.height, data, tags)


def _write_rgb(pixels: NDArray[np.uint8], compression: str) -> Strips:
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    return _foreign_strips(_save(picture, compression=compression), pixels.shape[0])


def _write_jpeg(data: bytes, pixels: NDArray[np.uint8], grey: bool) -> Strips:
    file = TiffFile(data)
    page = file.chain()[0]
    counts = page.find(tiff.STRIP_BYTE_COUNTS) or page.find(tiff.TILE_BYTE_COUNTS)
    target = max(1, sum(file.integers(counts)) if counts else len(data))
    picture = Image.fromarray(np.ascontiguousarray(pixels)).convert("L" if grey else "RGB")
    encoded = fit_size(
        lambda quality: _save(picture, compression="jpeg", quality=quality), target, start=80
    )
    return _foreign_strips(encoded, pixels.shape[0])


def _foreign_strips(encoded: bytes, height: int) -> Strips:
    """Return the strips of a file that Pillow wrote, and every tag that tells how to read them."""
    coded, data = _strips_of(encoded)
    tags: dict[int, list[int]] = {tag: [] for tag in (*_TILED, *_CODING_TAGS)}
    tags |= {tiff.PREDICTOR: [], tiff.EXTRA_SAMPLES: [], tiff.SAMPLE_FORMAT: []}
    for tag in (
        tiff.BITS_PER_SAMPLE,
        tiff.COMPRESSION,
        tiff.PHOTOMETRIC,
        tiff.SAMPLES_PER_PIXEL,
        tiff.PLANAR,
        tiff.YCC_SUBSAMPLING,
    ):
        tags[tag] = coded.get(tag, [])
    tags[tiff.ROWS_PER_STRIP] = _short(coded[tiff.ROWS_PER_STRIP], height)
    width = coded[tiff.WIDTH][0]
    return Strips(width, height, data, tags, bytes(coded.get(tiff.JPEG_TABLES, [])))


def _short(rows: list[int], height: int) -> list[int]:
    """A number of rows beyond 16 bits means all of them, which leaving the tag out means too."""
    return rows if rows[0] <= 0xFFFF else ([height] if height <= 0xFFFF else [])


def _save(picture: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "TIFF", **options)
    return buffer.getvalue()


def _strips_of(encoded: bytes) -> tuple[dict[int, list[int]], tuple[bytes, ...]]:
    file = TiffFile(encoded)
    page = file.chain()[0]
    numbers = {entry.tag: file.integers(entry) for entry in page.entries if entry.kind in (3, 4, 7)}
    spans = zip(numbers[tiff.STRIP_OFFSETS], numbers[tiff.STRIP_BYTE_COUNTS], strict=True)
    return numbers, tuple(encoded[start : start + size] for start, size in spans)

"""PNG pixels: every stored sample but the changed ones comes back bit for bit.

Pillow decodes; the rows are filtered and compressed here, because Pillow writes neither 16 bits a
channel nor interlaced files.  Each row keeps the filter its encoder chose, so the size of the file
hardly moves.
"""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, PngImagePlugin

from fawkes_host.photo.codecs.change import Change
from fawkes_host.photo.codecs.pillow import as_array, decoding, open_image
from fawkes_host.photo.containers import png
from fawkes_host.photo.containers.png import Chunk, ImageHeader
from fawkes_host.protocol.errors import DamagedImage

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6

_LEVELS = (0, 1, 3, 5, 6, 9)
_FIRST_LEVEL = {0: 1, 1: 3, 2: 5, 3: 6}
"""zlib's levels, and which is tried first by the header's hint at how hard its encoder tried.  On
photos 5 takes half the time of 6, for files 4 % larger."""

_LARGEST_AT_LEVEL_9 = 8_000_000
"""Level 9 takes half a minute for 12 megapixels, and saves 5 %: only for small pictures."""

_CLOSE_ENOUGH = 0.15
"""The search for a level ends when the file's size is within this share of the original's."""

_ROWS_AT_ONCE = 256
"""Filtering works on this many rows at a time, which bounds its memory."""

_IDAT_BYTES = 1 << 20

_COLOUR_CHUNKS = frozenset({b"PLTE", b"tRNS", b"bKGD", b"hIST", b"sBIT"})
"""Chunks whose content depends on the colour type."""


def read_pixels(data: bytes) -> NDArray[np.uint8]:
    """Return uint8 [h, w, 3] RGB as stored; of 16 bits the upper 8, as Pillow takes them."""
    with decoding():
        header = png.read_image_header(data)
        if header.depth == 16 and header.colour == GREY:
            return _in_rgb(_high_bytes(_read_samples(data, header)))
        with _open(data) as image:
            return as_array(image, "RGB")


def write_pixels(data: bytes, change: Change) -> list[Chunk]:
    """Encode ``data`` again with ``change`` added to its stored samples.

    Returns all chunks, those that only describe among them, in their order.  A palette, and grey
    of fewer than 8 bits, cannot hold small changes: they become 8 bits a channel.
    """
    with decoding():
        chunks, _ = png.parse(data)
        header = png.read_image_header(data)
        filters: NDArray[np.uint8] | None = None
        if header.colour == PALETTE:
            header, samples = _expand_palette(data, header)
        else:
            samples = _read_samples(data, header)
            if header.depth < 8:
                header = replace(header, depth=8)
            else:
                filters = _read_filters(chunks, header)
        colour_changed = header.to_chunk() != chunks[0]
        key = None if header.colour == PALETTE else _colour_key(chunks, png.read_image_header(data))
        samples = _apply(samples, change, header, key)
        stream = _filter_picture(samples, header, filters)
        picture = _compress(stream, [c.payload for c in chunks if c.kind == b"IDAT"])
        kept = [
            c
            for c in chunks[1:]
            if not (colour_changed and c.kind in _COLOUR_CHUNKS and header.colour != GREY)
        ]
        if colour_changed and header.colour == GREY:
            kept = _grey_in_8_bits(kept, png.read_image_header(data).depth)
        return _with_picture([header.to_chunk(), *kept], picture)


def _open(data: bytes) -> Image.Image:
    return open_image(PngImagePlugin.PngImageFile, png.picture_alone(data))


def _read_samples(data: bytes, header: ImageHeader) -> NDArray[np.uint8]:
    """Return the stored bytes, uint8 [h, w, bytes a pixel]; grey of few bits is widened to 8."""
    if header.depth == 16 and header.colour in (RGB, RGBA):
        # Pillow has no mode for them, but unpackers that take the first or the second byte of
        # each sample; named for the byte orders they serve elsewhere.
        mode = "RGB" if header.colour == RGB else "RGBA"
        high, low = (_read_as(data, mode, f"{mode};16{order}") for order in "BL")
        return np.stack([high, low], axis=-1).reshape(header.height, header.width, -1)
    if header.depth == 16 and header.colour == GREY_ALPHA:
        return _read_as(data, "RGBA", "RGBA")  # four bytes a pixel, whatever they mean
    if header.depth == 16:
        return _read_as(data, "LA", "LA")
    with _open(data) as image:
        if image.mode == "1":
            image = image.convert("L")  # noqa: PLW2901
        samples = as_array(image)
    return samples.reshape(header.height, header.width, -1)


def _read_as(data: bytes, mode: str, rawmode: str) -> NDArray[np.uint8]:
    with _open(data) as image:
        assert isinstance(image, ImageFile.ImageFile)
        codec, box, offset, _ = image.tile[0]
        image._mode = mode
        image.tile = [ImageFile._Tile(codec, box, offset, rawmode)]
        return as_array(image)


def _high_bytes(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return samples[..., ::2]


def _in_rgb(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(grey, 3, axis=2)


def _expand_palette(data: bytes, header: ImageHeader) -> tuple[ImageHeader, NDArray[np.uint8]]:
    with _open(data) as image:
        transparent = "transparency" in image.info
        samples = as_array(image, "RGBA" if transparent else "RGB")
    return replace(header, depth=8, colour=RGBA if transparent else RGB), samples


def _colour_key(chunks: list[Chunk], header: ImageHeader) -> NDArray[np.uint8] | None:
    """Return the bytes of a pixel that tRNS declares transparent, as ``_read_samples`` gives it."""
    payload = next((c.payload for c in chunks if c.kind == b"tRNS"), None)
    if payload is None or header.colour not in (GREY, RGB) or len(payload) < 2 * header.channels:
        return None
    key = np.frombuffer(payload[: 2 * header.channels], np.uint8)
    if header.depth == 16:
        return key
    key = key[1::2]
    if header.depth < 8:
        levels = (1 << header.depth) - 1
        return ((key & levels) * (255 // levels)).astype(np.uint8)
    return key


def _apply(
    samples: NDArray[np.uint8],
    change: Change,
    header: ImageHeader,
    key: NDArray[np.uint8] | None,
) -> NDArray[np.uint8]:
    """Add the change to the colour samples; alpha, and who is transparent by key, stay."""
    colours = 1 if header.colour in (GREY, GREY_ALPHA) else 3
    if header.depth == 16:
        wide = samples.view(">u2").astype(np.uint16)
        result = change.applied_to(wide, colours, scale=256).astype(">u2").view(np.uint8)
    else:
        result = change.applied_to(samples, colours)
    if key is not None:
        was_key = (samples == key).all(axis=2)
        became_key = (result == key).all(axis=2)
        kept = was_key | became_key
        result[kept] = samples[kept]
    return result


def _read_filters(chunks: list[Chunk], header: ImageHeader) -> NDArray[np.uint8] | None:
    """Return the filter of every row, pass after pass, as the original's encoder chose them."""
    sizes = [
        (rows.stop - rows.start + (rows.step or 1) - 1) // (rows.step or 1)
        for rows, _ in header.passes()
    ]
    widths = [
        1 + header.row_bytes(-(-(columns.stop - columns.start) // (columns.step or 1)))
        for _, columns in header.passes()
    ]
    total = sum(count * width for count, width in zip(sizes, widths, strict=True))
    inflater = zlib.decompressobj()
    stream = inflater.decompress(b"".join(c.payload for c in chunks if c.kind == b"IDAT"), total)
    if len(stream) < total:
        raise DamagedImage(detail="the PNG is cut off")
    filters: list[NDArray[np.uint8]] = []
    position = 0
    for count, width in zip(sizes, widths, strict=True):
        rows = np.frombuffer(stream, np.uint8, count * width, position).reshape(count, width)
        filters.append(rows[:, 0])
        position += count * width
    chosen = np.concatenate(filters)
    return chosen if chosen.max(initial=0) <= 4 else None


def _filter_picture(
    samples: NDArray[np.uint8], header: ImageHeader, filters: NDArray[np.uint8] | None
) -> bytes:
    stream: list[bytes] = []
    first = 0
    for selection in header.passes():
        rows = np.ascontiguousarray(samples[selection])
        rows = rows.reshape(rows.shape[0], -1)
        above = np.zeros_like(rows[:1])
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            block = rows[start : start + _ROWS_AT_ONCE]
            wanted = None if filters is None else filters[first : first + len(block)]
            stream.append(_filter_rows(block, above, header.filter_distance, wanted))
            above = block[-1:]
            first += len(block)
    return b"".join(stream)


def _filter_rows(
    rows: NDArray[np.uint8],
    above: NDArray[np.uint8],
    distance: int,
    wanted: NDArray[np.uint8] | None,
) -> bytes:
    """Filter rows (PNG, clause 9); without a wish, by the least sum of absolute differences."""
    up = np.concatenate([above, rows[:-1]])
    left = _shifted(rows, distance)
    if wanted is None:
        candidates = np.stack([_filtered(kind, rows, left, up, distance) for kind in range(5)])
        sums = np.abs(candidates.view(np.int8).astype(np.int16)).sum(axis=2, dtype=np.int64)
        wanted = sums.argmin(axis=0).astype(np.uint8)
        filtered = candidates[wanted, np.arange(len(rows))]
    else:
        filtered = np.empty_like(rows)
        for kind in np.unique(wanted):
            chosen = wanted == kind
            filtered[chosen] = _filtered(
                int(kind), rows[chosen], left[chosen], up[chosen], distance
            )
    return np.concatenate([wanted[:, None], filtered], axis=1).tobytes()


def _shifted(rows: NDArray[np.uint8], distance: int) -> NDArray[np.uint8]:
    shifted = np.zeros_like(rows)
    shifted[:, distance:] = rows[:, :-distance]
    return shifted


def _filtered(
    kind: int,
    rows: NDArray[np.uint8],
    left: NDArray[np.uint8],
    up: NDArray[np.uint8],
    distance: int,
) -> NDArray[np.uint8]:
    if kind == 0:
        return rows
    if kind == 1:
        return rows - left
    if kind == 2:
        return rows - up
    if kind == 3:
        return rows - ((left.astype(np.uint16) + up) >> 1).astype(np.uint8)
    corner = _shifted(up, distance)
    a, b, c = left.astype(np.int16), up.astype(np.int16), corner.astype(np.int16)
    to_left, to_up, to_corner = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
    nearest = np.where(
        (to_left <= to_up) & (to_left <= to_corner), left, np.where(to_up <= to_corner, up, corner)
    )
    return rows - nearest


def _compress(stream: bytes, original: list[bytes]) -> bytes:
    """Compress at the level whose result comes nearest to the original's size."""
    target = sum(map(len, original))
    head = b"".join(original)[:2]
    first = _FIRST_LEVEL[head[1] >> 6] if len(head) == 2 else 5
    best = zlib.compress(stream, first)
    if abs(len(best) / target - 1) <= _CLOSE_ENOUGH:
        return best
    if len(best) < target:
        levels = [level for level in reversed(_LEVELS) if level < first]
    else:
        levels = [level for level in _LEVELS if level > first]
    for level in levels:
        if level == 9 and len(stream) > _LARGEST_AT_LEVEL_9:
            break
        candidate = zlib.compress(stream, level)
        if abs(len(candidate) - target) >= abs(len(best) - target):
            break
        best = candidate
    return best


def _grey_in_8_bits(chunks: list[Chunk], depth: int) -> list[Chunk]:
    """Widen the grey level in tRNS and bKGD; drop sBIT, which counted the old bits."""
    factor = 255 // ((1 << depth) - 1)
    widened = []
    for chunk in chunks:
        if chunk.kind in (b"tRNS", b"bKGD") and len(chunk.payload) == 2:
            level = min(255, (chunk.payload[1] & ((1 << depth) - 1)) * factor)
            widened.append(Chunk(chunk.kind, bytes([0, level])))
        elif chunk.kind not in (b"sBIT", b"hIST"):
            widened.append(chunk)
    return widened


def _with_picture(chunks: list[Chunk], picture: bytes) -> list[Chunk]:
    """Replace all IDAT chunks by ``picture``; frames of an animation hold the old one, and go."""
    result: list[Chunk] = []
    written = False
    for chunk in chunks:
        if chunk.kind in (b"acTL", b"fcTL", b"fdAT"):
            continue
        if chunk.kind != b"IDAT":
            result.append(chunk)
        elif not written:
            result += [
                Chunk(b"IDAT", picture[start : start + _IDAT_BYTES])
                for start in range(0, len(picture), _IDAT_BYTES)
            ]
            written = True
    return result

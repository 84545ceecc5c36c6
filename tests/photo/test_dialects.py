"""Files as programs and phones leave them: what browsers show is cloaked, and what is no finished
photo is told by its own name."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from fawkes_host.photo.decode import Limits, decode
from fawkes_host.photo.encode import encode, encode_with_notices
from fawkes_host.photo.metadata import Policy
from fawkes_host.protocol.errors import DamagedImage, RawPhoto, TooManyPixels, UnsupportedSamples

PICTURE = Image.fromarray(
    np.random.default_rng(3).integers(0, 256, (12, 16, 3), np.uint8), "RGB"
).resize((160, 120), Image.Resampling.BICUBIC)


def save(form: str, picture: Image.Image = PICTURE, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def chunk(kind: bytes, payload: bytes, checksum: int | None = None) -> bytes:
    right = zlib.crc32(kind + payload)
    return (
        struct.pack(">I", len(payload))
        + kind
        + payload
        + struct.pack(">I", right if checksum is None else checksum)
    )


PNG = save("PNG")
HEAD, END = PNG[:33], PNG[-12:]
PNGS = {
    "wrong checksum of pHYs": HEAD + chunk(b"pHYs", bytes(9), 1) + PNG[33:],
    "iCCP that is no profile": HEAD + chunk(b"iCCP", b"name\0\0no zlib at all") + PNG[33:],
    "wrong checksum and profile": HEAD + chunk(b"iCCP", b"name\0\0no zlib", 2) + PNG[33:],
    "pHYs of one byte": HEAD + chunk(b"pHYs", b"\1") + PNG[33:],
    "text of three megabytes": HEAD
    + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"word " * 600_000))
    + PNG[33:],
    "no end": PNG[:-12],
    "end that is cut": PNG[:-5],
    "text that is cut": PNG[:-12] + chunk(b"tEXt", b"Comment\0" + b"words " * 50)[:90],
}


@pytest.mark.parametrize("name", PNGS)
def test_png_whose_picture_is_whole_is_a_photo(name):
    photo = decode(PNGS[name])
    assert np.array_equal(photo.pixels, np.asarray(PICTURE))
    pixels = photo.pixels.copy()
    pixels[40:80, 40:80] ^= 1
    for policy in Policy:
        for wanted in (photo.pixels, pixels):
            assert np.array_equal(decode(encode(photo, wanted, policy)).pixels, wanted)


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_png_whose_picture_is_cut_is_damaged(share):
    with pytest.raises(DamagedImage):
        decode(PNG[: int(len(PNG) * share)])


@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_without_its_end_or_its_last_rows_is_a_photo(progressive):
    whole = save("JPEG", quality=90, progressive=progressive)
    for cut in (1, 2, 60):
        photo = decode(whole[:-cut])
        assert photo.pixels.shape == (120, 160, 3)
        assert np.abs(photo.pixels[:90].astype(int) - np.asarray(PICTURE)[:90]).mean() < 12
        pixels = photo.pixels.copy()
        pixels[40:80, 40:80] ^= 1
        decode(encode(photo, pixels, Policy.STRIP_LOCATION))


def test_jpeg_of_which_more_is_missing_is_damaged_and_its_size_is_checked_first():
    whole = save("JPEG", quality=90)
    with pytest.raises(DamagedImage):
        decode(whole[: len(whole) // 2])
    with pytest.raises(TooManyPixels):
        decode(whole[:-2], Limits(max_pixels=1000))


def tiff_with(*rows: tuple[int, int, int], order: str = "<") -> bytes:
    """A TIFF structure with one directory of short and long numbers: (tag, type, number)."""
    start = (b"II\x2a\x00" if order == "<" else b"MM\x00\x2a") + struct.pack(f"{order}I", 8)
    entries = b"".join(
        struct.pack(f"{order}HHI", tag, kind, 1)
        + struct.pack(f"{order}I" if kind == 4 else f"{order}HH", *([n] if kind == 4 else [n, 0]))
        for tag, kind, n in rows
    )
    return start + struct.pack(f"{order}H", len(rows)) + entries + bytes(4 + 64)


RAW = {
    "DNG": tiff_with((256, 4, 16), (257, 4, 16), (50706, 4, 1)),
    "NEF": tiff_with((256, 4, 16), (257, 4, 16), (259, 3, 34713), order=">"),
    "ARW": tiff_with((256, 4, 16), (257, 4, 16), (259, 3, 32767)),
    "PEF": tiff_with((256, 4, 16), (257, 4, 16), (259, 3, 65535), order=">"),
    "TIFF": tiff_with((256, 4, 16), (257, 4, 16), (262, 3, 32803)),
    "CR2": b"II\x2a\x00\x10\0\0\0CR\x02\0" + bytes(40),
    "CR3": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(40),
    "RW2": b"IIU\0\x18\0\0\0" + bytes(40),
    "ORF": b"IIRO\x08\0\0\0" + bytes(40),
    "RAF": b"FUJIFILMCCD-RAW 0201FF383501" + bytes(40),
}


@pytest.mark.parametrize("name", RAW)
def test_raw_photo_is_refused_by_its_own_name(name):
    with pytest.raises(RawPhoto) as refusal:
        decode(RAW[name])
    assert refusal.value.parameters == {"format": name}


def test_raw_photo_behind_a_preview_is_told_from_a_photo():
    preview = io.BytesIO()
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    directory[50706] = b"\1\4\0\0"
    directory.tagtype[50706] = 1
    PICTURE.save(preview, "TIFF", tiffinfo=directory)
    with pytest.raises(RawPhoto):
        decode(preview.getvalue())
    assert decode(save("TIFF")).format == "TIFF"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (save("TIFF", PICTURE.convert("F")), "floating point"),
        (save("TIFF", PICTURE.convert("I")), "32 bits"),
        (save("TIFF", PICTURE.convert("LAB")), "Lab"),
        (b"II\x2b\x00\x08\0\0\0" + bytes(40), "BigTIFF"),
    ],
)
def test_tiff_of_samples_that_no_page_shows_is_not_called_damaged(data, kind):
    with pytest.raises(UnsupportedSamples) as refusal:
        decode(data)
    assert refusal.value.parameters == {"kind": kind}


GOOGLE_IMAGE = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description xmlns:GImage="http://ns.google.com/photos/1.0/image/" '
    b'GImage:Mime="image/webp" GImage:Data="UklGRg=="/></rdf:RDF></x:xmpmeta>'
)


@pytest.mark.parametrize(
    ("data", "notice"),
    [
        (PNG + b"something else", "trailing_data_removed"),
        (save("WEBP", lossless=True) + b"something else", "trailing_data_removed"),
        (save("JPEG", xmp=GOOGLE_IMAGE), "companion_pictures_removed"),
    ],
)
def test_what_a_cloaked_photo_loses_is_named(data, notice):
    photo = decode(data)
    pixels = photo.pixels.copy()
    pixels[40:80, 40:80] ^= 1
    encoded = encode_with_notices(photo, pixels, Policy.KEEP)
    assert b"something else" not in encoded.data
    assert b"UklGRg==" not in encoded.data
    assert notice in encoded.notices

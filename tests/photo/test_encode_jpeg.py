from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from fawkes_host.photo.containers import jpeg
from fawkes_host.photo.decode import decode
from fawkes_host.photo.encode import encode
from fawkes_host.photo.metadata import Policy


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"optimize": True},
                                     {"restart_marker_blocks": 5}], ids=str)  # fmt: skip
def test_jpeg_is_encoded_as_its_original_was(subsampling, options, scene, save, cloak, psnr):
    data = save(scene, "JPEG", quality=88, subsampling=subsampling, **options)
    photo = decode(data)
    pixels, touched = cloak(photo.pixels)
    result = encode(photo, pixels, Policy.KEEP)
    before, after = (Image.open(io.BytesIO(x)) for x in (data, result))
    assert after.quantization == before.quantization
    assert JpegImagePlugin.get_sampling(after) == JpegImagePlugin.get_sampling(before)
    assert after.info.get("progressive") == before.info.get("progressive")
    assert jpeg.parse(result).restart_interval == jpeg.parse(data).restart_interval
    assert 0.8 < len(result) / len(data) < 1.2

    outside = ~_grown(touched, 16)
    again = decode(result).pixels
    assert psnr(again[outside], photo.pixels[outside]) > 57
    assert psnr(again, pixels) > 40


def _grown(mask, by):
    """Grow a mask to the blocks that a change reaches: 16 pixels with halved chroma."""
    grown = mask.copy()
    for axis in (0, 1):
        for shift in range(-by, by + 1, by):
            grown |= np.roll(mask, shift, axis)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    grown[max(0, rows[0] - by) : rows[-1] + by, max(0, columns[0] - by) : columns[-1] + by] = True
    return grown


@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_untouched_jpeg_blocks_keep_their_pixels(subsampling, scene, save):
    """One changed block leaves the others as they were: below the rounding of one level."""
    photo = decode(save(scene, "JPEG", quality=75, subsampling=subsampling))
    pixels = photo.pixels.copy()
    pixels[8:12, 8:12] ^= 4
    again = decode(encode(photo, pixels, Policy.KEEP)).pixels
    off_by = np.abs(again[32:, 32:].astype(int) - photo.pixels[32:, 32:])
    assert (off_by > 0).mean() < 0.1
    assert off_by.max() <= 12


@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_each_channel_of_a_jpeg_takes_its_own_change(subsampling, scene, save):
    photo = decode(save(scene, "JPEG", quality=95, subsampling=subsampling))
    pixels = photo.pixels.copy()
    pixels[41:81, 51:91] = np.clip(pixels[41:81, 51:91] + np.array([24, -16, 8]), 0, 255)
    again = decode(encode(photo, pixels, Policy.KEEP)).pixels
    inside = (slice(45, 77), slice(55, 87))
    difference = again[inside].astype(float) - photo.pixels[inside]
    wanted = pixels[inside].astype(float) - photo.pixels[inside]
    assert np.abs(difference.mean((0, 1)) - wanted.mean((0, 1))).max() < 1.5


def test_grey_jpeg_stays_grey(modes, save, cloak):
    photo = decode(save(modes["L"], "JPEG", quality=85))
    result = encode(photo, cloak(photo.pixels)[0], Policy.KEEP)
    assert Image.open(io.BytesIO(result)).mode == "L"
    assert 0.8 < len(result) / len(photo.source) < 1.2


@pytest.mark.parametrize("subsampling", [0, 2])
def test_jpeg_of_inks_stays_of_inks(subsampling, modes, save, cloak, psnr):
    photo = decode(save(modes["CMYK"], "JPEG", quality=85, subsampling=subsampling))
    pixels, _ = cloak(photo.pixels)
    result = encode(photo, pixels, Policy.KEEP)
    assert Image.open(io.BytesIO(result)).mode == "CMYK"
    assert psnr(decode(result).pixels, pixels) > 38
    assert 0.8 < len(result) / len(photo.source) < 1.2


def test_jpeg_of_rgb_stays_of_rgb(scene, save, cloak, psnr):
    photo = decode(save(scene, "JPEG", quality=85, keep_rgb=True))
    pixels, _ = cloak(photo.pixels)
    result = encode(photo, pixels, Policy.STRIP)
    assert jpeg.parse(result).colour_encoding == "rgb"
    assert psnr(decode(result).pixels, pixels) > 40


def _with_sampling(data, luma, size):
    """Let a JPEG say that its blocks of luma lie otherwise: a scrambled picture, but a sound one.

    A unit keeps its number of blocks, and ``size`` keeps the number of units.
    """
    frame = data.index(b"\xff\xc0")
    changed = bytearray(data)
    changed[frame + 5 : frame + 9] = struct.pack(">HH", size[1], size[0])
    changed[frame + 11] = luma[0] << 4 | luma[1]
    return bytes(changed)


@pytest.mark.parametrize(
    ("subsampling", "luma", "size"), [(1, (1, 2), (80, 160)), (2, (4, 1), (320, 40))]
)
def test_jpeg_with_sampling_that_cannot_be_written_is_still_encoded(
    subsampling, luma, size, scene, save, cloak, psnr
):
    original = save(scene.resize((160, 80)), "JPEG", quality=85, subsampling=subsampling)
    photo = decode(_with_sampling(original, luma, size))
    assert jpeg.parse(photo.source).frame.sampling[1] == luma
    pixels, _ = cloak(photo.pixels)
    result = encode(photo, pixels, Policy.KEEP)
    assert psnr(decode(result).pixels, pixels) > 30
    assert 0.8 < len(result) / len(photo.source) < 1.25


def test_noise_at_full_quality_does_not_overflow_the_encoder(save):
    noise = np.random.default_rng(1).integers(0, 256, (300, 300, 3)).astype(np.uint8)
    data = save(Image.fromarray(noise), "JPEG", quality=100, subsampling=0)
    # A table that no encoder writes by habit asks for an optimised file, and a larger buffer.
    table = jpeg.Segment(jpeg.DHT, b"\x03" + bytes([1]) + bytes(15) + b"\x05")
    photo = decode(data[:2] + table.to_bytes() + data[2:])
    pixels = photo.pixels.copy()
    pixels[0, 0] ^= 1
    assert decode(encode(photo, pixels, Policy.KEEP)).pixels.shape == pixels.shape

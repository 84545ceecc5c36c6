from __future__ import annotations

import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageOps

from fawkes_host.photo.codecs.change import Change
from fawkes_host.photo.decode import decode
from fawkes_host.photo.encode import encode, encode_with_notices
from fawkes_host.photo.metadata import Policy

LOSSLESS_MODES = [
    ("PNG", "RGB", {}),
    ("PNG", "RGBA", {}),
    ("PNG", "L", {}),
    ("PNG", "LA", {}),
    ("PNG", "I;16", {}),
    ("PNG", "P", {}),
    ("PNG", "1", {}),
    ("WEBP", "RGB", {"lossless": True}),
    ("WEBP", "RGBA", {"lossless": True, "exact": True}),
    ("BMP", "RGB", {}),
    ("BMP", "RGBA", {}),
    ("BMP", "L", {}),
    ("BMP", "P", {}),
    *[
        ("TIFF", mode, {"compression": compression})
        for mode in ("RGB", "RGBA", "L", "LA", "I;16", "CMYK")
        for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits")
    ],
    ("TIFF", "RGB", {"compression": "tiff_lzw", "tiffinfo": {317: 2}}),
    ("TIFF", "I;16", {"compression": "tiff_adobe_deflate", "tiffinfo": {317: 2}}),
    ("TIFF", "P", {}),
    ("TIFF", "1", {"compression": "group4"}),
]


def case_name(value):
    return str(value) if not isinstance(value, dict) else "-".join(map(str, value.values()))


@pytest.mark.parametrize(("name", "mode", "options"), LOSSLESS_MODES, ids=case_name)
def test_lossless_formats_hold_the_cloak_exactly_and_nothing_else(
    name, mode, options, modes, save, cloak
):
    photo = decode(save(modes[mode], name, **options))
    pixels, touched = cloak(photo.pixels)
    again = decode(encode(photo, pixels, Policy.KEEP))
    assert again.format == name
    assert np.array_equal(again.pixels[~touched], photo.pixels[~touched])
    off_by = np.abs(again.pixels.astype(int) - pixels)
    if mode == "CMYK":  # ink is quantised: in the dark a level of ink is more than one of light
        assert np.percentile(off_by, 99) <= 2
    else:
        # Grey takes the mean of three equal changes, so it is as exact as the others.
        assert off_by.max() == 0


@pytest.mark.parametrize(("name", "mode"), [("PNG", "RGBA"), ("PNG", "LA"), ("TIFF", "RGBA"),
                                            ("TIFF", "LA"), ("WEBP", "RGBA")])  # fmt: skip
def test_alpha_comes_back_bit_for_bit(name, mode, modes, save, cloak):
    image = modes[mode]
    photo = decode(save(image, name, lossless=True, exact=True))
    again = Image.open(io.BytesIO(encode(photo, cloak(photo.pixels)[0], Policy.KEEP)))
    assert again.mode in (mode, "RGBA")
    assert again.getchannel("A").tobytes() == image.getchannel("A").tobytes()


def test_alpha_of_a_lossy_webp_comes_back_bit_for_bit(modes, save, cloak):
    photo = decode(save(modes["RGBA"], "WEBP", quality=70))
    again = Image.open(io.BytesIO(encode(photo, cloak(photo.pixels)[0], Policy.KEEP)))
    alpha = Image.open(io.BytesIO(photo.source)).getchannel("A")
    assert again.getchannel("A").tobytes() == alpha.tobytes()


@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_grey_of_16_bits_keeps_its_lower_8(name, modes, save, cloak):
    photo = decode(save(modes["I;16"], name))
    pixels, _ = cloak(photo.pixels)
    again = np.asarray(Image.open(io.BytesIO(encode(photo, pixels, Policy.KEEP)))).astype(int)
    assert np.array_equal(again & 255, np.asarray(modes["I;16"]) & 255)
    assert np.array_equal(again >> 8, pixels[..., 0])


def _png_in_16_bits(samples, colour, interlace=False):
    """Write a PNG of 16 bits a channel, which Pillow cannot, as rows without a filter."""
    from fawkes_host.photo.codecs.png import _filter_picture
    from fawkes_host.photo.containers import png

    height, width = samples.shape[:2]
    header = png.ImageHeader(width, height, 16, colour, interlace)
    raw = samples.astype(">u2").view(np.uint8).reshape(height, width, -1)
    import zlib

    picture = zlib.compress(_filter_picture(raw, header, None))
    chunks = [header.to_chunk(), png.Chunk(b"IDAT", picture), png.Chunk(b"IEND", b"")]
    return png.to_bytes(chunks)


def _png_samples_in_16_bits(data):
    from fawkes_host.photo.codecs.png import _read_samples
    from fawkes_host.photo.containers import png

    return _read_samples(data, png.read_image_header(data)).view(">u2").astype(int)


@pytest.mark.parametrize(("colour", "mode"), [(2, "RGB"), (6, "RGBA"), (4, "LA")])
def test_colour_of_16_bits_keeps_its_lower_8(colour, mode, modes, cloak):
    shown = np.asarray(modes[mode]).astype(np.uint16)
    samples = shown * 256 + np.arange(shown.shape[1], dtype=np.uint16)[:, None]
    data = _png_in_16_bits(samples, colour)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data)).convert(mode)), shown)

    photo = decode(data)
    pixels, touched = cloak(photo.pixels)
    again = encode(photo, pixels, Policy.KEEP)
    stored = _png_samples_in_16_bits(again)
    assert np.array_equal(stored[~touched], samples[~touched])
    assert np.array_equal(stored & 255, samples & 255)
    assert np.array_equal(decode(again).pixels, pixels)
    if mode != "RGB":
        assert np.array_equal(stored[..., -1], samples[..., -1])


@pytest.mark.parametrize("colour", [2, 6])
def test_interlaced_png_stays_interlaced(colour, modes, cloak):
    image = np.asarray(modes["RGB" if colour == 2 else "RGBA"]).astype(np.uint16)
    data = _png_in_16_bits(image * 256, colour, interlace=True)
    photo = decode(data)
    assert np.array_equal(photo.pixels, image[..., :3])
    pixels, _ = cloak(photo.pixels)
    again = encode(photo, pixels, Policy.KEEP)
    assert again[28] == 1
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(again)).convert("RGB")), pixels)


@pytest.mark.parametrize("key", [(10, 10, 10), (200, 30, 90)])
def test_who_is_transparent_by_key_stays_so(key, scene, save, cloak):
    base = np.asarray(scene).copy()
    base[40:60, 40:80] = key
    photo = decode(save(Image.fromarray(base), "PNG", transparency=key))
    pixels, _ = cloak(photo.pixels)
    pixels[62, 62] = key  # a cloak that happens to hit the key
    again = Image.open(io.BytesIO(encode(photo, pixels, Policy.KEEP))).convert("RGBA")
    before = Image.open(io.BytesIO(photo.source)).convert("RGBA")
    assert again.getchannel("A").tobytes() == before.getchannel("A").tobytes()


@pytest.mark.parametrize("name", ["PNG", "BMP", "TIFF", "WEBP"])
def test_each_channel_takes_its_own_change(name, scene, save):
    photo = decode(save(scene, name, lossless=True))
    pixels = photo.pixels.copy()
    pixels[40:80, 50:90] = (10, 120, 230)
    assert np.array_equal(decode(encode(photo, pixels, Policy.KEEP)).pixels, pixels)


def test_white_is_zero_is_changed_the_other_way_round(modes, save, cloak):
    photo = decode(save(modes["L"], "TIFF", tiffinfo={262: 0}))
    assert np.array_equal(photo.pixels[..., 0], np.asarray(modes["L"]))
    pixels, _ = cloak(photo.pixels)
    assert np.array_equal(decode(encode(photo, pixels, Policy.KEEP)).pixels, pixels)


@pytest.mark.parametrize("black", [0, 60, 200])
def test_ink_makes_up_for_the_black_above_it(black):
    samples = np.full((8, 8, 4), (100, 90, 80, black), np.uint8)
    before = Image.frombytes("CMYK", (8, 8), samples.tobytes()).convert("RGB")
    old = np.full((8, 8, 3), 100, np.uint8)
    new = old.copy()
    new[2:5, 3:5] += np.array([5, 252, 3], np.uint8)
    result = Change.between(old, new).applied_to_inks(samples)
    after = Image.frombytes("CMYK", (8, 8), result.tobytes()).convert("RGB")
    difference = np.asarray(after).astype(int) - np.asarray(before)
    assert np.abs(difference - (new.astype(int) - old)).max() <= 1
    assert np.array_equal(result[..., 3], samples[..., 3])


@pytest.mark.parametrize("quality", [25, 60, 90])
@pytest.mark.parametrize("name", ["WEBP", "HEIF", "AVIF"])
def test_lossy_formats_find_the_size_of_their_original(name, quality, save, cloak, psnr, scene):
    large = scene.resize((346, 262), Image.Resampling.LANCZOS)
    options = {"speed": 8} if name == "AVIF" else {}
    photo = decode(save(large, name, quality=quality, **options))
    pixels, _ = cloak(photo.pixels)
    result = encode(photo, pixels, Policy.KEEP)
    assert 0.8 < len(result) / len(photo.source) < 1.2
    again = decode(result)
    assert again.format == name
    assert psnr(again.pixels, pixels) > 30


@pytest.mark.parametrize("depth", [10, 12])
def test_heif_keeps_its_bit_depth(depth, scene, cloak, psnr):
    samples = np.asarray(scene).astype(np.uint16) * 257
    file = pillow_heif.from_bytes("RGB;16", scene.size, samples.tobytes())
    buffer = io.BytesIO()
    file.save(buffer, quality=80, bit_depth=depth)
    photo = decode(buffer.getvalue())
    pixels, _ = cloak(photo.pixels)
    result = encode(photo, pixels, Policy.KEEP)
    assert pillow_heif.open_heif(result, convert_hdr_to_8bit=False).info["bit_depth"] == depth
    assert psnr(decode(result).pixels, pixels) > 35


def test_avif_keeps_the_codes_of_its_colours(scene, save, cloak):
    from fawkes_host.photo.containers.heif import HeifFile, with_colour_codes

    display_p3_codes = (12, 13)
    data = with_colour_codes(save(scene, "AVIF", quality=70, speed=10), display_p3_codes)
    photo = decode(data)
    result = encode(photo, cloak(photo.pixels)[0], Policy.STRIP)
    assert HeifFile(result).colour_codes == display_p3_codes


ORIENTABLE = ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"]


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("orientation", [2, 5, 6, 8])
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_orientation_and_stored_size_stay(name, orientation, policy, scene, save, cloak, psnr):
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = decode(save(scene, name, exif=exif, lossless=True, quality=95))
    pixels, _ = cloak(photo.pixels)
    result = encode(photo, pixels, policy)
    stored = Image.open(io.BytesIO(result))
    if name == "TIFF":  # of which Pillow tells the size as displayed
        assert (stored.tag_v2[256], stored.tag_v2[257]) == scene.size
    else:
        assert stored.size == scene.size
    assert stored.getexif()[0x0112] == orientation
    assert psnr(np.asarray(ImageOps.exif_transpose(stored).convert("RGB")), pixels) > 40


@pytest.mark.parametrize("orientation", [3, 6, 7])
@pytest.mark.parametrize("name", ["HEIF", "AVIF"])
def test_heif_and_avif_are_shown_as_before(name, orientation, scene, cloak, psnr):
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Kamerawerk"
    buffer = io.BytesIO()
    if name == "HEIF":
        pillow_heif.encode(
            "RGB", scene.size, scene.tobytes(), buffer, quality=90, exif=exif.tobytes()
        )
    else:
        scene.save(buffer, "AVIF", quality=90, speed=10, exif=exif)
    photo = decode(buffer.getvalue())
    pixels, _ = cloak(photo.pixels)
    again = decode(encode(photo, pixels, Policy.KEEP))
    assert psnr(again.pixels, pixels) > 30
    assert b"Kamerawerk" in again.source


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_colour_profile_stays_with_every_policy(name, policy, scene, save, cloak, display_p3):
    image = scene.copy()
    image.info["icc_profile"] = display_p3
    options = {"speed": 10} if name == "AVIF" else {}
    photo = decode(save(image, name, icc_profile=display_p3, quality=85, **options))
    result = encode(photo, cloak(photo.pixels)[0], policy)
    if name == "HEIF":
        assert pillow_heif.open_heif(result).info["icc_profile"] == display_p3
    else:
        assert Image.open(io.BytesIO(result)).info["icc_profile"] == display_p3


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "HEIF", "AVIF"])
def test_pixels_without_a_change_give_the_file_back(name, scene, save):
    data = save(scene, name)
    photo = decode(data)
    assert encode(photo, photo.pixels.copy(), Policy.KEEP) == data


def test_palette_that_cannot_hold_the_cloak_is_expanded_and_told(modes, save, cloak):
    photo = decode(save(modes["P"], "PNG"))
    encoded = encode_with_notices(photo, cloak(photo.pixels)[0], Policy.KEEP)
    assert Image.open(io.BytesIO(encoded.data)).mode == "RGB"
    assert encoded.notices == ("colours_expanded",)


def test_transparent_palette_keeps_its_transparency(modes, save, cloak):
    photo = decode(save(modes["P"], "PNG", transparency=3))
    result = Image.open(io.BytesIO(encode(photo, cloak(photo.pixels)[0], Policy.KEEP)))
    before = Image.open(io.BytesIO(photo.source)).convert("RGBA")
    assert result.mode == "RGBA"
    assert result.getchannel("A").tobytes() == before.getchannel("A").tobytes()


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 3), (17, 16)])
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "HEIF", "AVIF"])
def test_tiny_photos_are_encoded(name, size, save):
    photo = decode(save(Image.new("RGB", size, (90, 120, 200)), name))
    pixels = photo.pixels + np.uint8(5)
    again = decode(encode(photo, pixels, Policy.STRIP_LOCATION))
    assert again.pixels.shape == pixels.shape
    assert np.abs(again.pixels.astype(int) - pixels).max() <= 12


@pytest.mark.parametrize("wrong", ["shape", "type"])
def test_pixels_of_another_shape_or_type_are_a_mistake(wrong, scene, save):
    photo = decode(save(scene, "PNG"))
    pixels = photo.pixels[1:] if wrong == "shape" else photo.pixels.astype(np.float32)
    with pytest.raises(ValueError, match="expected uint8"):
        encode(photo, pixels, Policy.KEEP)

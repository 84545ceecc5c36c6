"""HEIF and AVIF as JPEG, for sites that take no other kind of photo."""

from __future__ import annotations

import io

import numpy as np
import pillow_heif
import pytest
from PIL import ExifTags, Image, ImageCms, ImageOps

from fawkes_host.photo.containers.heif import with_colour_codes
from fawkes_host.photo.convert import to_jpeg
from fawkes_host.photo.decode import Limits, decode
from fawkes_host.photo.encode import encode, encode_with_notices
from fawkes_host.photo.media_types import replaced_by_jpeg
from fawkes_host.photo.metadata import Policy
from fawkes_host.photo.sandbox.client import CodecProcess
from fawkes_host.protocol.errors import AnimatedImage, TooManyPixels
from tests.photo.files_by_hand import exif_with_thumbnail, face_is_gone, read_exif

FORMATS = ("HEIF", "AVIF")
CONVERTED = "converted_to_jpeg"

P3_TO_SRGB = np.array([[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]])
"""Of linear light, as CSS Color 4 gives it."""


def converted(data: bytes, policy: Policy = Policy.KEEP):
    """Return the result, and Pillow's image of it, made upright as viewers do."""
    result = to_jpeg(decode(data), policy)
    image = Image.open(io.BytesIO(result.data))
    assert image.format == "JPEG"
    return result, ImageOps.exif_transpose(image)


@pytest.mark.parametrize(
    ("accept", "replaced"),
    [
        ((), set()),
        (("image/jpeg", "image/png"), {"HEIF", "AVIF"}),
        (("image/jpeg", "image/heic"), {"AVIF"}),
        (("image/jpeg", "image/heif"), {"AVIF"}),
        (("image/jpeg", "image/avif"), {"HEIF"}),
        (("image/png", "image/webp"), set()),
        (("image/heic", "image/avif"), set()),
    ],
)
def test_a_format_is_replaced_only_for_who_takes_jpeg_and_not_it(accept, replaced):
    assert replaced_by_jpeg(accept) == replaced


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("orientation", [1, 3, 6, 7, 8])
def test_it_is_displayed_the_same_way_up(name, orientation, scene, psnr):
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = scene.copy()
    turned.info["exif"] = exif.tobytes()
    expected = np.asarray(ImageOps.exif_transpose(turned))
    # An encoder that leaves the turning to properties, as cameras do.
    buffer = io.BytesIO()
    if name == "HEIF":
        pillow_heif.encode(
            "RGB", scene.size, scene.tobytes(), buffer, quality=90, exif=exif.tobytes()
        )
    else:
        scene.save(buffer, "AVIF", quality=90, speed=10, exif=exif)
    result, image = converted(buffer.getvalue())
    assert image.size == expected.shape[1::-1]
    assert psnr(np.asarray(image), expected) > 30
    assert decode(result.data).orientation == 1


def test_orientation_in_xmp_turns_nothing_either(scene, save):
    packet = (
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf"
        b"-syntax-ns#'><rdf:Description xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:Orientation"
        b'="6" tiff:Make="Kamerawerk"/></rdf:RDF></x:xmpmeta>'
    )
    result, image = converted(save(scene, "AVIF", quality=80, speed=10, xmp=packet))
    assert b"Kamerawerk" in result.data
    assert image.size == scene.size


@pytest.mark.parametrize("name", FORMATS)
def test_its_profile_is_kept(name, scene, save, display_p3):
    result, image = converted(save(scene, name, quality=80, icc_profile=display_p3))
    assert image.info["icc_profile"] == display_p3
    assert result.notices == (CONVERTED,)


@pytest.mark.parametrize("name", FORMATS)
def test_colours_told_by_numbers_become_a_profile(name, save):
    colour = np.array([200, 100, 110])
    data = save(Image.new("RGB", (64, 64), tuple(colour)), name, quality=95)
    plain = converted(data)[1]
    assert "icc_profile" not in plain.info

    image = converted(with_colour_codes(data, (12, 13)))[1]
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    shown = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"))
    light = ((colour / 255 + 0.055) / 1.055) ** 2.4
    expected = (1.055 * (P3_TO_SRGB @ light) ** (1 / 2.4) - 0.055) * 255
    assert np.abs(np.asarray(shown)[32, 32] - expected).max() < 3


@pytest.mark.parametrize("transfer", [16, 18], ids=["PQ", "HLG"])
def test_light_beyond_white_stays_in_its_own_format(transfer, scene, save):
    data = with_colour_codes(save(scene, "AVIF", quality=80, speed=10), (9, transfer))
    result = to_jpeg(decode(data), Policy.KEEP)
    assert (result.data, result.notices) == (data, ())


@pytest.mark.parametrize("name", FORMATS)
def test_metadata_is_carried_over_and_obeys_the_policy(name, placed, has_place, cloak):
    was = (
        read_exif(placed[name])
        if name == "HEIF"
        else Image.open(io.BytesIO(placed[name])).getexif()
    )
    for policy in Policy:
        source, _ = converted(placed[name], policy)
        photo = decode(source.data)
        for pixels in (photo.pixels, cloak(photo.pixels)[0]):
            data = encode(photo, pixels, policy)
            assert bool(has_place(data)) == (policy is Policy.KEEP)
            exif = read_exif(data)
            if policy is Policy.STRIP:
                assert not exif
                assert b"Ada Beispiel" not in data
            else:
                assert exif[ExifTags.Base.Make] == was[ExifTags.Base.Make]
                assert b"Ada Beispiel" in data
            if policy is Policy.KEEP:
                assert exif.get_ifd(0x8825)[2] == was.get_ifd(0x8825)[2]


def test_its_thumbnail_does_not_show_the_face_as_it_was(scene, save, cloak):
    source, _ = converted(save(scene, "HEIF", quality=90, exif=exif_with_thumbnail()))
    assert not face_is_gone(source.data)
    photo = decode(source.data)
    assert face_is_gone(encode(photo, cloak(photo.pixels)[0], Policy.KEEP))


def test_metadata_that_no_segment_holds_goes_and_is_told(scene, save):
    exif = Image.Exif()
    exif[0x010E] = "long" * 20_000
    result, image = converted(save(scene, "HEIF", quality=80, exif=exif.tobytes()))
    assert result.notices == (CONVERTED, "metadata_too_long")
    assert not image.getexif()


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_transparent_becomes_white(name, modes, save, psnr):
    result, image = converted(save(modes["RGBA"], name, quality=95))
    assert result.notices == (CONVERTED, "transparency_removed")
    white = Image.new("RGBA", image.size, "white")
    expected = Image.alpha_composite(white, modes["RGBA"]).convert("RGB")
    assert psnr(np.asarray(image), np.asarray(expected)) > 28
    assert np.asarray(image)[:2].min() > 240
    opaque = modes["RGBA"].copy()
    opaque.putalpha(255)
    assert converted(save(opaque, name, quality=95))[0].notices == (CONVERTED,)


@pytest.mark.parametrize("depth", [10, 12])
def test_depth_beyond_8_bits_is_lost_and_told(depth, scene, psnr):
    samples = np.asarray(scene).astype(np.uint16) * 257
    buffer = io.BytesIO()
    file = pillow_heif.from_bytes("RGB;16", scene.size, samples.tobytes())
    file.save(buffer, quality=90, bit_depth=depth)
    result, image = converted(buffer.getvalue())
    assert result.notices == ("bit_depth_reduced", CONVERTED)
    assert psnr(np.asarray(image), np.asarray(scene)) > 30


@pytest.mark.parametrize("name", FORMATS)
def test_grey_stays_grey(name, modes, save):
    options = {"subsampling": "4:0:0"} if name == "AVIF" else {}
    data = save(modes["L"], name, quality=80, **options)
    assert converted(data)[1].mode == "L"


@pytest.mark.parametrize("chroma", [420, 444])
def test_chroma_is_sampled_as_it_was(chroma, scene, save):
    image = Image.open(
        io.BytesIO(converted(save(scene, "HEIF", quality=80, chroma=chroma))[0].data)
    )
    across = image.layer[0][1]
    assert across == (2 if chroma == 420 else 1)


def test_second_pictures_are_told_and_thumbnails_are_not(scene, save):
    assert converted(save(scene, "HEIF", quality=80, thumbnails=[64]))[0].notices == (CONVERTED,)
    file = pillow_heif.from_pillow(scene)
    file.add_from_pillow(scene.rotate(180))
    buffer = io.BytesIO()
    file.save(buffer, quality=80)
    result, _ = converted(buffer.getvalue())
    assert result.notices == ("companion_pictures_removed", CONVERTED)


def test_a_jpeg_of_it_is_cloaked_as_any_jpeg(scene, save, cloak, psnr):
    photo = decode(converted(save(scene, "HEIF", quality=80))[0].data)
    changed, touched = cloak(photo.pixels)
    result = encode_with_notices(photo, changed, Policy.KEEP)
    assert result.notices == ()
    after = decode(result.data).pixels
    assert psnr(after[~touched], photo.pixels[~touched]) > 40


def test_the_codec_process_converts_within_its_limits(scene, save):
    codecs = CodecProcess()
    try:
        data = save(scene, "HEIF", quality=80)
        converted = codecs.to_jpeg(data, Policy.KEEP)
        assert converted == to_jpeg(decode(data), Policy.KEEP)
        # It is then decoded, changed and encoded like a photo that came as a JPEG.
        photo = codecs.decode(converted.data)
        pixels = photo.pixels.copy()
        pixels[40:80, 40:80] //= 2
        assert codecs.encode_with_notices(photo, pixels, Policy.KEEP) == encode_with_notices(
            decode(converted.data), pixels, Policy.KEEP
        )
        with pytest.raises(TooManyPixels):
            codecs.to_jpeg(data, Policy.KEEP, Limits(max_pixels=100))
        frames = io.BytesIO()
        scene.save(frames, "AVIF", save_all=True, append_images=[scene.rotate(9)], speed=10)
        with pytest.raises(AnimatedImage):
            codecs.to_jpeg(frames.getvalue(), Policy.KEEP)
    finally:
        codecs.close()

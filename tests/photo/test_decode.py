from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from fawkes_host.photo import scrub
from fawkes_host.photo.animation import pass_through
from fawkes_host.photo.containers import webp
from fawkes_host.photo.decode import Limits, decode
from fawkes_host.photo.encode import encode_with_notices
from fawkes_host.photo.metadata import Policy
from fawkes_host.protocol.errors import (
    AnimatedImage,
    DamagedImage,
    EmptyInput,
    FawkesError,
    NotAnImage,
    TooManyBytes,
    TooManyPixels,
)
from tests.photo.files_by_hand import add_chunks, box

LOSSLESS = ["PNG", "BMP", "TIFF"]
LOSSY = ["JPEG", "WEBP", "HEIF", "AVIF"]
SAVE_OPTIONS = {"AVIF": {"quality": 80, "speed": 10}, "HEIF": {"quality": 80}}


@pytest.fixture(scope="module")
def files(scene, save):
    return {
        name: save(scene, name, **SAVE_OPTIONS.get(name, {"quality": 90} if name == "JPEG" else {}))
        for name in LOSSLESS + LOSSY
    }


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_formats_give_the_pixels_that_were_saved(name, files, scene):
    photo = decode(files[name])
    assert photo.format == name
    assert (photo.width, photo.height) == scene.size
    assert np.array_equal(photo.pixels, np.asarray(scene))


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_formats_give_nearly_the_pixels_that_were_saved(name, files, scene, psnr):
    photo = decode(files[name])
    assert photo.format == name
    assert photo.pixels.shape == (scene.height, scene.width, 3)
    assert photo.pixels.dtype == np.uint8
    assert psnr(photo.pixels, np.asarray(scene)) > 30


def test_pixels_cannot_be_written_to(files):
    with pytest.raises(ValueError, match="read-only"):
        decode(files["PNG"]).pixels[0, 0] = 0


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(name, orientation, scene, save):
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = decode(save(scene, name, exif=exif, quality=100, lossless=True))
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(photo.source))).convert("RGB")
    assert np.array_equal(photo.pixels, np.asarray(expected))
    assert photo.orientation == orientation


@pytest.mark.parametrize("name", ["HEIF", "AVIF"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 7, 8])
def test_rotation_properties_are_applied(name, orientation, scene, save, psnr):
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = scene.copy()
    turned.info["exif"] = exif.tobytes()
    buffer = io.BytesIO()
    if name == "HEIF":
        pillow_heif.encode(
            "RGB", scene.size, scene.tobytes(), buffer, quality=90, exif=exif.tobytes()
        )
    else:
        scene.save(buffer, "AVIF", quality=90, speed=10, exif=exif)
    photo = decode(buffer.getvalue())
    expected = np.asarray(ImageOps.exif_transpose(turned))
    assert photo.pixels.shape == expected.shape
    assert psnr(photo.pixels, expected) > 30


@pytest.mark.parametrize("name", ["PNG", "TIFF"])
@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1"])
def test_every_mode_becomes_rgb(name, mode, modes, save):
    image = modes[mode]
    assert np.array_equal(decode(save(image, name)).pixels, np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("name", ["JPEG", "TIFF"])
def test_inks_become_light(name, modes, save, psnr):
    photo = decode(save(modes["CMYK"], name))
    assert psnr(photo.pixels, np.asarray(modes["CMYK"].convert("RGB"))) > 30


@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_of_16_bits_the_upper_8_are_shown(name, modes, save):
    deep = np.asarray(modes["I;16"])
    pixels = decode(save(modes["I;16"], name)).pixels
    assert np.array_equal(pixels, np.repeat((deep >> 8)[..., None], 3, axis=2))


def test_empty_input_has_its_own_error():
    with pytest.raises(EmptyInput):
        decode(b"")


@pytest.mark.parametrize(
    "data",
    [
        b"This is not a photo, whatever its name says.\n" * 40,
        b"BM is how this letter begins, and it goes on as letters do, for a while at least.",
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        b"%PDF-1.7\n" + bytes(200),
        b"PK\x03\x04" + bytes(200),
        b"\0\0\0\x20ftypisom" + bytes(200),
        b"RIFF\x10\0\0\0WAVEfmt " + bytes(20),
        b"\xff",
    ],
    ids=["text", "letter", "svg", "pdf", "zip", "video", "sound", "one byte"],
)
def test_what_is_no_photo_is_told_by_content(data):
    with pytest.raises(NotAnImage):
        decode(data)


@pytest.mark.parametrize("comment", [b"", b"PK\x05\x06" + bytes(40)])
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_a_photo_that_is_an_archive_too_is_no_photo(name, comment, files):
    buffer = io.BytesIO(files[name])
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("Payload.class", b"\xca\xfe\xba\xbe" * 30)
        archive.comment = comment
    data = buffer.getvalue()
    assert data.startswith(files[name])
    with pytest.raises(NotAnImage):
        decode(data)
    with pytest.raises(NotAnImage):
        scrub.apply(data, Policy.KEEP)


@pytest.mark.parametrize("mark", [b"Rar!\x1a\x07\0", b"Rar!\x1a\x07\1\0", b"7z\xbc\xaf\x27\x1c"])
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_a_photo_with_an_archive_behind_it_is_no_photo(name, mark, files):
    with pytest.raises(NotAnImage):
        decode(files[name] + mark + bytes(40))
    decode(files[name] + mark[:-3] + bytes(40))


def test_a_photo_that_is_a_document_too_is_no_photo(scene, save):
    with pytest.raises(NotAnImage):
        decode(save(scene, "JPEG", comment=b"\n%PDF-1.7\n1 0 obj"))
    decode(save(scene, "JPEG", comment=b"PK\x05\x06 and PDF- are but letters"))


@pytest.mark.parametrize("name", LOSSLESS + LOSSY)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.97])
def test_a_cut_off_file_is_damaged_and_not_half_a_photo(name, share, files):
    if name == "JPEG" and share > 0.9:
        pytest.skip("browsers show it, and so it is cloaked: test_dialects")
    with pytest.raises(FawkesError) as failure:
        decode(files[name][: max(16, int(len(files[name]) * share))])
    assert isinstance(failure.value, DamagedImage), failure.value


def _png_header(width: int, height: int) -> bytes:
    ihdr = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + ihdr + struct.pack(">I", zlib.crc32(ihdr))
    return b"\x89PNG\r\n\x1a\n" + chunk + bytes.fromhex("0000000049454e44ae426082")


def _jpeg_header(width: int, height: int) -> bytes:
    return (
        b"\xff\xd8\xff\xc0"
        + struct.pack(">HBHHB", 17, 8, height, width, 3)
        + bytes([1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1])
    )


def _bmp_header(width: int, height: int) -> bytes:
    return b"BM" + struct.pack(
        "<IIIIiiHHIIiiII", 0, 0, 54, 40, width, height, 1, 1, 1, 0, 0, 0, 0, 0
    )


def _webp_header(width: int, height: int) -> bytes:
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4)
    body += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _tiff_header(width: int, height: int) -> bytes:
    entries = [
        struct.pack("<HHII", tag, 4, 1, value) for tag, value in ((256, width), (257, height))
    ]
    return b"II*\0" + struct.pack("<IH", 8, 2) + b"".join(entries) + bytes(4)


@pytest.mark.parametrize(
    "make", [_png_header, _jpeg_header, _bmp_header, _webp_header, _tiff_header]
)
def test_a_bomb_is_refused_by_its_header_alone(make):
    """There are no pixels behind these headers, so only the header can have been read."""
    with pytest.raises(TooManyPixels) as failure:
        decode(make(30_000, 30_000))
    assert failure.value.parameters == {"width": 30000, "height": 30000, "limit": 100_000_000}


@pytest.mark.parametrize("name", ["HEIF", "AVIF"])
def test_a_bomb_in_boxes_is_refused_by_its_size_property(name, files):
    bomb = bytearray(files[name])
    position = bomb.index(b"ispe") + 8
    bomb[position : position + 8] = struct.pack(">II", 30_000, 30_000)
    with pytest.raises(TooManyPixels):
        decode(bytes(bomb))


def test_pictures_in_endless_pieces_are_refused():
    """Pieces of no bytes at positions of no bytes: only their number is left to be limited."""

    def box(kind: bytes, payload: bytes) -> bytes:
        return struct.pack(">I", 8 + len(payload)) + kind + payload

    item = struct.pack(">HHH", 1, 0, 0xFFFF)
    iloc = box(b"iloc", bytes(4) + b"\0\0" + struct.pack(">H", 20) + item * 20)
    pitm = box(b"pitm", bytes(4) + b"\0\1")
    iinf = box(b"iinf", bytes(4) + b"\0\0")
    data = box(b"ftyp", b"heic\0\0\0\0") + box(b"meta", bytes(4) + pitm + iloc + iinf)
    with pytest.raises(DamagedImage) as failure:
        scrub.apply(data, Policy.STRIP)
    assert "pieces" in str(failure.value)


def test_limits_are_those_of_the_caller(files, scene):
    data = files["PNG"]
    pixels = scene.width * scene.height
    with pytest.raises(TooManyBytes):
        decode(data, Limits(max_bytes=len(data) - 1))
    with pytest.raises(TooManyPixels):
        decode(data, Limits(max_pixels=pixels - 1))
    decode(data, Limits(max_bytes=len(data), max_pixels=pixels))


@pytest.mark.parametrize("name", ["GIF", "PNG", "WEBP", "AVIF", "TIFF"])
def test_animations_are_told_with_their_frames(name, scene, save):
    frames = [scene.rotate(angle) for angle in (10, 20)]
    options = {"speed": 10} if name == "AVIF" else {}
    data = save(scene, name, save_all=True, append_images=frames, **options)
    with pytest.raises(AnimatedImage) as failure:
        decode(data)
    assert failure.value.parameters == {"frames": 3}


def test_a_sequence_of_heif_is_passed_on_with_its_frames_told(scene, save):
    """No encoder here writes one, so a movie's list of samples is put behind a still picture."""
    still = save(scene, "HEIF", quality=80)
    samples = box(b"stsz", bytes(8) + struct.pack(">I3I", 3, 100, 90, 80))
    track = box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", samples))))
    brands = box(b"ftyp", b"hevc" + bytes(4) + b"msf1hevcmif1heic")
    data = brands + still[int.from_bytes(still[:4], "big") :] + box(b"moov", track)
    with pytest.raises(AnimatedImage) as failure:
        decode(data)
    assert failure.value.parameters == {"frames": 3}
    passed = pass_through(data, Policy.KEEP, failure.value)
    assert (passed.data, passed.notices) == (data, ("animation_untouched",))


def one_frame_webp(save, scene) -> bytes:
    """A WebP whose only picture is the frame of an animation."""
    chunks, _ = webp.parse(save(scene, "WEBP", quality=80))
    size = b"".join((side - 1).to_bytes(3, "little") for side in scene.size)
    frame = bytes(6) + size + bytes(4) + b"".join(chunk.to_bytes() for chunk in chunks)
    head = webp.Chunk(b"VP8X", bytes([webp.ANIMATION_FLAG, 0, 0, 0]) + size)
    animation = [head, webp.Chunk(b"ANIM", bytes(6)), webp.Chunk(b"ANMF", frame)]
    return webp.to_bytes(animation)


def with_frames(announced: int, there: int) -> Callable[..., bytes]:
    def make(save, scene) -> bytes:
        chunks = [(b"acTL", struct.pack(">II", announced, 0))]
        for number in range(there):
            chunks.append((b"fcTL", struct.pack(">5I2H2B", number, *scene.size, 0, 0, 1, 1, 0, 0)))
        return add_chunks(save(scene, "PNG"), *chunks)

    return make


def branded(name: str, brand: bytes) -> Callable[..., bytes]:
    def make(save, scene) -> bytes:
        data = save(scene, name, quality=80)
        return data[:8] + brand + data[12:]

    return make


STILLS: dict[str, Callable[..., bytes]] = {
    "a PNG of one frame": with_frames(1, 1),
    "a PNG that promises more frames than it has": with_frames(5, 1),
    "a PNG that promises frames and has none": with_frames(3, 0),
    "a WebP of one frame": one_frame_webp,
    **{f"a HEIF as {brand}": branded("HEIF", brand.encode()) for brand in
       ["hevc", "hevx", "heim", "heis", "hevm", "hevs", "msf1", "mif2", "isom", "mp42"]},
    **{f"an AVIF as {brand}": branded("AVIF", brand.encode()) for brand in
       ["avis", "msf1", "mif1", "iso8"]},
}  # fmt: skip


@pytest.mark.parametrize("name", STILLS)
def test_a_still_that_says_it_is_animated_is_a_photo(name, scene, save, psnr):
    data = STILLS[name](save, scene)
    photo = decode(data)
    assert psnr(photo.pixels, np.asarray(scene)) > 30
    pixels = photo.pixels.copy()
    pixels[:16, :16] = (255, 0, 255)
    cloaked = encode_with_notices(photo, pixels, Policy.KEEP).data
    assert psnr(decode(cloaked).pixels, pixels) > 25
    if "HEIF" not in name:
        with Image.open(io.BytesIO(cloaked)) as shown:
            assert psnr(np.asarray(shown.convert("RGB")), pixels) > 25


def still_gif(save, scene, transparent: bool) -> bytes:
    """A GIF that does not move, with a comment and where it was made; perhaps transparent."""
    picture = scene.quantize(255)
    options = {"comment": b"by the lake", "transparency": 255} if transparent else {}
    if transparent:
        picture.paste(255, (0, 0, 30, 20))
    return save(picture, "GIF", **options)


@pytest.mark.parametrize("transparent", [False, True])
def test_a_still_gif_is_a_photo_and_becomes_a_png_when_it_changes(transparent, scene, save):
    data = still_gif(save, scene, transparent)
    photo = decode(data)
    with Image.open(io.BytesIO(data)) as shown:
        assert np.array_equal(photo.pixels, np.asarray(shown.convert("RGB")))
        alpha = np.asarray(shown.convert("RGBA"))[..., 3]
    assert encode_with_notices(photo, photo.pixels, Policy.KEEP).data == data
    pixels = photo.pixels.copy()
    pixels[40:80, 40:80] ^= 3
    cloaked = encode_with_notices(photo, pixels, Policy.KEEP)
    assert cloaked.notices == ("converted_to_png",)
    with Image.open(io.BytesIO(cloaked.data)) as shown:
        assert shown.format == "PNG"
        assert shown.info.get("Comment") == ("by the lake" if transparent else None)
        assert np.array_equal(np.asarray(shown.convert("RGBA"))[..., 3], alpha)
    assert np.array_equal(decode(cloaked.data).pixels, pixels)


def test_a_gif_whose_picture_leaves_its_screen_is_judged_by_the_picture(scene, save):
    data = bytearray(save(scene.quantize(16), "GIF"))
    data[6:10] = struct.pack("<2H", 1, 1)
    with pytest.raises(TooManyPixels):
        decode(bytes(data), Limits(max_pixels=100))
    assert decode(bytes(data)).pixels.shape == (scene.height, scene.width, 3)


@pytest.mark.slow
def test_almost_a_hundred_megapixels_decode_without_a_warning(save):
    photo = decode(save(Image.new("1", (9_900, 10_000)), "PNG"))
    assert photo.pixels.shape == (10_000, 9_900, 3)


@settings(max_examples=150, deadline=None)
@given(head=st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"BM",
                             b"RIFF\xff\0\0\0WEBP", b"\0\0\0\x18ftypheic", b"\0\0\0\x18ftypavif"]),
       tail=st.binary(max_size=400))  # fmt: skip
def test_arbitrary_bytes_raise_nothing_but_coded_errors(head, tail):
    with pytest.raises(FawkesError):
        decode(head + tail)


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_flipped_bytes_raise_nothing_but_coded_errors(data, files):
    name = data.draw(st.sampled_from(LOSSLESS + LOSSY))
    damaged = bytearray(files[name])
    spot = st.one_of(st.integers(0, min(600, len(damaged) - 1)), st.integers(0, len(damaged) - 1))
    for position in data.draw(st.lists(spot, min_size=1, max_size=6)):
        damaged[position] = data.draw(st.integers(0, 255))
    try:
        decode(bytes(damaged), Limits(max_pixels=1_000_000))
    except FawkesError:
        return

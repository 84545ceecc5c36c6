"""Small copies of the photo, which show the face as it was."""

from __future__ import annotations

import io
import struct

import numpy as np
import pillow_heif
import pytest
from PIL import ExifTags, Image

from fawkes_host.photo.containers import jpeg
from fawkes_host.photo.containers.heif import HeifFile
from fawkes_host.photo.decode import decode
from fawkes_host.photo.encode import encode, encode_with_notices
from fawkes_host.photo.metadata import Policy
from tests.photo.files_by_hand import (
    FACE,
    RESOURCES,
    add_chunks,
    add_segments,
    exif_with_thumbnail,
    face_is_gone,
    read_exif,
    resource,
)


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_exif_thumbnail_goes_with_the_pixels_it_shows(name, policy, scene, save, cloak):
    data = save(scene, name, quality=90)
    if name == "HEIF":
        data = save(scene, name, quality=90, exif=exif_with_thumbnail())
    elif name == "JPEG":
        data = add_segments(data, (jpeg.APP1, exif_with_thumbnail()))
    elif name == "PNG":
        data = add_chunks(data, (b"eXIf", exif_with_thumbnail()[6:]))
    else:
        data = save(scene, name, exif=exif_with_thumbnail(), quality=90)
    assert not face_is_gone(data)
    photo = decode(data)
    result = encode(photo, cloak(photo.pixels)[0], policy)
    assert face_is_gone(result)
    assert not read_exif(result).get_ifd(ExifTags.IFD.IFD1)
    assert decode(result).orientation == 1
    assert not face_is_gone(encode(photo, photo.pixels, Policy.KEEP))


@pytest.mark.parametrize(
    "segment",
    [
        (jpeg.APP0, b"JFXX\0\x10" + FACE),
        (jpeg.APP2, b"FPXR\0" + FACE),
        (jpeg.APP13, RESOURCES.encode() + resource(0x040C, bytes(28) + FACE)),
        (0xE4, b"Vendor\0" + FACE),
    ],
    ids=["JFIF extension", "FlashPix", "Photoshop", "vendor"],
)
def test_previews_in_segments_go_too(segment, scene, save, cloak):
    photo = decode(add_segments(save(scene, "JPEG"), segment))
    assert not face_is_gone(photo.source)
    assert face_is_gone(encode(photo, cloak(photo.pixels)[0], Policy.KEEP))


def test_previews_in_xmp_go_too(scene, save, cloak):
    import base64

    code = base64.b64encode(FACE).decode()
    packet = (
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/"
        "22-rdf-syntax-ns#'><rdf:Description xmlns:i='http://ns.google.com/photos/1.0/image/' "
        f"xmlns:v='urn:vendor' i:Mime='image/jpeg' i:Data='{code}' v:Copy='{code}'>"
        f"<v:Other>{code}</v:Other><v:Name>kept</v:Name></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    photo = decode(save(scene, "WEBP", xmp=packet.encode()))
    result = encode(photo, cloak(photo.pixels)[0], Policy.KEEP)
    assert code.encode() not in result
    assert b"<v:Name>kept</v:Name>" in result


def test_maker_note_with_a_preview_goes_and_one_without_stays(scene, save, cloak):
    for note, stays in ((b"Maker\0\0" + FACE, False), (b"Maker\0\0" + b"shutter 12", True)):
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x927C] = note
        photo = decode(save(scene, "JPEG", exif=exif))
        result = encode(photo, cloak(photo.pixels)[0], Policy.KEEP)
        assert (note in result) == stays


def test_pages_and_layers_of_a_tiff_go_when_the_face_is_cloaked(scene, save, cloak):
    small = scene.resize((40, 30))
    buffer = io.BytesIO()
    scene.save(buffer, "TIFF", save_all=True, append_images=[small],
               tiffinfo={37724: b"Adobe Photoshop layers" + FACE})  # fmt: skip
    data = bytearray(buffer.getvalue())
    from fawkes_host.photo.containers.tiff import TiffFile

    page = TiffFile(bytes(data)).chain()[1]
    entry = page.entries[0]
    struct.pack_into("<HHII", data, entry.position, 254, 4, 1, 1)  # a reduced copy of the first
    photo = decode(bytes(data))
    strip = small.tobytes()[:600]
    assert strip in photo.source
    encoded = encode_with_notices(photo, cloak(photo.pixels)[0], Policy.KEEP)
    assert encoded.notices == ("layers_removed", "thumbnail_removed")
    assert strip not in encoded.data
    assert face_is_gone(encoded.data)
    assert len(TiffFile(encoded.data).chain()) == 1


@pytest.mark.parametrize("policy", list(Policy))
def test_thumbnails_of_heif_are_made_anew_or_stripped(policy, scene, psnr):
    large = scene.resize((640, 480))
    file = pillow_heif.from_pillow(large)
    file[0].info["thumbnails"] = [160]
    buffer = io.BytesIO()
    file.save(buffer, quality=60)
    photo = decode(buffer.getvalue())
    pixels = photo.pixels.copy()
    pixels[100:380, 200:480] = (250, 20, 20)
    encoded = encode_with_notices(photo, pixels, policy)
    again = pillow_heif.open_heif(encoded.data)
    assert encoded.notices == ()
    assert again.info["thumbnails"] == ([] if policy is Policy.STRIP else [160])
    if policy is not Policy.STRIP:
        items = HeifFile(encoded.data)
        (thumbnail,) = items.thumbnail_items()
        # Named the primary picture, it is what a reader shows.
        swapped = bytearray(encoded.data)
        position = encoded.data.index(b"pitm") + 8
        swapped[position : position + 2] = thumbnail.to_bytes(2, "big")
        small = pillow_heif.open_heif(bytes(swapped)).to_pillow()
        wanted = Image.fromarray(pixels).resize(small.size)
        assert psnr(np.asarray(small), np.asarray(wanted)) > 25


def test_jfif_and_photoshop_thumbnails_are_made_anew(scene, save, psnr):
    old = scene.resize((60, 45))
    payload = struct.pack(">6I2H", 1, 60, 45, 180, 8100, 900, 24, 1) + save(old, "JPEG")
    data = save(scene, "JPEG")
    jfif = data[6:18] + bytes([60, 45]) + old.tobytes()
    extension = b"JFXX\0\x10" + save(old, "JPEG")
    rest = data[20:]
    data = data[:2] + b"".join(
        jpeg.Segment(marker, content).to_bytes()
        for marker, content in (
            (jpeg.APP0, jfif),
            (jpeg.APP0, extension),
            (jpeg.APP13, RESOURCES.encode() + resource(0x040C, payload)),
        )
    ) + rest  # fmt: skip
    photo = decode(data)
    pixels = photo.pixels.copy()
    pixels[30:100, 40:120] = (250, 20, 20)
    encoded = encode_with_notices(photo, pixels, Policy.KEEP)
    assert encoded.notices == ()
    first, second, third = (s for s in jpeg.parse(encoded.data).head if s.is_metadata)
    wanted = np.asarray(Image.fromarray(pixels).resize((60, 45)))
    raw = np.frombuffer(first.payload[14:], np.uint8).reshape(45, 60, 3)
    start = third.payload.index(b"\xff\xd8")
    shown = [raw, *(np.asarray(Image.open(io.BytesIO(code)))
                    for code in (second.payload[6:], third.payload[start:]))]  # fmt: skip
    assert struct.unpack_from(">II", third.payload, start - 24) == shown[2].shape[1::-1]
    for picture in shown:
        assert picture.shape[0] == 45
        assert psnr(picture[:, :59], wanted[:, :59] if picture.shape[1] == 60 else
                    np.asarray(Image.fromarray(pixels).resize((59, 45)))) > 22  # fmt: skip
    stripped = encode_with_notices(photo, pixels, Policy.STRIP)
    assert len(stripped.data) < len(encoded.data) - 60 * 45 * 3

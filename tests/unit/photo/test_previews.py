"""Small copies of the photo, which show the face as it was."""

from __future__ import annotations

import io
import struct

import pillow_heif
import pytest
from files_by_hand import (
    FACE,
    RESOURCES,
    add_chunks,
    add_segments,
    exif_with_thumbnail,
    face_is_gone,
    read_exif,
    resource,
)
from PIL import ExifTags, Image

from fawkes_host.engine.containers import jpeg
from fawkes_host.engine.decode import decode
from fawkes_host.engine.encode import encode, encode_with_notices
from fawkes_host.engine.metadata import Policy


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
    from fawkes_host.engine.containers.tiff import TiffFile

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


def test_thumbnails_of_heif_go_when_the_face_is_cloaked(scene, cloak):
    large = scene.resize((640, 480))
    file = pillow_heif.from_pillow(large)
    file[0].info["thumbnails"] = [160]
    buffer = io.BytesIO()
    file.save(buffer, quality=60)
    photo = decode(buffer.getvalue())
    encoded = encode_with_notices(photo, cloak(photo.pixels)[0], Policy.KEEP)
    assert pillow_heif.open_heif(photo.source).info["thumbnails"] == [160]
    assert pillow_heif.open_heif(encoded.data).info["thumbnails"] == []
    assert encoded.notices == ("companion_pictures_removed",)

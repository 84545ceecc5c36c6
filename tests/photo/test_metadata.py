from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from fawkes_host.photo import scrub
from fawkes_host.photo.containers import jpeg, png
from fawkes_host.photo.decode import decode
from fawkes_host.photo.encode import encode
from fawkes_host.photo.metadata import Policy
from tests.photo.files_by_hand import add_segments, read_exif

NAMES = ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"]


@pytest.mark.parametrize("name", NAMES)
def test_the_files_of_these_tests_do_tell_the_place(name, placed, has_place):
    assert read_exif(placed[name]).get_ifd(0x8825)
    assert len(has_place(placed[name])) >= 2


@pytest.mark.parametrize("name", NAMES)
def test_no_trace_of_the_place_is_left(name, placed, has_place):
    result = scrub.apply(placed[name], Policy.STRIP_LOCATION)
    assert not has_place(result)
    exif = read_exif(result)
    assert not exif.get_ifd(0x8825)
    assert 0x8825 not in exif
    if name == "PNG":
        compressed = [c.payload for c in png.parse(result)[0] if c.kind == b"iTXt"]
        assert len(compressed) == 1
        text = Image.open(io.BytesIO(result)).text
        assert not has_place("".join(text.values()).encode())


@pytest.mark.parametrize("name", NAMES)
def test_the_rest_stays_when_the_place_goes(name, placed):
    result = scrub.apply(placed[name], Policy.STRIP_LOCATION)
    exif = read_exif(result)
    assert exif[0x010F] == "Kamerawerk"
    assert exif.get_ifd(0x8769)[0x9003] == "2024:05:06 07:08:09"
    if name == "PNG":
        text = Image.open(io.BytesIO(result)).text
        assert text["Author"] == "Ada Beispiel"
        assert "<rdf:li>Ada Beispiel</rdf:li>" in text["XML:com.adobe.xmp"]
    else:
        assert b"<rdf:li>Ada Beispiel</rdf:li>" in result
    if name == "JPEG":
        assert b"Ada Beispiel took it" in result
        assert b"\x1c\x02\x50\x00\x0cAda Beispiel" in result  # IPTC's author


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("name", NAMES)
def test_no_pixel_changes(name, policy, placed):
    before, after = decode(placed[name]), decode(scrub.apply(placed[name], policy))
    assert np.array_equal(before.pixels, after.pixels)


@pytest.mark.parametrize("name", NAMES)
def test_strip_leaves_nothing_but_the_picture(name, placed, has_place):
    result = scrub.apply(placed[name], Policy.STRIP)
    assert not has_place(result)
    for trace in (b"Kamerawerk", b"2024:05:06", b"Ada Beispiel", b"Credit"):
        assert trace not in result
    assert len(result) <= len(placed[name])


@pytest.mark.parametrize("name", NAMES)
def test_keep_keeps_every_byte(name, placed):
    assert scrub.apply(placed[name], Policy.KEEP) == placed[name]


@pytest.mark.parametrize("policy", [Policy.STRIP_LOCATION, Policy.STRIP])
@pytest.mark.parametrize("name", [*NAMES, "BMP"])
def test_where_nothing_is_to_be_removed_not_a_byte_changes(name, policy, scene, save):
    data = save(scene, name)
    assert scrub.apply(data, policy) == data


@pytest.mark.parametrize("name", NAMES)
def test_metadata_without_a_place_stays_byte_for_byte(name, placed):
    once = scrub.apply(placed[name], Policy.STRIP_LOCATION)
    assert scrub.apply(once, Policy.STRIP_LOCATION) == once


@pytest.mark.parametrize("name", NAMES)
def test_a_cloaked_photo_does_not_tell_the_place_either(name, placed, cloak, has_place):
    photo = decode(placed[name])
    pixels, _ = cloak(photo.pixels)
    result = encode(photo, pixels, Policy.STRIP_LOCATION)
    assert not has_place(result)
    assert read_exif(result)[0x010F] == "Kamerawerk"
    kept = encode(photo, pixels, Policy.KEEP)
    assert read_exif(kept).get_ifd(0x8825)[2] == read_exif(placed[name]).get_ifd(0x8825)[2]
    stripped = encode(photo, pixels, Policy.STRIP)
    assert b"Kamerawerk" not in stripped
    assert not has_place(stripped)


@pytest.mark.parametrize("policy", [Policy.STRIP_LOCATION, Policy.STRIP])
def test_orientation_and_profile_survive_every_policy(policy, scene, save, display_p3):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Kamerawerk"
    for name in ("JPEG", "PNG", "WEBP", "TIFF"):
        data = save(scene, name, exif=exif, icc_profile=display_p3)
        result = Image.open(io.BytesIO(scrub.apply(data, policy)))
        assert result.getexif()[0x0112] == 6
        assert result.info["icc_profile"] == display_p3


def test_maker_notes_go_unless_their_maker_writes_no_place(scene, save):
    from fawkes_host.photo.containers.tiff import TiffFile

    def scrubbed(note: bytes) -> tuple[bytes, tuple[str, ...]]:
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x927C] = note
        result = scrub.scrub(save(scene, "JPEG", exif=exif), Policy.STRIP_LOCATION)
        TiffFile(read_exif(result.data).tobytes()[6:])
        return result.data, result.notices

    data, notices = scrubbed(b"Panasonic\0\0\0" + b"city: Quellenhausen")
    assert b"Quellenhausen" not in data
    assert notices == ("maker_note_removed",)
    data, notices = scrubbed(b"Apple iOS\0\0\1MM" + b"gain 1.5")
    assert b"gain 1.5" in data
    assert not notices


def test_unreadable_metadata_goes_whole(scene, save):
    broken = b"Exif\0\0" + b"MM\0*\0\0\0\x08\x00\xff" + b"Quellenhausen"
    entity = b'<!DOCTYPE a [<!ENTITY e "Quellenhausen">]><a>&e;</a>'
    unclosed = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>Quellenhausen"
    name = b"http://ns.adobe.com/xap/1.0/\0"
    for segment in (broken, name + entity, name + unclosed):
        data = add_segments(save(scene, "JPEG"), (jpeg.APP1, segment))
        result = scrub.scrub(data, Policy.STRIP_LOCATION)
        assert b"Quellenhausen" not in result.data
        assert result.notices == ("metadata_unreadable",)


def test_unreadable_exif_leaves_its_orientation(scene, save, cloak):
    """Viewers read as far as they can, so the photo must not lie on its side afterwards."""
    orientation = struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0)
    cut_off = struct.pack(">HHII", 33723, 7, 4000, 38)  # IPTC with a city, the end of it missing
    structure = b"MM\0*" + struct.pack(">IH", 8, 2) + orientation + cut_off + bytes(4)
    broken = b"Exif\0\0" + structure + b"\x1c\x02\x50\x00\x03Ada\x1c\x02\x5a\x00\x04City"
    photo = decode(add_segments(save(scene, "JPEG"), (jpeg.APP1, broken)))
    assert photo.orientation == 6
    for policy in Policy:
        assert decode(scrub.apply(photo.source, policy)).orientation == 6
        assert decode(encode(photo, cloak(photo.pixels)[0], policy)).orientation == 6
    assert scrub.scrub(photo.source, Policy.STRIP_LOCATION).notices == ("metadata_unreadable",)


@pytest.mark.parametrize("policy", list(Policy))
def test_tags_that_point_into_their_own_directory_destroy_nothing(policy, scene, save, cloak):
    from fawkes_host.photo.containers.tiff import TiffFile

    file = TiffFile(save(scene, "TIFF", tiffinfo={0x010F: "Kamerawerk", 0x0110: "Modell Neun"}))
    page = file.chain()[0]
    for tag, new_tag, kind, count in ((0x010F, 0x8825, 4, 1), (0x0110, 0x0111, 2, 1 << 31)):
        entry = page.find(tag)
        struct.pack_into("<HHII", file.data, entry.position, new_tag, kind, count, page.offset)
    data = bytes(file.data)
    photo = decode(data)
    assert np.array_equal(decode(scrub.apply(data, policy)).pixels, photo.pixels)
    pixels, _ = cloak(photo.pixels)
    assert np.array_equal(decode(encode(photo, pixels, policy)).pixels, pixels)


def test_extended_xmp_is_cleaned_and_still_found(scene, save):
    import hashlib

    filler = "".join(f"<d:n{i}>{i * 7919}</d:n{i}>" for i in range(6000))
    extended = (
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/"
        "22-rdf-syntax-ns#'><rdf:Description xmlns:d='urn:d' xmlns:exif="
        f"'http://ns.adobe.com/exif/1.0/' exif:GPSLatitude='52,31.4159N'>{filler}"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()
    name = hashlib.md5(extended).hexdigest().upper().encode()
    main = b"<x:xmpmeta xmlns:x='adobe:ns:meta/' xmlns:n='urn:n' n:HasExtendedXMP='%s'/>" % name
    prefix = b"http://ns.adobe.com/xmp/extension/\0" + name + struct.pack(">I", len(extended))
    parts = [
        (jpeg.APP1, prefix + struct.pack(">I", start) + extended[start : start + 60_000])
        for start in range(0, len(extended), 60_000)
    ]
    assert len(parts) > 1
    data = add_segments(
        save(scene, "JPEG"), (jpeg.APP1, b"http://ns.adobe.com/xap/1.0/\0" + main), *parts
    )
    result = jpeg.parse(scrub.apply(data, Policy.STRIP_LOCATION))
    texts = [s.payload for s in result.head if s.payload.startswith(prefix[:35])]
    whole = b"".join(text[35 + 32 + 8 :] for text in texts)
    new_name = hashlib.md5(whole).hexdigest().upper().encode()
    assert b"31.4159" not in whole
    assert filler.encode() in whole
    assert all(text[35:67] == new_name for text in texts)
    assert any(
        new_name in s.payload
        for s in result.head
        if s.payload.startswith(b"http://ns.adobe.com/xap")
    )

from __future__ import annotations

import io
import struct

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, PngImagePlugin

from fawkes_host.engine import metadata
from fawkes_host.engine.containers import jpeg, png
from fawkes_host.engine.decode import Limits, decode
from fawkes_host.engine.encode import encode, encode_with_notices
from fawkes_host.engine.metadata import Policy
from fawkes_host.protocol.errors import DamagedImage, FawkesError, NotAnImage

NAMES = ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"]
RESOURCES = "Photoshop 3.0\0"


def add_segments(data: bytes, *segments: tuple[int, bytes]) -> bytes:
    """Put segments right behind the start of a JPEG."""
    added = b"".join(jpeg.Segment(marker, payload).to_bytes() for marker, payload in segments)
    return data[:2] + added + data[2:]


def add_chunks(data: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """Put chunks before the picture of a PNG."""
    added = b"".join(png.Chunk(kind, payload).to_bytes() for kind, payload in chunks)
    return data[:33] + added + data[33:]


def resource(identifier: int, payload: bytes) -> bytes:
    head = b"8BIM" + struct.pack(">H", identifier) + b"\0\0"
    return head + struct.pack(">I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def raw_profile(name: bytes, payload: bytes) -> bytes:
    """A profile as ImageMagick writes it."""
    digits = payload.hex()
    rows = "\n".join(digits[i : i + 72] for i in range(0, len(digits), 72)).encode()
    return b"Raw profile type " + name + b"\0\n" + name + b"\n%8d\n" % len(payload) + rows + b"\n"


@pytest.fixture(scope="module")
def placed(scene, save, exif_with_place, xmp_with_place, iptc_with_place):
    """One file of each format that tells the place wherever its format can."""
    exif, xmp, iptc = exif_with_place, xmp_with_place, iptc_with_place
    resources = resource(0x0404, iptc) + resource(0x0425, bytes(16)) + resource(0x03ED, b"x" * 16)
    jpeg_file = add_segments(
        save(scene, "JPEG", quality=85),
        (jpeg.APP1, exif),
        (jpeg.APP1, b"http://ns.adobe.com/xap/1.0/\0" + xmp),
        (jpeg.APP13, RESOURCES.encode() + resources),
        (0xE6, b"GoPro\0" + b"Quellenhausen"),
        (jpeg.COM, b"Ada Beispiel took it"),
    )
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", xmp.decode(), zip=True)
    text.add_text("exif:GPSLatitude", "52,31.4159N")
    text.add_text("Author", "Ada Beispiel")
    png_file = add_chunks(
        save(scene, "PNG", exif=exif, pnginfo=text),
        (b"tEXt", raw_profile(b"exif", exif)),
        (b"tEXt", raw_profile(b"8bim", resources)),
        (b"zzZz", b"Quellenhausen"),
    )
    tags = Image.Exif()
    tags.load(exif)
    tiff_tags = {700: xmp, 33723: iptc, 34377: resources, 33922: (0.0, 0.0, 0.0, 11.8, 48.1, 0.0)}
    buffer = io.BytesIO()
    scene.save(buffer, "TIFF", exif=tags)
    with_gps = Image.open(io.BytesIO(buffer.getvalue()))
    info = with_gps.tag_v2
    for tag, value in tiff_tags.items():
        info[tag] = value
        info.tagtype[tag] = 12 if tag == 33922 else 7
    info[0x8825] = tags.get_ifd(0x8825)
    info[0x8769] = tags.get_ifd(0x8769)
    image = scene.copy()
    image.info |= {"exif": exif, "xmp": xmp}
    return {
        "JPEG": jpeg_file,
        "PNG": png_file,
        "WEBP": save(scene, "WEBP", quality=80, exif=exif, xmp=xmp),
        "TIFF": save(scene, "TIFF", tiffinfo=info),
        "HEIF": save(image, "HEIF", quality=70),
        "AVIF": save(scene, "AVIF", quality=70, speed=10, exif=exif, xmp=xmp),
    }


def read_exif(data: bytes) -> Image.Exif:
    """Read EXIF with code that is not ours."""
    if data[4:8] == b"ftyp" and data[8:12] == b"heic":
        exif = Image.Exif()
        exif.load(pillow_heif.open_heif(data).info["exif"] or b"")
        return exif
    return Image.open(io.BytesIO(data)).getexif()


@pytest.mark.parametrize("name", NAMES)
def test_the_files_of_these_tests_do_tell_the_place(name, placed, has_place):
    assert read_exif(placed[name]).get_ifd(0x8825)
    assert len(has_place(placed[name])) >= 2


@pytest.mark.parametrize("name", NAMES)
def test_no_trace_of_the_place_is_left(name, placed, has_place):
    result = metadata.apply(placed[name], Policy.STRIP_LOCATION)
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
    result = metadata.apply(placed[name], Policy.STRIP_LOCATION)
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
    before, after = decode(placed[name]), decode(metadata.apply(placed[name], policy))
    assert np.array_equal(before.pixels, after.pixels)


@pytest.mark.parametrize("name", NAMES)
def test_strip_leaves_nothing_but_the_picture(name, placed, has_place):
    result = metadata.apply(placed[name], Policy.STRIP)
    assert not has_place(result)
    for trace in (b"Kamerawerk", b"2024:05:06", b"Ada Beispiel", b"Credit"):
        assert trace not in result
    assert len(result) <= len(placed[name])


@pytest.mark.parametrize("name", NAMES)
def test_keep_keeps_every_byte(name, placed):
    assert metadata.apply(placed[name], Policy.KEEP) == placed[name]


@pytest.mark.parametrize("policy", [Policy.STRIP_LOCATION, Policy.STRIP])
@pytest.mark.parametrize("name", [*NAMES, "BMP"])
def test_where_nothing_is_to_be_removed_not_a_byte_changes(name, policy, scene, save):
    data = save(scene, name)
    assert metadata.apply(data, policy) == data


@pytest.mark.parametrize("name", NAMES)
def test_metadata_without_a_place_stays_byte_for_byte(name, placed):
    once = metadata.apply(placed[name], Policy.STRIP_LOCATION)
    assert metadata.apply(once, Policy.STRIP_LOCATION) == once


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
        result = Image.open(io.BytesIO(metadata.apply(data, policy)))
        assert result.getexif()[0x0112] == 6
        assert result.info["icc_profile"] == display_p3


def test_maker_notes_go_unless_their_maker_writes_no_place(scene, save):
    from fawkes_host.engine.containers.tiff import TiffFile

    def scrubbed(note: bytes) -> tuple[bytes, tuple[str, ...]]:
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x927C] = note
        result = metadata.scrub(save(scene, "JPEG", exif=exif), Policy.STRIP_LOCATION)
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
        result = metadata.scrub(data, Policy.STRIP_LOCATION)
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
        assert decode(metadata.apply(photo.source, policy)).orientation == 6
        assert decode(encode(photo, cloak(photo.pixels)[0], policy)).orientation == 6
    assert metadata.scrub(photo.source, Policy.STRIP_LOCATION).notices == ("metadata_unreadable",)


@pytest.mark.parametrize("policy", list(Policy))
def test_tags_that_point_into_their_own_directory_destroy_nothing(policy, scene, save, cloak):
    from fawkes_host.engine.containers.tiff import TiffFile

    file = TiffFile(save(scene, "TIFF", tiffinfo={0x010F: "Kamerawerk", 0x0110: "Modell Neun"}))
    page = file.chain()[0]
    for tag, new_tag, kind, count in ((0x010F, 0x8825, 4, 1), (0x0110, 0x0111, 2, 1 << 31)):
        entry = page.find(tag)
        struct.pack_into("<HHII", file.data, entry.position, new_tag, kind, count, page.offset)
    data = bytes(file.data)
    photo = decode(data)
    assert np.array_equal(decode(metadata.apply(data, policy)).pixels, photo.pixels)
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
    result = jpeg.parse(metadata.apply(data, Policy.STRIP_LOCATION))
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


# --- What would show the face as it was -------------------------------------------------------

FACE = b"\xff\xd8\xff\xdb" + b"the face as it was" * 20 + b"\xff\xd9"


def exif_with_thumbnail(orientation: int = 1) -> bytes:
    """EXIF in which a second directory leads to a JPEG, as every camera writes it."""
    first = struct.pack(">H", 1) + struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    second_at = 8 + len(first) + 4
    start = second_at + 2 + 24 + 4
    second = struct.pack(">H", 2) + struct.pack(">HHII", 0x0201, 4, 1, start)
    second += struct.pack(">HHII", 0x0202, 4, 1, len(FACE)) + bytes(4)
    structure = b"MM\0*" + struct.pack(">I", 8) + first + struct.pack(">I", second_at) + second
    return b"Exif\0\0" + structure + FACE


def face_is_gone(data: bytes) -> bool:
    return b"the face as it was" not in data


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


@pytest.fixture(scope="module")
def stereo(scene, save, exif_with_place):
    """Two pictures in one JPEG, as MPF lists them; both tell the place."""
    other = Image.fromarray(255 - np.asarray(scene))
    buffer = io.BytesIO()
    scene.save(buffer, "MPO", save_all=True, append_images=[other], exif=exif_with_place)
    data = buffer.getvalue()
    second = data.rindex(b"\xff\xd8\xff")
    with_exif = add_segments(data[second:], (jpeg.APP1, exif_with_place))
    grown = len(with_exif) - (len(data) - second)
    position = data.index(b"MPF\0") + 4
    entries = data.index(struct.pack("<I", len(data) - second), position)
    head = bytearray(data[:second])
    struct.pack_into("<I", head, entries, len(data) - second + grown)
    return bytes(head) + with_exif


def test_companion_pictures_lose_their_place_and_are_still_found(stereo, has_place):
    assert has_place(stereo)
    result = metadata.scrub(stereo, Policy.STRIP_LOCATION)
    assert not has_place(result.data)
    assert not result.notices
    before, after = Image.open(io.BytesIO(stereo)), Image.open(io.BytesIO(result.data))
    assert after.n_frames == before.n_frames == 2
    for frame in range(2):
        before.seek(frame)
        after.seek(frame)
        assert np.array_equal(np.asarray(before.convert("RGB")), np.asarray(after.convert("RGB")))


def test_companion_pictures_are_found_after_a_segment_has_gone(stereo):
    data = add_segments(stereo, (0xE6, b"GoPro\0" + bytes(500)))
    # Segments before the list do not count: its offsets begin at the list.
    listed = data.index(b"MPF\0")
    after_list = data.index(b"\xff\xdb", listed)
    extra = jpeg.Segment(0xE7, bytes(300)).to_bytes()
    moved = bytearray(data[:after_list] + extra + data[after_list:])
    old = struct.pack("<I", data.rindex(b"\xff\xd8\xff") - listed - 4)
    position = moved.index(old, listed)
    struct.pack_into("<I", moved, position, struct.unpack("<I", old)[0] + len(extra))
    assert Image.open(io.BytesIO(bytes(moved))).n_frames == 2
    result = Image.open(io.BytesIO(metadata.apply(bytes(moved), Policy.STRIP_LOCATION)))
    assert result.n_frames == 2
    result.seek(1)
    original = Image.open(io.BytesIO(stereo))
    original.seek(1)
    assert np.array_equal(np.asarray(result.convert("RGB")), np.asarray(original.convert("RGB")))


def test_companion_pictures_go_when_the_face_is_cloaked(stereo, cloak):
    photo = decode(stereo)
    encoded = encode_with_notices(photo, cloak(photo.pixels)[0], Policy.KEEP)
    assert encoded.notices == ("companion_pictures_removed",)
    assert b"MPF\0" not in encoded.data
    assert encoded.data.count(b"\xff\xd8\xff") == 1


def test_a_gain_map_goes_with_all_that_leads_to_it(stereo, cloak):
    packet = (
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/"
        b"22-rdf-syntax-ns#'><rdf:Description xmlns:hdrgm='http://ns.adobe.com/hdr-gain-map/1.0/' "
        b"xmlns:c='http://ns.google.com/photos/1.0/container/' hdrgm:Version='1.0'>"
        b"<c:Directory><rdf:Seq/></c:Directory></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    standard = b"urn:iso:std:iso:ts:21496:-1\0" + bytes(4)
    data = add_segments(
        stereo, (jpeg.APP1, b"http://ns.adobe.com/xap/1.0/\0" + packet), (jpeg.APP2, standard)
    )
    photo = decode(data)
    for trace in (b"hdrgm:Version", b"c:Directory", b"21496"):
        assert trace in metadata.apply(data, Policy.STRIP_LOCATION)
        assert trace not in encode(photo, cloak(photo.pixels)[0], Policy.KEEP)


def box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", 8 + len(payload)) + kind + payload


def make_movie(telemetry: bool = False) -> bytes:
    handler = box(b"hdlr", bytes(8) + (b"meta" if telemetry else b"vide") + bytes(13))
    track = box(b"trak", box(b"mdia", handler))
    keys = box(b"keys", bytes(4) + struct.pack(">I", 2)
               + box(b"mdta", b"com.apple.quicktime.location.ISO6709")
               + box(b"mdta", b"com.apple.quicktime.make"))  # fmt: skip
    values = box(b"ilst", box(struct.pack(">I", 1), box(b"data", bytes(8) + b"+48.1234+011.8765/"))
                 + box(struct.pack(">I", 2), box(b"data", bytes(8) + b"Kamerawerk")))  # fmt: skip
    place = box(b"\xa9xyz", b"\0\x12\x15\xc7+48.1234+011.8765/")
    meta = box(b"meta", box(b"hdlr", bytes(25)) + keys + values)
    moov = box(b"moov", track + box(b"udta", place) + meta)
    return box(b"ftyp", b"mp42\0\0\0\0isom") + moov + box(b"mdat", b"moving pictures" * 9)


def test_the_video_of_a_motion_photo_loses_its_place_and_stays(scene, save):
    movie = make_movie()
    data = save(scene, "JPEG") + movie
    result = metadata.scrub(data, Policy.STRIP_LOCATION)
    assert len(result.data) == len(data)
    assert b"+48.1234" not in result.data
    assert b"Kamerawerk" in result.data
    assert result.data.endswith(b"moving pictures" * 9)
    assert not result.notices
    assert metadata.scrub(result.data, Policy.STRIP_LOCATION).data == result.data


def test_a_video_with_a_track_of_telemetry_goes(scene, save):
    picture = save(scene, "JPEG")
    result = metadata.scrub(picture + make_movie(telemetry=True), Policy.STRIP_LOCATION)
    assert result.data == picture
    assert result.notices == ("motion_video_removed",)


def test_strip_leaves_no_video_and_no_companion_picture(scene, save, stereo):
    picture = save(scene, "JPEG")
    assert metadata.apply(picture + make_movie(), Policy.STRIP) == picture
    result = metadata.apply(stereo, Policy.STRIP)
    assert result.count(b"\xff\xd8\xff") == 1
    assert Image.open(io.BytesIO(result)).format == "JPEG"


def test_what_makers_append_goes_with_the_place(scene, save):
    picture = save(scene, "JPEG")
    result = metadata.scrub(picture + b"SEFH" + b"MCC_Data262" + b"SEFT", Policy.STRIP_LOCATION)
    assert result.data == picture
    assert result.notices == ("trailing_data_removed",)


def test_the_video_goes_when_the_face_is_cloaked(scene, save, cloak):
    photo = decode(save(scene, "JPEG") + make_movie())
    encoded = encode_with_notices(photo, cloak(photo.pixels)[0], Policy.KEEP)
    assert encoded.notices == ("motion_video_removed",)
    assert b"moving pictures" not in encoded.data


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


def test_a_gif_has_no_policy(scene, save):
    with pytest.raises(NotAnImage):
        metadata.apply(save(scene, "GIF"), Policy.STRIP)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("share", [0.05, 0.5, 0.98])
def test_a_cut_off_file_is_damaged_or_whole_to_the_picture(name, share, placed):
    """TIFF's pictures and JPEG's scans are not looked into here: decoding finds those."""
    data = placed[name][: int(len(placed[name]) * share)]
    try:
        metadata.apply(data, Policy.STRIP_LOCATION)
    except DamagedImage:
        return
    with pytest.raises(DamagedImage):
        decode(data)


@settings(max_examples=300, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(data=st.data())
def test_flipped_bytes_of_metadata_raise_nothing_but_coded_errors(data, placed, stereo):
    files = [*placed.values(), stereo]
    damaged = bytearray(data.draw(st.sampled_from(files)))
    spot = st.one_of(st.integers(0, 2000), st.integers(-1200, -1))
    for position in data.draw(st.lists(spot, min_size=1, max_size=8)):
        damaged[position % len(damaged)] = data.draw(st.sampled_from([0, 1, 2, 8, 127, 128, 255]))
    for policy in Policy:
        try:
            result = metadata.apply(bytes(damaged), policy)
        except FawkesError:
            continue
        if policy is Policy.KEEP:
            assert result == damaged


@settings(max_examples=60, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(data=st.data())
def test_what_decodes_can_be_encoded(data, placed, stereo):
    """Damage that the decoder lets pass is damage that the encoder gets along with, or tells."""
    damaged = bytearray(data.draw(st.sampled_from([*placed.values(), stereo])))
    spot = st.one_of(st.integers(0, 2000), st.integers(0, len(damaged) - 1))
    for position in data.draw(st.lists(spot, min_size=1, max_size=4)):
        damaged[position % len(damaged)] = data.draw(st.integers(0, 255))
    try:
        photo = decode(bytes(damaged), Limits(max_pixels=100_000))
        pixels = photo.pixels.copy()
        pixels[photo.height // 2 :, photo.width // 2 :] ^= 1
        encode(photo, pixels, Policy.STRIP_LOCATION)
    except FawkesError:
        return

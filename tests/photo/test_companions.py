"""Whatever a file holds beside the photo itself: second pictures, gain maps, videos."""

from __future__ import annotations

import io
import struct

import numpy as np
from PIL import Image

from fawkes_host.photo import scrub
from fawkes_host.photo.containers import jpeg
from fawkes_host.photo.decode import decode
from fawkes_host.photo.encode import encode, encode_with_notices
from fawkes_host.photo.metadata import Policy
from tests.photo.files_by_hand import add_segments, make_movie


def test_companion_pictures_lose_their_place_and_are_still_found(stereo, has_place):
    assert has_place(stereo)
    result = scrub.scrub(stereo, Policy.STRIP_LOCATION)
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
    result = Image.open(io.BytesIO(scrub.apply(bytes(moved), Policy.STRIP_LOCATION)))
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
        assert trace in scrub.apply(data, Policy.STRIP_LOCATION)
        assert trace not in encode(photo, cloak(photo.pixels)[0], Policy.KEEP)


def test_the_video_of_a_motion_photo_loses_its_place_and_stays(scene, save):
    movie = make_movie()
    data = save(scene, "JPEG") + movie
    result = scrub.scrub(data, Policy.STRIP_LOCATION)
    assert len(result.data) == len(data)
    assert b"+48.1234" not in result.data
    assert b"Kamerawerk" in result.data
    assert result.data.endswith(b"moving pictures" * 9)
    assert not result.notices
    assert scrub.scrub(result.data, Policy.STRIP_LOCATION).data == result.data


def test_a_video_with_a_track_of_telemetry_goes(scene, save):
    picture = save(scene, "JPEG")
    result = scrub.scrub(picture + make_movie(telemetry=True), Policy.STRIP_LOCATION)
    assert result.data == picture
    assert result.notices == ("motion_video_removed",)


def test_strip_leaves_no_video_and_no_companion_picture(scene, save, stereo):
    picture = save(scene, "JPEG")
    assert scrub.apply(picture + make_movie(), Policy.STRIP) == picture
    result = scrub.apply(stereo, Policy.STRIP)
    assert result.count(b"\xff\xd8\xff") == 1
    assert Image.open(io.BytesIO(result)).format == "JPEG"


def test_what_makers_append_goes_with_the_place(scene, save):
    picture = save(scene, "JPEG")
    result = scrub.scrub(picture + b"SEFH" + b"MCC_Data262" + b"SEFT", Policy.STRIP_LOCATION)
    assert result.data == picture
    assert result.notices == ("trailing_data_removed",)


def test_the_video_goes_when_the_face_is_cloaked(scene, save, cloak):
    photo = decode(save(scene, "JPEG") + make_movie())
    encoded = encode_with_notices(photo, cloak(photo.pixels)[0], Policy.KEEP)
    assert encoded.notices == ("motion_video_removed",)
    assert b"moving pictures" not in encoded.data


def test_a_companion_that_cannot_be_read_goes_and_the_photo_stays(stereo):
    second = stereo.rindex(b"\xff\xd8\xff")
    broken = stereo[:second] + b"\xff\xd8\xff" + bytes(len(stereo) - second - 3)
    result = scrub.scrub(broken, Policy.STRIP_LOCATION)
    assert result.notices == ("companion_pictures_removed",)
    assert np.array_equal(decode(result.data).pixels, decode(stereo).pixels)


def test_what_lies_behind_a_companion_goes_with_the_place(stereo):
    hidden = b"MCC_Data262 Quellenhausen"
    data = bytearray(stereo + hidden)
    size = len(stereo) - stereo.rindex(b"\xff\xd8\xff")
    struct.pack_into("<I", data, data.index(struct.pack("<I", size), data.index(b"MPF\0")),
                     size + len(hidden))  # fmt: skip
    result = scrub.scrub(bytes(data), Policy.STRIP_LOCATION)
    assert hidden not in result.data
    assert "trailing_data_removed" in result.notices
    assert Image.open(io.BytesIO(result.data)).n_frames == 2

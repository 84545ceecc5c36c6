"""The metadata policies, on files that exiftool wrote and as exiftool reads them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from fawkes_host.photo.convert import to_jpeg
from fawkes_host.photo.decode import decode
from fawkes_host.photo.encode import encode
from fawkes_host.photo.metadata import Policy
from tests.photo.corpus.colour_profiles import make_profile
from tests.photo.corpus.fidelity import cloaked
from tests.photo.corpus.programs import run
from tests.photo.corpus.specimens import SCENE, encode_scene

pytestmark = pytest.mark.slow

FORMATS = {
    "JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "TIFF": ".tif", "HEIF": ".heic", "AVIF": ".avif",
}  # fmt: skip

PLACE_TAGS = (
    "-GPSLatitude=48.1234567",
    "-GPSLatitudeRef=N",
    "-GPSLongitude=11.7654321",
    "-GPSLongitudeRef=E",
    "-GPSAltitude=512.5",
    "-XMP-exif:GPSLatitude=48.1234567",
    "-XMP-photoshop:City=Quellenhausen",
    "-XMP-photoshop:Country=Fantasia",
    "-XMP-iptcCore:Location=Marktplatz 17",
    "-XMP-iptcExt:LocationCreatedCity=Quellenhausen",
)
IPTC_PLACE_TAGS = ("-IPTC:City=Quellenhausen", "-IPTC:Sub-location=Marktplatz 17")
OTHER_TAGS = (
    "-Make=Kamerawerk",
    "-Model=Modell Neun",
    "-DateTimeOriginal=2024:05:06 07:08:09",
    "-XMP-dc:Creator=Ada Beispiel",
    "-XMP-dc:Rights=Alle Rechte vorbehalten",
)
HAS_IPTC = {"JPEG", "TIFF"}
CONVERTIBLE = ("HEIF", "AVIF")

PLACE = re.compile(r"(?i)gps|city|country|location|latitude|longitude|altitude")


@pytest.fixture(scope="module")
def tags(tmp_path_factory) -> dict[str, dict[str, object]]:
    """What exiftool reads of every format after every policy, cloaked and not, by file name."""
    folder = tmp_path_factory.mktemp("metadata")
    profile = make_profile("Display P3")
    originals = []
    for format_, suffix in FORMATS.items():
        path = folder / f"original{suffix}"
        path.write_bytes(encode_scene(format_, profile))
        originals.append(path)
    both = [*PLACE_TAGS, *OTHER_TAGS]
    run("exiftool", "-q", "-m", "-overwrite_original", *both, *originals)
    with_iptc = [folder / f"original{FORMATS[name]}" for name in HAS_IPTC]
    run("exiftool", "-q", "-m", "-overwrite_original", *IPTC_PLACE_TAGS, "-IPTC:By-line=Ada",
        *with_iptc)  # fmt: skip
    for path in originals:
        photo = decode(path.read_bytes())
        for kind, pixels in (("same", photo.pixels), ("cloaked", cloaked(photo.pixels)[0])):
            for policy in Policy:
                result = encode(photo, pixels, policy)
                (folder / f"{kind}-{policy.value}{path.suffix}").write_bytes(result)
        if photo.format in CONVERTIBLE:
            for policy in Policy:
                jpeg = decode(to_jpeg(photo, policy).data)
                name = f"{photo.format}-{policy.value}.jpg"
                (folder / name).write_bytes(encode(jpeg, jpeg.pixels, policy))
    listed = json.loads(run("exiftool", "-j", "-a", "-G1", "-s", folder))
    return {Path(one["SourceFile"]).name: one for one in listed}


@pytest.mark.parametrize("format_", FORMATS)
def test_the_originals_tell_the_place(format_, tags):
    told = [tag for tag in tags[f"original{FORMATS[format_]}"] if PLACE.search(tag)]
    assert len(told) >= 8
    assert any(tag.startswith("IPTC") for tag in told) == (format_ in HAS_IPTC)


@pytest.mark.parametrize("kind", ["same", "cloaked"])
@pytest.mark.parametrize("format_", FORMATS)
def test_keep_keeps_every_tag(format_, kind, tags):
    before, after = tags[f"original{FORMATS[format_]}"], tags[f"{kind}-keep{FORMATS[format_]}"]
    for tag, value in before.items():
        if tag.startswith(("XMP", "GPS", "IFD0:Ma", "IFD0:Mo", "ExifIFD", "IPTC", "ICC")):
            assert after.get(tag) == value, tag


@pytest.mark.parametrize("kind", ["same", "cloaked"])
@pytest.mark.parametrize("format_", FORMATS)
def test_strip_location_takes_the_place_and_nothing_else(format_, kind, tags):
    before = tags[f"original{FORMATS[format_]}"]
    after = tags[f"{kind}-strip-location{FORMATS[format_]}"]
    assert not [tag for tag in after if PLACE.search(tag)]
    assert not re.search("Quellenhausen|Fantasia|Marktplatz|48.12", json.dumps(after))
    for tag in ("IFD0:Make", "IFD0:Model", "ExifIFD:DateTimeOriginal", "XMP-dc:Creator",
                "XMP-dc:Rights", "IPTC:By-line"):  # fmt: skip
        assert after.get(tag) == before.get(tag), tag


@pytest.mark.parametrize("kind", ["same", "cloaked"])
@pytest.mark.parametrize("format_", FORMATS)
def test_strip_leaves_what_shows_the_photo(format_, kind, tags):
    after = tags[f"{kind}-strip{FORMATS[format_]}"]
    assert not [tag for tag in after if tag.startswith(("XMP", "GPS", "IPTC"))]
    assert not re.search("Kamerawerk|Modell|Beispiel|2024:05:06|Rechte", json.dumps(after))
    assert after["ICC_Profile:ProfileDescription"] == "Display P3"
    assert after["Composite:ImageSize"] == "{}x{}".format(*SCENE.size)


@pytest.mark.parametrize("format_", CONVERTIBLE)
def test_a_photo_that_became_a_jpeg_has_the_tags_that_its_policy_leaves(format_, tags):
    before = tags[f"original{FORMATS[format_]}"]
    kept, without_place, stripped = (tags[f"{format_}-{policy.value}.jpg"] for policy in
                                     (Policy.KEEP, Policy.STRIP_LOCATION, Policy.STRIP))  # fmt: skip
    for tag, value in before.items():
        if tag.startswith(("XMP", "GPS", "IFD0:Ma", "IFD0:Mo", "ExifIFD:Date", "ICC")):
            assert kept.get(tag) == value, tag
    assert not [tag for tag in without_place if PLACE.search(tag)]
    for tag in ("IFD0:Make", "ExifIFD:DateTimeOriginal", "XMP-dc:Creator"):
        assert without_place[tag] == before[tag], tag
    assert not [tag for tag in stripped if tag.startswith(("XMP", "GPS", "IFD0", "ExifIFD"))]
    for told in (kept, without_place, stripped):
        assert told["ICC_Profile:ProfileDescription"] == "Display P3"
        assert "ExifTool:Warning" not in told


@pytest.mark.parametrize("format_", FORMATS)
def test_no_result_is_one_that_exiftool_warns_of(format_, tags):
    warned = tags[f"original{FORMATS[format_]}"].get("ExifTool:Warning")
    for kind in ("same", "cloaked"):
        for policy in Policy:
            told = tags[f"{kind}-{policy.value}{FORMATS[format_]}"].get("ExifTool:Warning")
            assert told in (None, warned), (kind, policy)

"""The table of ``docs/photos.md``: each kind of photo comes back as its owner would want it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import ImageCms

from fawkes_host.photo.convert import to_jpeg
from fawkes_host.photo.decode import decode
from fawkes_host.photo.encode import encode_with_notices
from fawkes_host.photo.metadata import Policy
from tests.photo.corpus.colour_profiles import make_profile
from tests.photo.corpus.fidelity import cloaked, compare, view
from tests.photo.corpus.specimens import Specimen, cases, specimens

PALETTES_AND_COMPANIONS = ("palette", "MPO", "gain map")
"""Rows whose copies are another size on purpose; the table says so."""

LEAST_PSNR_DB = {"JPEG": 57.0, "WEBP": 38.0, "HEIF": 40.0, "AVIF": 38.0, "TIFF": 45.0}
"""Of the pixels away from the face, for lossy formats: a re-encoding at the same size."""

RARE = ("rare chroma sampling", "CMYK", "arithmetic")


@pytest.mark.parametrize("specimen", cases())
def test_photo_comes_back_as_it_was_but_for_its_face(specimen: Specimen):
    original = specimen.data()
    photo = decode(original)
    pixels, box = cloaked(photo.pixels)
    encoded = encode_with_notices(photo, pixels, Policy.KEEP)
    assert encoded.notices == specimen.loses

    seen = compare(original, encoded.data, [box])
    assert seen.same_format
    assert seen.same_size
    assert seen.same_profile
    assert seen.same_alpha
    if not any(word in specimen.row for word in PALETTES_AND_COMPANIONS):
        assert 0.75 < seen.growth < 1.15
    x, y, w, h = box
    face = (slice(y, y + h), slice(x, x + w))
    shown = view(encoded.data).colours[face].astype(int)
    if specimen.lossless:
        assert seen.most_outside == 0
        assert np.percentile(np.abs(shown - pixels[face]), 99) <= (
            2 if "CMYK" in specimen.row else 0
        )
    else:
        rare = any(word in specimen.row for word in RARE)
        assert seen.psnr_outside > (46 if rare else LEAST_PSNR_DB[photo.format])
        wanted = pixels[face].astype(int) - photo.pixels[face]
        got = shown - photo.pixels[face]
        if photo.format == "JPEG" and specimen.name != "quality-15.jpg":
            assert np.corrcoef(wanted.mean(2).ravel(), got.mean(2).ravel())[0, 1] > 0.6


CONVERTIBLE = [one for one in specimens() if one.name.endswith((".heic", ".avif"))]


@pytest.mark.parametrize("specimen", CONVERTIBLE, ids=lambda specimen: specimen.name)
def test_photo_that_becomes_a_jpeg_looks_the_same(specimen: Specimen):
    original = specimen.data()
    result = to_jpeg(decode(original), Policy.KEEP)
    assert "converted_to_jpeg" in result.notices
    seen = compare(original, result.data, [])
    assert view(result.data).format == "JPEG"
    assert seen.same_size
    assert seen.same_profile
    if "alpha" in specimen.row:
        assert "transparency_removed" in result.notices
    else:
        assert seen.psnr_outside > 39


@pytest.mark.parametrize("name", ["sRGB", "Display P3", "Adobe RGB", "grey"])
def test_the_profiles_of_these_tests_are_sound(name):
    profile = ImageCms.ImageCmsProfile(io.BytesIO(make_profile(name)))
    assert profile.profile.profile_description == name
    assert profile.profile.xcolor_space.strip() == ("GRAY" if name == "grey" else "RGB")

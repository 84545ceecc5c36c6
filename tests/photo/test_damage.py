"""Files that are not what they say: nothing but coded errors may come of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fawkes_host.photo import scrub
from fawkes_host.photo.decode import Limits, decode
from fawkes_host.photo.encode import encode
from fawkes_host.photo.metadata import Policy
from fawkes_host.protocol.errors import DamagedImage, FawkesError

NAMES = ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("share", [0.05, 0.5, 0.98])
def test_a_cut_off_file_is_damaged_or_whole_to_the_picture(name, share, placed):
    """TIFF's pictures and JPEG's scans are not looked into here: decoding finds those."""
    data = placed[name][: int(len(placed[name]) * share)]
    try:
        scrub.apply(data, Policy.STRIP_LOCATION)
    except DamagedImage:
        return
    if name == "JPEG" and share > 0.9:
        decode(data)  # Browsers show it: only its last rows are missing.
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
            result = scrub.apply(bytes(damaged), policy)
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


def test_metadata_that_lies_in_the_picture_is_refused_and_not_wiped():
    """Two items of a HEIF with one number: whoever takes the picture for EXIF would wipe it."""
    found = Path(__file__).parents[1] / "fuzz" / "regressions" / "metadata_over_its_picture.heic"
    photo = decode(found.read_bytes())
    assert encode(photo, photo.pixels, Policy.KEEP) == photo.source
    with pytest.raises(DamagedImage):
        encode(photo, photo.pixels, Policy.STRIP_LOCATION)

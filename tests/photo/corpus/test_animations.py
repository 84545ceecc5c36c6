"""Animations are passed on frame by frame as they were."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from fawkes_host.photo.animation import pass_through
from fawkes_host.photo.decode import decode
from fawkes_host.photo.metadata import Policy
from fawkes_host.protocol.errors import AnimatedImage, DamagedImage
from tests.photo.corpus.programs import run
from tests.photo.corpus.specimens import SCENE, animations

ANIMATIONS = animations()


def passed(data: bytes, policy: Policy):
    with pytest.raises(AnimatedImage) as refusal:
        decode(data)
    return pass_through(data, policy, refusal.value)


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("name", ANIMATIONS)
def test_an_animation_is_passed_on_byte_by_byte_and_told(name, policy):
    result = passed(ANIMATIONS[name], policy)
    assert result.data == ANIMATIONS[name]
    assert result.notices == ("animation_untouched",)


@pytest.mark.parametrize("name", ANIMATIONS)
def test_its_place_goes_with_the_policy_and_no_frame_changes(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(ANIMATIONS[name])
    tags = ["-XMP-photoshop:City=Quellenhausen", "-XMP-dc:Rights=Ada", "-Comment=Beispiel"]
    run("exiftool", "-q", "-m", "-overwrite_original", *tags, path)
    data = path.read_bytes()
    assert b"Quellenhausen" in data
    for policy in Policy:
        result = passed(data, policy).data
        assert (b"Quellenhausen" in result) == (policy is Policy.KEEP)
        path.write_bytes(result)
        rights = run("exiftool", "-s3", "-XMP-dc:Rights", path)
        assert rights.strip() == (b"" if policy is Policy.STRIP else b"Ada")
        assert (b"Beispiel" in result) == (b"Beispiel" in data and policy is not Policy.STRIP)
        before, after = (Image.open(io.BytesIO(file)) for file in (ANIMATIONS[name], result))
        assert before.n_frames == after.n_frames == 3
        for frame in range(3):
            before.seek(frame)
            after.seek(frame)
            assert np.array_equal(
                np.asarray(before.convert("RGB")), np.asarray(after.convert("RGB"))
            )


def test_what_follows_a_gif_goes_with_the_place():
    data = ANIMATIONS["animation.gif"]
    result = passed(data + b"Quellenhausen", Policy.STRIP_LOCATION)
    assert result.data == data
    assert result.notices == ("animation_untouched", "trailing_data_removed")
    with pytest.raises(DamagedImage):
        decode(b"GIF89a")


def test_pages_of_a_tiff_are_no_animation():
    buffer = io.BytesIO()
    SCENE.save(buffer, "TIFF", save_all=True, append_images=[SCENE.rotate(9)])
    with pytest.raises(AnimatedImage):
        passed(buffer.getvalue(), Policy.KEEP)

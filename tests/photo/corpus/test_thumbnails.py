"""Thumbnails as cameras store them, written and read by exiftool."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fawkes_host.photo.decode import decode
from fawkes_host.photo.encode import encode_with_notices
from fawkes_host.photo.metadata import Policy
from tests.photo.corpus.programs import run
from tests.photo.corpus.specimens import SCENE

SIZE = (160, 120)


def with_thumbnail(folder: Path, orientation: int) -> Path:
    """A JPEG with a thumbnail of its own."""
    path, thumbnail = folder / "photo.jpg", folder / "thumbnail.jpg"
    SCENE.save(path, quality=90)
    SCENE.resize(SIZE).save(thumbnail, quality=80)
    run(
        "exiftool", "-q", "-overwrite_original", "-Make=Kamerawerk", f"-Orientation#={orientation}",
        f"-ThumbnailImage<={thumbnail}", "-GPSLatitude=48.5", "-GPSLatitudeRef=N", path,
    )  # fmt: skip
    return path


def thumbnail_of(folder: Path, data: bytes) -> Image.Image | None:
    path = folder / "result.jpg"
    path.write_bytes(data)
    found = run("exiftool", "-b", "-ThumbnailImage", path)
    return Image.open(io.BytesIO(found)).convert("RGB") if found else None


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_thumbnail_shows_the_photo_as_it_is_now(tmp_path, orientation):
    photo = decode(with_thumbnail(tmp_path, orientation).read_bytes())
    pixels = photo.pixels.copy()
    pixels[60:180, 60:180] = (250, 20, 20)
    for policy in (Policy.KEEP, Policy.STRIP_LOCATION):
        encoded = encode_with_notices(photo, pixels, policy)
        assert encoded.notices == ()
        thumbnail = thumbnail_of(tmp_path, encoded.data)
        assert thumbnail is not None
        assert thumbnail.size == SIZE
        stored = Image.open(io.BytesIO(encoded.data)).convert("RGB")
        off_by = np.asarray(thumbnail).astype(int) - np.asarray(stored.resize(SIZE))
        assert np.abs(off_by).mean() < 6
        reds = np.asarray(thumbnail)[..., 0].astype(int) - np.asarray(thumbnail)[..., 2]
        assert (reds > 150).mean() > 0.1
        told = run(
            "exiftool",
            "-q",
            "-a",
            "-G1",
            "-s",
            "-warning",
            "-GPS*",
            "-Make",
            tmp_path / "result.jpg",
        )
        assert b"Kamerawerk" in told
        assert b"Warning" not in told
        assert (b"GPSLatitude" in told) == (policy is Policy.KEEP)
    assert thumbnail_of(tmp_path, encode_with_notices(photo, pixels, Policy.STRIP).data) is None


def test_a_thumbnail_that_cannot_be_replaced_goes_and_is_told(tmp_path):
    """One of so few bytes that no picture fits."""
    data = with_thumbnail(tmp_path, 1).read_bytes()
    start = data.index(b"\xff\xd8", 2)
    tiny = data[start : data.index(b"\xff\xda", start) + 30]
    small = tmp_path / "small.jpg"
    small.write_bytes(tiny)
    path = tmp_path / "photo.jpg"
    run("exiftool", "-q", "-m", "-overwrite_original", f"-ThumbnailImage<={small}", path)
    photo = decode(path.read_bytes())
    encoded = encode_with_notices(photo, photo.pixels ^ 8, Policy.KEEP)
    assert encoded.notices == ("thumbnail_removed",)
    assert thumbnail_of(tmp_path, encoded.data) is None

"""The real command with the real engine, on one photo of each format."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.photo.corpus.fidelity import compare
from tests.photo.corpus.specimens import animations, specimens

pytestmark = pytest.mark.slow

NAMES = (
    *("progressive.jpg", "ycck.jpg", "orientation-6.jpg", "deep.png", "palette-alpha.png"),
    *("alpha.webp", "alpha-lossless.webp", "deep.heic", "quality-85.avif", "deep.tif", "rgb.bmp"),
    "motion.jpg",
)


def test_a_folder_of_every_format_comes_back_as_it_was(tmp_path):
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    chosen = {specimen.name: specimen for specimen in specimens() if specimen.name in NAMES}
    assert len(chosen) == len(NAMES)
    for name, specimen in chosen.items():
        (photos / name).write_bytes(specimen.data())
    (photos / "animation.webp").write_bytes(animations()["animation.webp"])
    (photos / "damaged.png").write_bytes(chosen["deep.png"].data()[:9000])
    done = subprocess.run(
        [
            *(sys.executable, "-m", "fawkes_host.cli.main", "cloak", "--json"),
            *("--level", "low", "--metadata", "keep", "-o", str(out), str(photos)),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    results = {Path(one["input"]).name: one for one in json.loads(done.stdout)["results"]}
    assert results["damaged.png"]["error"]["code"] == "damaged_image"
    assert results["animation.webp"]["notices"] == ["animation_untouched"]
    assert (out / "animation.webp").read_bytes() == animations()["animation.webp"]
    for name, specimen in chosen.items():
        result = results[name]
        assert (result["status"], result["notices"]) == ("cloaked", list(specimen.loses)), name
        (face,) = result["faces"]
        x, y, w, h = face["box"]
        original, copy = specimen.data(), (out / name).read_bytes()
        seen = compare(original, copy, [(x - w // 2, y - h // 2, 2 * w, 2 * h)])
        assert seen.same_format, name
        assert seen.same_size, name
        assert seen.same_profile, name
        assert seen.same_alpha, name
        if specimen.lossless:
            assert seen.most_outside == 0, name
        else:
            assert seen.psnr_outside > 38, name
        if not specimen.loses:
            assert 0.85 < seen.growth < 1.15, name

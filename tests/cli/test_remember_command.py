"""``fawkes-host remember`` and ``forget``, with the real engine and a drawn face."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fawkes_host.cli import main
from fawkes_host.engine import installation, remembered
from fawkes_host.engine.levels import LEVELS
from fawkes_host.engine.pipeline import Engine
from fawkes_host.evaluation.portrait import draw_portrait


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch):
    place = tmp_path / "data" / "installation.secret"
    monkeypatch.setattr(installation, "secret_path", lambda: place)


@pytest.fixture
def run(monkeypatch, capfd):
    def call(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["fawkes-host", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main.main()
        out, err = capfd.readouterr()
        return int(stop.value.code or 0), out, err

    return call


@pytest.mark.slow
def test_single_photos_of_a_person_who_is_remembered_are_cloaked_knowing_her(
    run, two_of_a_person, tmp_path
):
    status, out, _ = run("remember", two_of_a_person)
    assert status == 0
    assert "2 faces of people who are on several of these photos, 2 new" in out
    assert str(remembered.path()) in out

    engine = Engine.load()
    darker = tmp_path / "darker.png"
    Image.fromarray((draw_portrait(220) * 0.5).astype(np.uint8)).resize((180, 220)).save(darker)
    (face,) = engine.cloak(darker.read_bytes(), LEVELS["low"]).receipt.faces
    assert face.other_photos > 0

    status, out, _ = run("forget")
    assert (status, out) == (0, f"Deleted {remembered.path()}.\n")
    (face,) = engine.cloak(darker.read_bytes(), LEVELS["low"]).receipt.faces
    assert face.other_photos == 0
    assert run("forget")[:2] == (0, "Nobody was remembered.\n")


def test_who_is_on_one_photo_only_is_not_remembered(run, two_of_a_person):
    status, out, _ = run("remember", two_of_a_person / "colour.png", two_of_a_person / "nobody.png")
    assert (status, out) == (0, "Nobody is on two of these photos, so nobody is remembered.\n")
    assert not remembered.path().exists()


def test_photos_that_cannot_be_read_are_told(run, two_of_a_person):
    (two_of_a_person / "bad.jpg").write_bytes(b"no photo")
    (two_of_a_person / "empty.jpg").write_bytes(b"")
    status, out, err = run("remember", two_of_a_person)
    assert status == 3
    assert "2 new" in out
    assert "bad.jpg" in err
    assert "(not_an_image)" in err
    assert "(empty_input)" in err
    assert run("remember", two_of_a_person / "bad.jpg")[0] == 4
    assert run("remember", two_of_a_person.parent / "none")[0] == 4

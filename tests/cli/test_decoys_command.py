"""``fawkes-host decoys``: on toy networks and drawings; with the real ones once, which is slow."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from fawkes_host.cli import decoys, main
from fawkes_host.engine import certainty, installation, remembered
from fawkes_host.engine.album import likeness
from fawkes_host.engine.pipeline import Engine
from tests.engine.toy import detect_once, discerning_engine, draw_person, png


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch):
    place = tmp_path / "data" / "installation.secret"
    monkeypatch.setattr(installation, "secret_path", lambda: place)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return discerning_engine()


@pytest.fixture
def toys(engine, monkeypatch):
    monkeypatch.setattr(Engine, "load", lambda *_, **__: engine)
    monkeypatch.setattr(certainty, "look", lambda pixels: (detect_once(pixels), []))


@pytest.fixture
def run(monkeypatch, capfd):
    def call(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["fawkes-host", "decoys", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main.main()
        out, err = capfd.readouterr()
        return int(stop.value.code or 0), out, err

    return call


def write(folder: Path, **photos: bytes) -> Path:
    folder.mkdir()
    for name, data in photos.items():
        (folder / f"{name}.png").write_bytes(data)
    return folder


@pytest.fixture
def me(tmp_path) -> Path:
    photos = {"one": png(draw_person(0.8)), "other": png(draw_person(0.8, 1.3))}
    return write(tmp_path / "me", **photos)


@pytest.fixture
def others(tmp_path) -> Path:
    """The nearest, one who is farther, the person, nobody and no photo."""
    return write(
        tmp_path / "others",
        near=png(draw_person(1.0)),
        far=png(draw_person(1.25)),
        near_again=png(draw_person(1.0)),
        me=png(draw_person(0.8, 1.15)),
        nobody=png(draw_person(1.0)[:60, :60]),
        broken=b"no photo",
    )


@pytest.fixture
def nearest_alone(run, toys, me, others, tmp_path) -> dict:
    status, out, err = run(
        "--like", me, "--from", others, "-o", tmp_path / "out", "-n", "1", "--yes", "--json"
    )
    assert status == 0, err
    assert "broken.png" in err
    (decoy,) = json.loads(out)["decoys"]
    return decoy


def test_the_nearest_donor_becomes_a_decoy(nearest_alone, engine, me, tmp_path):
    assert nearest_alone["status"] == "made"
    assert Path(nearest_alone["donor"]).name == "near.png"
    before, after = nearest_alone["before"], nearest_alone["after"]
    assert set(before) == set(after) == {"one", "other"}
    assert sum(after.values()) > sum(before.values())
    (written,) = (tmp_path / "out").iterdir()
    assert str(written) == nearest_alone["output"]
    faces = [
        engine.portraits((me / "one.png").read_bytes()),
        engine.portraits(written.read_bytes()),
    ]
    (own,), (decoy,) = faces
    (donor,) = engine.portraits(png(draw_person(1.0)))
    assert likeness(own.embedding, decoy.embedding) > likeness(own.embedding, donor.embedding)


def test_names_of_decoys_tell_nothing(nearest_alone):
    name = Path(nearest_alone["output"]).stem
    assert len(name) == 10
    assert set(name) <= set("0123456789abcdef")


def test_every_picture_of_somebody_else_is_used_once_and_the_rest_is_told(
    run, toys, me, others, tmp_path
):
    status, out, err = run("--like", me, "--from", others, "-o", tmp_path / "out", "--yes")
    assert status == 0, err
    assert len(list((tmp_path / "out").iterdir())) == 2
    assert "Only 2 of the photos" in err
    assert "The person is on 2 of 2 photos" in err
    assert out.count("networks it was made on") == 2
    assert "under another name" in out
    assert "as many as photos of yourself" in out
    assert {path.name for path in me.iterdir()} == {"one.png", "other.png"}


def test_a_second_run_goes_on_and_makes_nothing_anew(run, toys, me, others, tmp_path):
    arguments = ("--like", me, "--from", others, "-o", tmp_path / "out", "--yes", "--json")
    assert run(*arguments)[0] == 0
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    lost = next(iter(made))
    before = lost.read_bytes()
    lost.unlink()
    status, out, _ = run(*arguments)
    assert status == 0
    assert sorted(decoy["status"] for decoy in json.loads(out)["decoys"]) == ["kept", "made"]
    assert lost.read_bytes() == before
    now = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert {path for path in now if now[path] != made[path]} == {lost}


def test_a_run_that_is_stopped_leaves_whole_decoys_alone(
    run, toys, engine, me, others, tmp_path, monkeypatch
):
    made: list[bytes] = []
    decoy = engine.decoy

    def stop_at_the_second(*arguments, **options):
        if made:
            raise KeyboardInterrupt
        result = decoy(*arguments, **options)
        made.append(result.data)
        return result

    monkeypatch.setattr(engine, "decoy", stop_at_the_second)
    assert run("--like", me, "--from", others, "-o", tmp_path / "out", "--yes")[0] == 130
    (written,) = (tmp_path / "out").iterdir()
    assert written.read_bytes() == made[0]


def test_one_decoy_that_fails_does_not_end_the_others(
    run, toys, engine, me, others, tmp_path, monkeypatch
):
    decoy, calls = engine.decoy, []

    def fail_first(*arguments, **options):
        calls.append(arguments)
        if len(calls) == 1:
            raise ValueError("a surprise")
        return decoy(*arguments, **options)

    monkeypatch.setattr(engine, "decoy", fail_first)
    status, _, err = run("--like", me, "--from", others, "-o", tmp_path / "out", "--yes")
    assert status == 3
    assert "a surprise (internal)" in err
    assert len(list((tmp_path / "out").iterdir())) == 1


@pytest.mark.parametrize(
    ("donors", "code"), [("me", "no_donor"), ("nobody", "no_donor"), ("broken", "no_donor")]
)
def test_without_a_donor_it_says_what_is_missing(run, toys, me, others, tmp_path, donors, code):
    status, _, err = run(
        "--like", me, "--from", others / f"{donors}.png", "-o", tmp_path / "out", "--yes"
    )
    assert status == 4
    assert f"({code})" in err
    assert not (tmp_path / "out").exists()


def test_without_the_person_it_says_so(run, toys, others, tmp_path):
    nobody = ("--like", others / "nobody.png", "--from", others)
    status, _, err = run(*nobody, "-o", tmp_path / "out", "--yes")
    assert (status, "(no_person)" in err) == (4, True)


@pytest.mark.parametrize("whose", ["me", "others"])
def test_photo_that_has_changed_meanwhile_is_told(
    run, toys, engine, me, others, tmp_path, monkeypatch, whose
):
    """Of thousands of photos none is kept in memory, so that each is read twice."""
    find_donors = decoys._find_donors

    def change_afterwards(*arguments):
        found = find_donors(*arguments)
        for photo in (tmp_path / whose).iterdir():
            photo.write_bytes(png(draw_person(1.1)))
        return found

    monkeypatch.setattr(decoys, "_find_donors", change_afterwards)
    # Only what is blended in is read again.
    told = ("--like", me, "--from", others, "-o", tmp_path / "out", "--yes")
    status, _, err = run(*told, "--resemblance", "0.4")
    assert status == 4
    assert "has changed meanwhile" in err
    assert not list((tmp_path / "out").glob("*"))


def test_nobody_who_is_remembered_is_an_error_that_says_what_to_do(run, toys, others, tmp_path):
    status, _, err = run("--like-remembered", "--from", others, "-o", tmp_path / "out", "--yes")
    assert status == 4
    assert "(nobody_remembered)" in err
    assert "fawkes-host remember" in err


def test_remembered_people_need_no_photos(run, toys, engine, others, tmp_path, monkeypatch):
    (me,) = engine.portraits(png(draw_person(0.8)))
    monkeypatch.setattr(remembered, "read", lambda networks: [me.embedding])
    arguments = ("--from", others, "-o", tmp_path / "out", "-n", "1", "--yes", "--json")
    status, out, err = run("--like-remembered", *arguments)
    assert status == 0, err
    (decoy,) = json.loads(out)["decoys"]
    assert sum(decoy["after"].values()) > sum(decoy["before"].values())


@pytest.mark.parametrize("arguments", [(), ("--like", "ME", "--like-remembered")])
def test_the_person_is_named_once(run, me, others, tmp_path, arguments):
    named = [str(me) if argument == "ME" else argument for argument in arguments]
    status, _, err = run(*named, "--from", others, "-o", tmp_path / "out", "--yes")
    assert status == 2
    assert "--like-remembered" in err


def test_where_nobody_can_be_asked_agreement_has_to_be_said(run, toys, me, others, tmp_path):
    status, _, err = run("--like", me, "--from", others, "-o", tmp_path / "out")
    assert status == 2
    assert "--yes" in err


@pytest.mark.parametrize(("answer", "status"), [(True, 0), (False, 130)])
def test_it_asks_once_whether_people_agreed(
    run, toys, me, others, tmp_path, monkeypatch, answer, status
):
    asked = []

    def confirm(question: str, abort: bool, **_: object) -> None:
        asked.append(question)
        if not answer and abort:
            raise decoys.click.Abort

    monkeypatch.setattr(decoys.click, "confirm", confirm)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    found = run("--like", me, "--from", others, "-o", tmp_path / "out", "-n", "1")
    assert found[0] == status
    assert len(asked) == 1
    assert "agree" in asked[0]
    assert (tmp_path / "out").exists() is answer


def test_the_help_says_whose_photos_must_not_be_used(run):
    status, out, _ = run("--help")
    assert status == 0
    assert "did not agree must not be used" in " ".join(out.split())


@pytest.mark.slow
def test_with_the_real_networks_a_decoy_is_taken_for_the_person(
    run, photos_of_people: Path, tmp_path
):
    people = [
        found
        for folder in sorted(photos_of_people.iterdir())
        if folder.is_dir() and len(found := sorted(folder.glob("*.jpg"))) >= 4
    ]
    me, donor = people[:2]
    own = [argument for photo in me[:4] for argument in ("--like", photo)]
    status, out, err = run(*own, "--from", donor[0], "-o", tmp_path / "out", "--yes", "--json")
    assert status == 0, err
    (decoy,) = json.loads(out)["decoys"]
    assert set(decoy["after"]) == {
        "dlib_resnet", "mobilefacenet", "faceres", "faceplugin", "mobileface"
    }  # fmt: skip
    assert max(decoy["before"].values()) < 0.5 < min(decoy["after"].values())

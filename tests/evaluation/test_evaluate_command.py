from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from fawkes_host.cli.evaluate import command
from fawkes_host.engine.levels import MID
from fawkes_host.evaluation.plan import QUICK, NothingToMeasure, Plan
from fawkes_host.evaluation.report import write_report
from fawkes_host.evaluation.run import Instrument
from fawkes_host.system import packages
from fawkes_models import registry, store

PHOTOS = 8


def run(*arguments: object):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "Name one folder of faces."),
        (("--levels", "low,extreme"), "'extreme' is none of low, mid, high."),
        (("--hold-out", "resnet"), "'resnet' is neither 'each' nor one of dlib_resnet"),
        (("--judge-range", "0"), "two numbers"),
        (("--judge-template", "1,2,3"), "ten numbers"),
        (("--decoys", "4,many"), "numbers of at least 1"),
        (("--decoys", "0"), "numbers of at least 1"),
        (("--donors", "me"), "'me' is not one of"),
        (("--weights", "faceres=nowhere"), "NETWORK=FILE"),
        (("--weights", f"resnet={__file__}"), "'resnet' is none of dlib_resnet"),
        (("--weights", f"faceres={__file__}"), "is not a weight file"),
        (("--judge", __file__), "neither a .param nor an .onnx file"),
    ],
)
def test_wrong_use_is_said_before_anything_is_measured(tmp_path, arguments, complaint):
    faces = () if complaint.startswith("Name") else (tmp_path,)
    result = run(*faces, *arguments, "-o", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert complaint in " ".join(result.output.replace("│", " ").split())
    assert not (tmp_path / "out").exists()


def test_missing_packages_are_said_before_anything_is_measured(tmp_path, monkeypatch):
    needs = ["no-such-package>=1", "scipy; extra == 'evaluation'", "gone>=2; extra == 'evaluation'"]
    monkeypatch.setattr(packages.importlib.metadata, "requires", lambda name: needs)
    result = run(tmp_path, "-o", tmp_path / "out")
    assert result.exit_code == 1, result.output
    assert "of which gone is not installed" in result.output
    assert "-m pip install gone" in result.output
    assert not (tmp_path / "out").exists()


def test_a_folder_without_people_is_said(tmp_path):
    result = run(tmp_path, "-o", tmp_path / "out", "--quick")
    assert result.exit_code == 1, result.output
    assert "nobody in" in result.output


def test_somebody_must_judge(tmp_path):
    plan = Plan(tmp_path, None, tmp_path / "out", (MID,), (), QUICK)
    with pytest.raises(NothingToMeasure, match="nobody judges"):
        Instrument(plan, [], [], print)


def test_retrained_surrogates_are_cloaked_on_and_never_judge(tmp_path):
    class Named(NamedTuple):
        name: str
        weights: str

    shipped = [Named("a", "shipped"), Named("b", "shipped")]
    plan = Plan(tmp_path, None, tmp_path / "out", (MID,), ("a",), QUICK)
    instrument = Instrument(plan, shipped, [], print, [Named("b", "retrained")])
    assert list(instrument.networks.values()) == shipped
    assert list(instrument.cloaked_on.values()) == [shipped[0], Named("b", "retrained")]


@pytest.fixture(scope="module")
def three_people(photos_of_people: Path, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("faces")
    for person in sorted(p for p in photos_of_people.iterdir() if p.is_dir())[:3]:
        for photo in sorted(person.iterdir())[:PHOTOS]:
            (folder / person.name).mkdir(exist_ok=True)
            shutil.copy(photo, folder / person.name)
    return folder


@pytest.mark.slow
def test_an_evaluation_ends_in_a_report_and_goes_on_where_it_was(three_people, tmp_path):
    size = replace(
        QUICK,
        posted=2,
        posted_curve=(1, 2),
        transforms=("half, jpeg 75",),
        fawkes_levels=(),
        sign_steps=(),
        viewed=2,
    )
    out = tmp_path / "out"
    plan = Plan(
        three_people, None, out, (MID,), ("faceres",), size, decoys=(1,), donors=("random",)
    )
    networks = [store.load(name) for name in registry.SURROGATES]
    told: list[str] = []
    one_more = store.load("mobileface")
    instrument = Instrument(plan, networks, [], told.append, for_decoys=[one_more])
    report = instrument.run()
    page = write_report(report, instrument.shown_faces(), out)

    (row,) = report["unseen"]
    assert (row["judge"], row["held_out"], row["unseen"]) == ("faceres", "faceres", True)
    assert row["made_on"] == ["dlib_resnet", "mobilefacenet"]
    assert row["trackers"]["1-NN"]["unprotected"]["mean"] <= 0.2
    assert report["control"]["passed"]
    assert len(report["people"]) == 2
    assert len(report["leaked"]) == 2
    decoys = {(row["leaked"], row["decoys"]): row for row in report["decoys"]}
    assert set(decoys) == {(share, count) for share in (0.0, 0.2, 0.5) for count in (0, 1)}
    assert {row["judge"] for row in decoys.values()} == {"faceres"}
    # An adversarial photo of somebody else, by a network that took no part in it.
    assert decoys[0.0, 1]["nearest_decoy"] > 0.3
    kept = sorted((out / "cloaks").glob("decoys-of-*"))
    assert len(kept) == 2
    ours, noise = report["visibility"]
    for seen in (ours, noise):
        assert 50 < seen["ssimulacra2"]["mean"] < 90
        assert seen["faces_lost"] == 0
    assert report["adaptive"]["purifier"]["1-NN"]["unprotected"]["mean"] <= 0.3
    assert json.loads((out / "report.json").read_text("utf-8")) == report
    assert page.stat().st_size > 100_000

    def cloaks() -> dict[Path, int]:
        return {p: p.stat().st_mtime_ns for p in (out / "cloaks").rglob("*") if p.is_file()}

    # As if it had been stopped while the last person was cloaked.
    made = cloaks()
    lost = next(p for p in sorted(made) if p.suffix == ".jpg" and "noise" in str(p))
    before = lost.read_bytes()
    lost.unlink()
    Instrument(plan, networks, [], told.append).cloak()
    assert lost.read_bytes() == before
    changed = {p for p, time in cloaks().items() if made.get(p) != time}
    assert changed == {lost, lost.with_suffix(".json")}

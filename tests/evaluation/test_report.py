from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from fawkes_host.evaluation.portrait import draw_portrait
from fawkes_host.evaluation.report import render, write_report


def share(mean: float) -> dict:
    return {"mean": mean, "interval_95": [max(mean - 0.1, 0), min(mean + 0.1, 1)], "people": 3}


def trackers(mean: float) -> dict:
    row = {"protection": share(mean), "unprotected": share(0.0)}
    ranked = {**row, "rank_5": share(mean / 2), "rank_10": share(mean / 4)}
    return {"1-NN": ranked, "linear": ranked, "fine-tuned": ranked, "verification": row}


def row(method: str, strength: str, mean: float, held_out=None, judge="judge <b>") -> dict:
    return {
        "method": method,
        "strength": strength,
        "held_out": held_out,
        "judge": judge,
        "trackers": trackers(mean),
    }


def looks(method: str, strength: str, score: float, held_out=None) -> dict:
    names = ("flip", "delta_e", "delta_e_shading", "dssim", "linf")
    measures = {name: {"mean": 0.03, "percentile_95": 0.04} for name in names}
    return {
        "method": method,
        "strength": strength,
        "held_out": held_out,
        "faces": 4,
        "seconds_a_photo": 1.25,
        "ssimulacra2": {"mean": score, "percentile_5": score - 3},
        "psnr": {"mean": 41.0, "percentile_5": 40.0},
        **measures,
    }


@pytest.fixture
def report() -> dict:
    ours = [row("fawkes-host", "mid", 0.31), row("fawkes-host", "high", 0.62)]
    frontier = [*ours, row("Fawkes 1.0", "low", 0.05), row("random noise", "mid", 0.0)]
    return {
        "schema": 3,
        "seed": 0,
        "levels": ["mid", "high"],
        "posted": 12,
        "people": ["ann", "bea", "cy"],
        "alone": False,
        "retrained": ["faceres 0a1b2c3d"],
        "people_posting_fewer": ["cy"],
        "baseline_people": ["ann"],
        "probes": 30,
        "gallery_photos": 400,
        "gallery_people": 100,
        "judges": ["judge <b>"],
        "hold_out": [],
        "unseen": ours,
        "white_box": [],
        "frontier": frontier,
        "control": {"most_protected": 0.0, "at_most": 0.05, "passed": True},
        "view": {
            "method": "fawkes-host",
            "strength": "mid",
            "held_out": None,
            "judge": "judge <b>",
        },
        "posted_curve": [{"posted": n, "trackers": trackers(m)} for n, m in ((1, 0.6), (12, 0.3))],
        "leaked": [
            {
                "leaked": s,
                "leaked_photos": round(12 * s),
                "trackers": trackers(0.3),
            }
            for s in (0.0, 0.5)
        ],
        "decoys": [],
        "transforms": [{"transform": t, "trackers": trackers(0.3)} for t in ("none", "jpeg 75")],
        "retrieval": [
            {"query": "clean", "gallery": "protected", "not_found": share(0.3)},
        ],
        "adaptive": {
            "tuned_on_our_cloaks": {"1-NN": trackers(0.21)["verification"]},
            "purifier": {"1-NN": trackers(0.22)["verification"]},
            "detector_auc": 0.87,
        },
        "visibility": [
            looks("fawkes-host", "mid", 66.0),
            looks("fawkes-host", "high", 56.0),
            looks("Fawkes 1.0", "low", 60.0),
            looks("random noise", "mid", 65.0),
        ],
    }


@pytest.fixture
def faces() -> list:
    portrait = draw_portrait(60)
    versions = [("fawkes-host mid", portrait), ('other "method"', portrait)]
    return [{"person": "ann", "original": portrait, "versions": versions}]


class Tags(HTMLParser):
    """Collects tags, and complains where one is closed that is not open."""

    VOID = frozenset({"meta", "img", "br", "link", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_page_is_well_formed_and_needs_nothing_but_itself(report, faces):
    page = render(report, faces)
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    kinds = [tag for tag, _ in tags.seen]
    assert kinds.count("svg") >= 4
    for tag, attributes in tags.seen:
        source = attributes.get("src", "data:")
        assert source.startswith("data:"), source
        assert tag not in {"link", "iframe"}
        if tag == "script":
            assert "src" not in attributes
    assert "url(http" not in page
    assert "@import" not in page


def test_names_from_outside_are_text(report, faces):
    page = render(report, faces)
    assert "judge <b>" not in page
    assert "judge &lt;b&gt;" in page
    assert "other &quot;method&quot;" in page


def test_page_says_that_surrogates_were_retrained(report, faces):
    assert "retrained weights of faceres 0a1b2c3d" in render(report, faces)
    assert "retrained" not in render(report | {"retrained": []}, faces)


def test_every_level_has_its_card_with_the_worst_judge(report, faces):
    report["unseen"].insert(0, row("fawkes-host", "mid", 0.07, "faceres", "faceres"))
    page = render(report, faces)
    cards = re.findall(r'<article class="card">.*?</article>', page)
    assert len(cards) == 2
    assert "<b>7</b>" in cards[0]
    assert "<b>31</b>" not in cards[0]
    assert "faceres" in cards[0]
    assert "<b>62</b>" in cards[1]


def test_figures_of_every_table_are_there(report, faces):
    page = render(report, faces)
    for figure in ("66.0", "0.87", ">21 <", ">22 <", "1.25", "50 % (6)"):
        assert figure in page, figure
    assert "3 people" in page
    assert "the same person" in page


def test_a_control_that_protects_sounds_the_alarm(report, faces):
    assert 'role="alert"' not in render(report, faces)
    report["control"] = {"most_protected": 0.2, "at_most": 0.05, "passed": False}
    assert "Do not trust this run" in render(report, faces)


def test_decoys_have_a_section_where_they_were_measured(report, faces):
    assert "Decoys" not in render(report, faces)
    report["decoys"] = [
        {
            "judge": judge,
            "strength": "low",
            "donors": "look-alike",
            "leaked": leaked,
            "leaked_photos": round(12 * leaked),
            "decoys": count,
            "trackers": trackers(protected),
            "nearest_decoy": 0.61 if count else None,
            "nearest_clean": 0.77,
        }
        for judge, protected in (("judge <b>", 0.93), ("other", 0.42))
        for leaked in (0.0, 0.2)
        for count in (0, 16)
    ]
    page = render(report, faces)
    for figure in ("<h2>Decoys</h2>", "0.61", "0.77", ">93 <", "20 % (2)", "look-alike"):
        assert figure in page, figure
    # The plot is of the judge who is deceived least.
    assert "1-NN, other, low" in page
    assert "judge <b>" not in page


def test_a_small_run_leaves_tables_out(report):
    assert "Protection against visibility" in render(report, [])
    report["frontier"] = []
    assert "Protection against visibility" not in render(report, [])
    report["posted_curve"] = []
    report["adaptive"] = {}
    assert "Too few people" in render(report, [])


def test_json_holds_the_same(report, faces, tmp_path):
    page = write_report(report, faces, tmp_path / "out")
    assert page.read_text("utf-8") == render(report, faces)
    assert json.loads((tmp_path / "out" / "report.json").read_text("utf-8")) == report
    assert {path.name for path in page.parent.iterdir()} == {"report.html", "report.json"}

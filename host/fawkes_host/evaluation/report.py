"""The report: one page that needs nothing but itself, and the same figures as JSON."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fawkes_host.evaluation import plots
from fawkes_host.system.files import write_atomically

PAGE = Path(__file__).with_name("report_page.html")

LARGEST_SHOWN_PX = 640
RANKING = ("1-NN", "linear", "fine-tuned")
ALL = (*RANKING, "verification")


def write_report(report: dict[str, Any], faces: Sequence[dict[str, Any]], folder: Path) -> Path:
    """Write ``report.json`` and ``report.html`` into a folder; returns the page.

    ``faces`` are those that the page shows: ``person``, ``original`` and ``versions``, pairs of a
    title and a crop uint8 [h, w, 3].
    """
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "report.html"
    for path, text in (
        (folder / "report.json", json.dumps(report, indent=2)),
        (page, render(report, faces)),
    ):
        write_atomically(path, text.encode())
    return page


def _together(report: dict[str, Any]) -> str:
    together = "each by itself" if report["alone"] else "together, as from a folder"
    if report["retrained"]:
        together += f", on retrained weights of {', '.join(report['retrained'])}"
    return html.escape(together)


def render(report: dict[str, Any], faces: Sequence[dict[str, Any]]) -> str:
    """Return the page."""
    view = report["view"]
    without = f" without {view['held_out']}" if view["held_out"] else ""
    return Template(PAGE.read_text("utf-8")).substitute(
        summary=_summary(report),
        cards="".join(_card(report, level) for level in report["levels"]),
        control=_control(report["control"]),
        unseen=_protection(report["unseen"]),
        white_box=_protection(report["white_box"]) if report["white_box"] else "<p>None.</p>",
        frontier=_frontier(report),
        faces="".join(_face(face, number) for number, face in enumerate(faces)),
        view=html.escape(f"level {view['strength']}{without}, judged by {view['judge']}"),
        together=_together(report),
        posted_plot=plots.posted(report["posted_curve"]) if report["posted_curve"] else "",
        leaked_plot=plots.leaked(report["leaked"]),
        transforms_plot=plots.transforms(report["transforms"]),
        posted=_shares(
            "photos", [(str(r["posted"]), r["trackers"]) for r in report["posted_curve"]]
        ),
        leaked=_shares("leaked", [(_leak_title(r), r["trackers"]) for r in report["leaked"]]),
        decoys=_decoys(report["decoys"]),
        transforms=_shares(
            "transform", [(r["transform"], r["trackers"]) for r in report["transforms"]]
        ),
        retrieval=_retrieval(report["retrieval"]),
        adaptive=_adaptive(report["adaptive"]),
        visibility=_visibility(report["visibility"]),
    )


def _people(count: int) -> str:
    return "person" if count == 1 else f"{count} people"


def _summary(report: dict[str, Any]) -> str:
    fewer = len(report["people_posting_fewer"])
    note = f" ({fewer} of them have fewer)" if fewer else ""
    return html.escape(
        f"{_people(len(report['people']))} with {report['posted']} posted photos each{note}, "
        f"{report['probes']} clean probes, one person at a time in a gallery of "
        f"{report['gallery_photos']} photos of {report['gallery_people']} people. Seed "
        f"{report['seed']}."
    )


def _card(report: dict[str, Any], level: str) -> str:
    """Show the worst unseen judge at one level, and what can be seen there."""
    row = next(row for row in report["unseen"] if row["strength"] == level)
    seen: dict[str, Any] = next(
        (
            r
            for r in report["visibility"]
            if (r["method"], r["strength"], r["held_out"])
            == (row["method"], level, row["held_out"])
        ),
        {},
    )
    figures = "".join(
        f"<div><dt>{name}</dt><dd><b>{_percent(row['trackers'][name]['protection'])}</b> "
        f"<span>{_interval(row['trackers'][name]['protection'])}</span></dd></div>"
        for name in ("1-NN", "linear")
    )
    looks = ""
    if "ssimulacra2" in seen:
        looks = (
            f"SSIMULACRA2 {seen['ssimulacra2']['mean']:.0f}, "
            f"FLIP {seen['flip']['mean']:.3f}, ΔE {seen['delta_e']['mean']:.1f}"
        )
    return (
        f'<article class="card"><h3>{html.escape(level)}</h3><dl>{figures}</dl>'
        f"<p>worst of the unseen: {html.escape(row['judge'])}</p><p>{looks}</p></article>"
    )


def _control(control: dict[str, Any]) -> str:
    if control["most_protected"] is None:
        return ""
    share = f"{100 * control['most_protected']:.0f} %"
    if control["passed"]:
        return f"<p>The control, random noise as visible as our cloaks, protects {share}.</p>"
    return (
        f'<p class="alarm" role="alert">The control, random noise as visible as our cloaks, '
        f"protects {share}: more than chance. Do not trust this run.</p>"
    )


def _protection(rows: Sequence[dict[str, Any]], with_method: bool = False) -> str:
    head = ["judge"] + (["method"] if with_method else []) + ["level"]
    head += [f"{name}" for name in ALL] + ["rank 5", "rank 10", "no cloak"]
    body = []
    for row in rows:
        trackers = row["trackers"]
        cells = [html.escape(row["judge"])]
        if with_method:
            cells.append(html.escape(row["method"]))
        strength = row["strength"]
        if row["held_out"] and not with_method and row["held_out"] != row["judge"]:
            strength += f" without {row['held_out']}"
        cells.append(html.escape(strength))
        cells += [_share(trackers[name]["protection"]) for name in ALL]
        cells += [_percent(trackers["1-NN"][f"rank_{rank}"]) for rank in (5, 10)]
        cells.append(_percent(trackers["1-NN"]["unprotected"]))
        body.append(cells)
    return _table(head, body, 3 if with_method else 2)


def _frontier(report: dict[str, Any]) -> str:
    """Show the section of other methods, where they were measured."""
    if not report["frontier"]:
        return ""
    table = _protection(report["frontier"], with_method=True)
    return (
        "<h2>Protection against visibility</h2>"
        f"{plots.frontier(report)}"
        f'<p class="quiet">All methods on the same {_people(len(report["baseline_people"]))}, on '
        "the same surrogates, by the same judge. Noise as visible as our levels is the control.</p>"
        f"<details><summary>The figures</summary>{table}</details>"
    )


def _shares(title: str, rows: Iterable[tuple[str, dict[str, Any]]]) -> str:
    body = []
    for name, trackers in rows:
        cells = [html.escape(name)]
        for tracker in ("1-NN", "linear"):
            cells.append(_share(trackers[tracker]["protection"]))
            cells.append(_percent(trackers[tracker]["unprotected"]))
        body.append(cells)
    return _table([title, "1-NN", "no cloak", "linear", "no cloak"], body, 1)


def _leak_title(row: dict[str, Any]) -> str:
    return f"{100 * row['leaked']:.0f} % ({row['leaked_photos']})"


def _decoys(rows: Sequence[dict[str, Any]]) -> str:
    """Show the section of decoys, where they were measured."""
    if not rows:
        return ""
    head = ["judge", "level", "donors", "leaked", "decoys", "1-NN", "linear"]
    head += ["cosine to the nearest decoy", "to the nearest clean photo"]
    body = []
    for row in rows:
        near = row["nearest_decoy"]
        shares = (_share(row["trackers"][name]["protection"]) for name in ("1-NN", "linear"))
        body.append(
            [
                html.escape(row["judge"]),
                row["strength"],
                row["donors"],
                _leak_title(row),
                str(row["decoys"]),
                *shares,
                "" if near is None else f"{near:.2f}",
                f"{row['nearest_clean']:.2f}",
            ]
        )
    return (
        "<h2>Decoys</h2>"
        f"{plots.decoys(rows)}"
        '<p class="quiet">Photos of other people, changed so that recognisers take them for the '
        "person, and posted under another name. Those other people have no other photo in the "
        "gallery. A probe that is nearer to a decoy than to a clean photo that leaked is named as "
        "somebody else. The plot has the judge and the level where decoys help least.</p>"
        f"<details><summary>The figures</summary>{_table(head, body, 4)}</details>"
    )


def _retrieval(rows: Sequence[dict[str, Any]]) -> str:
    body = [[r["query"], r["gallery"], _share(r["not_found"])] for r in rows]
    return _table(["query", "gallery", "not found"], body, 2)


def _adaptive(adaptive: dict[str, Any]) -> str:
    if not adaptive:
        return "<p>Too few people.</p>"
    rows = []
    for key, title in (
        ("tuned_on_our_cloaks", "features tuned on our cloaks of others"),
        ("purifier", "purifier trained on our cloaks of others"),
    ):
        for tracker, shares in adaptive[key].items():
            rows.append(
                [
                    title,
                    tracker,
                    _share(shares["protection"]),
                    _percent(shares["unprotected"]),
                ]
            )
    table = _table(["tracker", "names by", "protected", "no cloak"], rows, 2)
    auc = adaptive["detector_auc"]
    return (
        f"{table}<p>A detector trained on other people tells cloaked photos from clean ones "
        f"with an area under the curve of {auc:.2f} (0.5 guesses, 1 always knows).</p>"
    )


def _visibility(rows: Sequence[dict[str, Any]]) -> str:
    head = ["method", "strength", "faces", "SSIMULACRA2", "worst 5 %", "FLIP", "worst 5 %"]
    head += ["ΔE p99", "ΔE shading", "DSSIM", "PSNR", "L∞", "s a photo"]
    body = []
    for row in rows:
        if "ssimulacra2" not in row:
            continue
        without = f" without {row['held_out']}" if row["held_out"] else ""
        body.append(
            [
                html.escape(row["method"]),
                html.escape(row["strength"] + without),
                str(row["faces"]),
                f"{row['ssimulacra2']['mean']:.1f}",
                f"{row['ssimulacra2']['percentile_5']:.1f}",
                f"{row['flip']['mean']:.4f}",
                f"{row['flip']['percentile_95']:.4f}",
                f"{row['delta_e']['mean']:.1f}",
                f"{row['delta_e_shading']['mean']:.1f}",
                f"{row['dssim']['mean']:.4f}",
                f"{row['psnr']['mean']:.1f}",
                f"{row['linf']['mean']:.0f}",
                f"{row['seconds_a_photo']:.2f}",
            ]
        )
    return _table(head, body, 2)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], words: int) -> str:
    """Show a table whose first columns hold words and the others numbers; cells are HTML."""
    columns = [f'<th scope="col"{_kind(i, words)}>{name}</th>' for i, name in enumerate(head)]
    lines = [
        "<tr>"
        + "".join(f"<td{_kind(i, words)}>{cell}</td>" for i, cell in enumerate(row))
        + "</tr>"
        for row in rows
    ]
    return (
        '<div class="scroll" tabindex="0"><table><thead><tr>'
        + "".join(columns)
        + "</tr></thead><tbody>"
        + "".join(lines)
        + "</tbody></table></div>"
    )


def _kind(column: int, words: int) -> str:
    return "" if column < words else ' class="number"'


def _share(share: dict[str, Any]) -> str:
    return f"{_percent(share)} <small>{_interval(share)}</small>"


def _percent(share: dict[str, Any]) -> str:
    return f"{100 * share['mean']:.0f}"


def _interval(share: dict[str, Any]) -> str:
    low, high = share["interval_95"]
    return f"{100 * low:.0f}–{100 * high:.0f}"


def _face(face: dict[str, Any], number: int) -> str:
    """Show a face beside its cloaked versions; one button lays the original over the version."""
    options = "".join(
        f'<option value="{i}">{html.escape(title)}</option>'
        for i, (title, _) in enumerate(face["versions"])
    )
    images = "".join(
        f'<img alt="" data-version="{i}"{"" if i == 0 else " hidden"} src="{_data_url(crop)}">'
        for i, (_, crop) in enumerate(face["versions"])
    )
    original = _data_url(face["original"])
    return (
        f'<section class="face" aria-label="Face {number + 1}"><div class="pair">'
        f'<figure><img alt="The original face" src="{original}"><figcaption>original</figcaption>'
        f'</figure><figure><div class="stack">{images}'
        f'<img class="over" alt="" src="{original}" hidden></div>'
        f'<figcaption role="status">cloaked</figcaption></figure></div><div class="tools"><label>'
        f"Cloaked by <select>{options}</select></label> "
        f'<button type="button" aria-pressed="false">Flip</button></div></section>'
    )


def _data_url(crop: NDArray[np.uint8]) -> str:
    image = Image.fromarray(crop)
    image.thumbnail((LARGEST_SHOWN_PX, LARGEST_SHOWN_PX))
    file = io.BytesIO()
    image.save(file, "WEBP", lossless=True)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode("ascii")

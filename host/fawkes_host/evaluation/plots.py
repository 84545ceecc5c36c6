"""The report's plots, as SVG that takes its text colour from the page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any

INK = "#010203"
"""Stands for the page's own text colour, which an SVG in a page calls ``currentColor``."""

TRACKERS = ("1-NN", "linear")

COLOURS = {
    "fawkes-host": "#2f7fd0",
    "Fawkes 1.0": "#d9772b",
    "Fawkes 1.0, its merge": "#b8923a",
    "MI-DI-TI": "#8a63c9",
    "random noise": "#8b8f97",
}
MARKERS = ("o", "s", "D", "^", "v")
TRACKER_COLOURS = {"1-NN": "#2f7fd0", "linear": "#d9772b"}

PAPER_WITH_LEAKS = 80
"""Per cent that the Fawkes paper claims where clean photos have leaked and a Sybil helps."""

LEAK_COLOURS = ("#2f7fd0", "#d9772b", "#8a63c9", "#b8923a", "#8b8f97")


def frontier(report: dict[str, Any]) -> str:
    """Plot protection against visibility: every method on the same people by the same judge."""
    seen = {
        (row["method"], row["strength"], row["held_out"]): row["ssimulacra2"]["mean"]
        for row in report["visibility"]
        if "ssimulacra2" in row
    }
    with _figure(len(TRACKERS), (9.2, 4.0)) as (figure, panels):
        for panel, tracker in zip(panels, TRACKERS, strict=True):
            for marker, (method, colour) in zip(MARKERS, COLOURS.items(), strict=True):
                points = []
                for row in report["frontier"]:
                    key = (row["method"], row["strength"], row["held_out"])
                    if row["method"] == method and key in seen:
                        share = 100 * row["trackers"][tracker]["protection"]["mean"]
                        points.append((seen[key], share, row["strength"]))
                if not points:
                    continue
                points.sort()
                x, y, names = zip(*points, strict=True)
                panel.plot(x, y, marker=marker, color=colour, label=method, clip_on=False)
                if method != "random noise":
                    for point in zip(x, y, names, strict=True):
                        panel.annotate(
                            point[2], point[:2], (4, 5), textcoords="offset points", fontsize=8
                        )
            panel.set_title(tracker)
            panel.set_xlabel("SSIMULACRA2 (less visible →)")
            _percent(panel)
        panels[0].set_ylabel("protected, %")
        _legend_below(figure, panels[0], columns=len(COLOURS))
        return _svg(figure, "Protection against visibility, for every method")


def posted(rows: Sequence[dict[str, Any]]) -> str:
    """Plot protection by the number of photos posted."""
    with _figure(1, (4.6, 3.9)) as (figure, (panel,)):
        x = [row["posted"] for row in rows]
        for tracker in TRACKERS:
            _band(panel, x, [row["trackers"][tracker] for row in rows], tracker)
        panel.set_xlabel("photos posted")
        panel.set_ylabel("protected, %")
        panel.set_xticks(x)
        _percent(panel)
        _legend_below(figure, panel)
        return _svg(figure, "Protection by the number of photos posted")


def leaked(rows: Sequence[dict[str, Any]]) -> str:
    """Plot protection by the share of photos that leaked clean."""
    with _figure(1, (4.6, 3.9)) as (figure, (panel,)):
        x = [100 * row["leaked"] for row in rows]
        for tracker in TRACKERS:
            _band(panel, x, [row["trackers"][tracker] for row in rows], tracker)
        panel.set_xlabel("clean photos among those posted, %")
        panel.set_ylabel("protected, %")
        _percent(panel)
        _legend_below(figure, panel)
        return _svg(figure, "Protection by the share of leaked clean photos")


def decoys(rows: Sequence[dict[str, Any]]) -> str:
    """Plot protection by the number of decoys, a line for each share of leaked clean photos.

    By the judge, and at the level, where the nearest neighbour is deceived least.
    """

    def protected(row: dict[str, Any]) -> float:
        share: float = row["trackers"]["1-NN"]["protection"]["mean"]
        return share

    most = max(row["decoys"] for row in rows)
    worst = min((row for row in rows if row["decoys"] == most), key=protected)
    same = ("judge", "strength", "donors")
    chosen = [row for row in rows if all(row[key] == worst[key] for key in same)]
    shares = sorted({row["leaked"] for row in chosen})
    with _figure(len(TRACKERS), (9.2, 4.0)) as (figure, panels):
        for panel, tracker in zip(panels, TRACKERS, strict=True):
            for colour, share in zip(LEAK_COLOURS, shares, strict=False):
                line = [row for row in chosen if row["leaked"] == share]
                x = [row["decoys"] for row in line]
                y = [100 * row["trackers"][tracker]["protection"]["mean"] for row in line]
                title = f"{100 * share:.0f} % leaked"
                panel.plot(x, y, "o-", color=colour, label=title, clip_on=False)
            panel.axhline(PAPER_WITH_LEAKS, color=INK, linewidth=0.8, linestyle=":")
            panel.set_title(f"{tracker}, {worst['judge']}, {worst['strength']}")
            panel.set_xlabel("decoys (dotted: the paper's claim)")
            panel.set_xticks(sorted({row["decoys"] for row in chosen}))
            _percent(panel)
        panels[0].set_ylabel("protected, %")
        _legend_below(figure, panels[0], columns=len(shares))
        return _svg(figure, "Protection by the number of decoys")


def transforms(rows: Sequence[dict[str, Any]]) -> str:
    """Plot protection after each transform."""
    with _figure(1, (9.2, 0.9 + 0.32 * len(rows))) as (figure, (panel,)):
        places = range(len(rows))
        for offset, tracker in zip((-0.2, 0.2), TRACKERS, strict=True):
            panel.barh(
                [place + offset for place in places],
                [100 * row["trackers"][tracker]["protection"]["mean"] for row in rows],
                height=0.36,
                color=TRACKER_COLOURS[tracker],
                label=tracker,
            )
        panel.set_yticks(list(places), [row["transform"] for row in rows])
        panel.invert_yaxis()
        panel.set_xlim(0, 100)
        panel.set_xlabel("protected, %")
        panel.grid(axis="x", color=INK, alpha=0.12)
        panel.legend(frameon=False, loc="lower right")
        figure.tight_layout()
        return _svg(figure, "Protection after transforms")


def _band(panel: Any, x: Sequence[float], shares: Sequence[dict[str, Any]], title: str) -> None:
    colour = TRACKER_COLOURS[title]
    rows = [share["protection"] for share in shares]
    panel.plot(x, [100 * row["mean"] for row in rows], "o-", color=colour, label=title)
    low, high = ([100 * row["interval_95"][side] for row in rows] for side in (0, 1))
    panel.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
    plain = [100 * share["unprotected"]["mean"] for share in shares]
    panel.plot(x, plain, ":", color=colour, label=f"{title}, no cloak")


def _legend_below(figure: Any, panel: Any, columns: int = 2) -> None:
    """Put the legend where it hides no line."""
    handles, labels = panel.get_legend_handles_labels()
    lines = -(-len(labels) // columns)
    figure.legend(handles, labels, loc="lower center", ncols=columns, frameon=False, fontsize=9)
    figure.tight_layout(rect=(0, 0.07 * lines, 1, 1))


def _percent(panel: Any) -> None:
    panel.set_ylim(0, 100)
    panel.grid(color=INK, alpha=0.12)


@contextmanager
def _figure(panels: int, size: tuple[float, float]) -> Any:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    style: Any = {
        "font.family": "sans-serif",
        "font.size": 10,
        # Text stays text: it takes the page's font and can be read aloud.
        "svg.fonttype": "none",
        "svg.hashsalt": "fawkes",
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "savefig.transparent": True,
    }
    with matplotlib.rc_context(style):
        figure, axes = pyplot.subplots(1, panels, figsize=size, sharey=True, squeeze=False)
        try:
            yield figure, axes[0]
        finally:
            pyplot.close(figure)


def _svg(figure: Any, title: str) -> str:
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    return text.replace("<svg", f'<svg role="img" aria-label="{title}"', 1)

"""``fawkes-host evaluate``: is a person still known, and what can be seen?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("evaluate")
@click.argument("faces", type=FOLDER)
@click.option("--distractors", type=FOLDER, help="Folder of other people, for the gallery.")
@click.option(
    "--judge",
    "judges",
    multiple=True,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A recogniser to judge by: the .param file of an ncnn network that takes ArcFace chips. "
    "May be given more than once.",
)
@click.option(
    "--level",
    "levels",
    multiple=True,
    type=click.Choice(("low", "mid", "high")),
    default=("mid",),
    show_default=True,
    help="Protection level; may be given more than once.",
)
@click.option("--people", type=click.IntRange(1), help="How many people, chosen by --seed.")
@click.option("--posted", type=click.IntRange(1), default=12, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for cloaked photos and intermediate results; a second run goes on there.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(
    faces: Path,
    distractors: Path | None,
    judges: tuple[Path, ...],
    levels: tuple[str, ...],
    people: int | None,
    posted: int,
    seed: int,
    output: Path,
    as_json: bool,
) -> None:
    """Measure protection and visibility on FACES, a folder with one folder a person.

    Every person's first photos are posted cloaked; a recogniser that took no part in the cloak is
    asked who is on the others. Needs the extra 'evaluation'.
    """
    from fawkes_host.engine.levels import LEVELS
    from fawkes_host.engine.pipeline import Engine
    from fawkes_host.evaluation.protection import Plan, evaluate
    from fawkes_host.evaluation.trackers import NcnnRecogniser

    engine = Engine()
    recognisers = [NcnnRecogniser(judge) for judge in judges]
    reports = []
    for level in levels:
        plan = Plan(faces, distractors, output, LEVELS[level], people, posted, seed)
        reports.append(evaluate(plan, engine, recognisers, lambda text: click.echo(text, err=True)))
        if not as_json:
            click.echo(_table(reports[-1]))
    if as_json:
        click.echo(json.dumps(reports, indent=2))


def _table(report: dict[str, Any]) -> str:
    lines = [
        f"level {report['level']}, {len(report['people'])} people, {report['posted']} posted "
        "photos each: clean photos not named as the person",
    ]
    for row in report["judges"]:
        for kind in ("protected", "unprotected"):
            cells = []
            for tracker in ("nearest_neighbour", "linear"):
                share = row[f"{kind}_{tracker}"]
                low, high = share["interval_95"]
                cells.append(
                    f"{tracker.replace('_', ' ')} {100 * share['mean']:.0f} % "
                    f"({100 * low:.0f} to {100 * high:.0f})"
                )
            lines.append(f"  {row['judge']:<20} {kind:<12} {', '.join(cells)}")
    seen = report["visibility"]
    lines.append(
        f"  seen: SSIMULACRA2 {seen['ssimulacra2']['mean']:.1f} "
        f"(worst twentieth {seen['ssimulacra2']['percentile_5']:.1f}), "
        f"FLIP {seen['flip']['mean']:.4f} ({seen['flip']['percentile_95']:.4f}), "
        f"ΔE {seen['delta_e']['mean']:.2f} ({seen['delta_e']['percentile_95']:.2f})"
    )
    return "\n".join(lines)

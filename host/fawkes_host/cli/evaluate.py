"""``fawkes-host evaluate``: is a person still known, and what can be seen?"""

from __future__ import annotations

import hashlib
import importlib.metadata
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from fawkes_host.cli.result import print_result
from fawkes_host.protocol.greeting import CLOAK_NAMES
from fawkes_host.system import packages

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
HARDEST = "faceres"
"""Held out where nobody else judges: the surrogate that the others' cloaks reach least."""


def _split_levels(
    _context: click.Context, _parameter: click.Parameter, values: Sequence[str]
) -> tuple[str, ...]:
    """Levels by commas or by several options, weakest first."""
    named = [name.strip() for value in values for name in value.split(",")]
    for name in named:
        if name not in CLOAK_NAMES:
            raise click.BadParameter(f"{name!r} is none of {', '.join(CLOAK_NAMES)}.")
    return tuple(name for name in CLOAK_NAMES if name in named)


def _parse_range(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> tuple[float, float] | None:
    if value is None:
        return None
    try:
        low, high = (float(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter("two numbers with a comma between, such as -1,1") from None
    return low, high


def _parse_template(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> tuple[tuple[float, float], ...] | None:
    if value is None:
        return None
    try:
        numbers = [float(part) for part in value.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != 10:
        raise click.BadParameter("ten numbers: x,y of both eyes, the nose, both mouth corners")
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _parse_counts(
    _context: click.Context, _parameter: click.Parameter, value: str
) -> tuple[int, ...]:
    """Numbers by commas, fewest first."""
    try:
        counts = sorted({int(part) for part in value.split(",") if part.strip()})
    except ValueError:
        counts = [0]
    if counts and counts[0] < 1:
        raise click.BadParameter("numbers of at least 1 with commas between, such as 4,16")
    return tuple(counts)


def _parse_weights(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, Path]:
    files = {}
    for value in values:
        name, _, file = value.partition("=")
        if not Path(file).is_file():
            raise click.BadParameter("NETWORK=FILE, such as faceres=robust.safetensors")
        files[name] = Path(file)
    return files


@click.command("evaluate")
@click.argument("faces_argument", metavar="[FACES]", required=False, type=FOLDER)
@click.option("--faces", type=FOLDER, help="The same as FACES.")
@click.option("--distractors", type=FOLDER, help="Folder of other people, for the gallery.")
@click.option(
    "--level",
    "--levels",
    "levels",
    multiple=True,
    default=("low,mid,high",),
    show_default=True,
    callback=_split_levels,
    help="Protection levels, with commas or by several options.",
)
@click.option("--people", type=click.IntRange(1), help="How many people, chosen by --seed.")
@click.option("--posted", type=click.IntRange(1), help="How many photos each has posted.")
@click.option(
    "--baseline-people",
    type=click.IntRange(0),
    help="How many of them are cloaked by other programs too, which take long; 0 for none.",
)
@click.option(
    "--hold-out",
    multiple=True,
    help="A surrogate that is left out of the cloak and judges it, or 'each' for all in turn.",
)
@click.option(
    "--judge",
    "judges",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A recogniser to judge by: an ncnn .param file with its .bin, or an .onnx file. "
    "May be given more than once.",
)
@click.option("--judge-input", help="Name of the input blob.  [ncnn: data; ONNX: the first]")
@click.option("--judge-output", help="Name of the output blob.  [ncnn: fc1; ONNX: the first]")
@click.option("--judge-size", type=click.IntRange(16), default=112, show_default=True)
@click.option(
    "--judge-template",
    callback=_parse_template,
    help="Where the landmarks lie in a chip: ten numbers.  [ArcFace's]",
)
@click.option(
    "--judge-range",
    callback=_parse_range,
    help="Input values of black and white.  [ncnn: 0,255; ONNX: -1,1]",
)
@click.option("--judge-bgr", is_flag=True, help="The recogniser takes BGR.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--alone",
    is_flag=True,
    help="Cloak each photo by itself, and not a person's posted photos together.",
)
@click.option(
    "--weights",
    "weights",
    multiple=True,
    metavar="NETWORK=FILE",
    callback=_parse_weights,
    help="Cloak on a surrogate with weights that models/train made. May be given more than once.",
)
@click.option(
    "--decoys",
    callback=_parse_counts,
    default="",
    metavar="N,N,…",
    help="Measure decoys as well, so many a person: photos of the others in FACES are made into "
    "them.  [default: none]",
)
@click.option(
    "--donors",
    type=click.Choice(("look-alike", "random")),
    multiple=True,
    default=("look-alike",),
    show_default=True,
    help="Whose photos become decoys. May be given more than once.",
)
@click.option("--quick", is_flag=True, help="A tiny run that shows that everything works.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for cloaked photos, results and report; a second run goes on there.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(
    faces_argument: Path | None,
    faces: Path | None,
    distractors: Path | None,
    levels: tuple[str, ...],
    people: int | None,
    posted: int | None,
    baseline_people: int | None,
    hold_out: tuple[str, ...],
    judges: tuple[Path, ...],
    judge_input: str | None,
    judge_output: str | None,
    judge_size: int,
    judge_template: tuple[tuple[float, float], ...] | None,
    judge_range: tuple[float, float] | None,
    judge_bgr: bool,
    seed: int,
    alone: bool,
    weights: dict[str, Path],
    decoys: tuple[int, ...],
    donors: tuple[str, ...],
    quick: bool,
    output: Path,
    as_json: bool,
) -> None:
    """Measure protection and visibility on FACES, a folder with one folder a person.

    Every person's first photos are posted cloaked; a recogniser that took no part in the cloak is
    asked who is on the others. Without --judge and --hold-out, the surrogate that is hardest to
    reach is held out. Writes report.html and report.json into the output folder. Needs the extra
    'evaluation'.
    """
    folder = faces or faces_argument
    if folder is None or (faces and faces_argument):
        raise click.UsageError("Name one folder of faces.")
    _require_packages()
    if not hold_out and not judges:
        hold_out = (HARDEST,)
    from fawkes_host.tensors import runtime

    runtime.start()
    from fawkes_host.engine.levels import LEVELS as ALL_LEVELS
    from fawkes_host.evaluation.plan import DEFAULT, QUICK, NothingToMeasure, Plan
    from fawkes_host.evaluation.recognisers import JudgeFormat
    from fawkes_host.evaluation.report import write_report
    from fawkes_host.evaluation.run import Instrument
    from fawkes_models import registry, store

    size = QUICK if quick else DEFAULT
    size = replace(
        size,
        people=people or size.people,
        posted=posted or size.posted,
        baseline_people=size.baseline_people if baseline_people is None else baseline_people,
    )
    networks = {name: store.load(name) for name in registry.SURROGATES}
    retrained = _retrain(networks, weights)
    plan = Plan(
        folder,
        distractors,
        output,
        tuple(ALL_LEVELS[name] for name in levels),
        _held_out(hold_out, tuple(registry.SURROGATES)),
        size,
        seed,
        alone,
        decoys,
        tuple(dict.fromkeys(donors)),
        tuple(f"{name} {_digest(weights[name])}" for name in retrained),
    )
    low, high = judge_range or (None, None)
    format_ = JudgeFormat(
        judge_input, judge_output, judge_size, judge_template, low, high, judge_bgr
    )

    def tell(text: str) -> None:
        click.echo(text, err=True)

    try:
        opened = _open(judges, format_)
        instrument = Instrument(
            plan,
            list(networks.values()),
            opened,
            tell,
            list(retrained.values()),
            [store.load(name) for name in registry.FOR_DECOYS] if decoys else (),
        )
        report = instrument.run()
    except NothingToMeasure as error:
        raise click.ClickException(str(error)) from error
    page = write_report(report, instrument.shown_faces(), output)
    if as_json:
        print_result(report)
    else:
        click.echo(_table(report))
    tell(f"The report: {page}")


def _retrain(networks: dict[str, Any], weights: dict[str, Path]) -> dict[str, Any]:
    """Those that ``weights`` names, with these weights."""
    from fawkes_models import store

    try:
        return {name: store.retrained(networks[name], file) for name, file in weights.items()}
    except KeyError as error:
        raise click.BadParameter(
            f"{error} is none of {', '.join(networks)}.", param_hint="--weights"
        ) from error
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--weights") from error


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:8]


def _require_packages() -> None:
    """Raise where something of the extra is missing: before hours of work, not after them."""
    try:
        missing = packages.missing(packages.find_packages("evaluation"))
    except importlib.metadata.PackageNotFoundError:
        return  # It runs without being installed, so nobody can tell.
    if missing:
        raise click.ClickException(
            f"Evaluating needs the extra 'evaluation', of which {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not installed. Install what is missing: "
            f"{sys.executable} -m pip install {' '.join(missing)}"
        )


def _held_out(named: tuple[str, ...], surrogates: tuple[str, ...]) -> tuple[str, ...]:
    if "each" in named:
        return surrogates
    for name in named:
        if name not in surrogates:
            raise click.BadParameter(
                f"{name!r} is neither 'each' nor one of {', '.join(surrogates)}.",
                param_hint="--hold-out",
            )
    return tuple(dict.fromkeys(named))


def _open(judges: tuple[Path, ...], format_: Any) -> list[Any]:
    from fawkes_host.evaluation.recognisers import load_judge

    opened = []
    for path in judges:
        try:
            opened.append(load_judge(path, format_))
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    return opened


def _table(report: dict[str, Any]) -> str:
    lines = [
        f"{len(report['people'])} people with {report['posted']} posted photos, a gallery of "
        f"{report['gallery_people']}: share of clean photos not named as the person, %",
        f"{'judged by, unseen':<24}{'level':<8}{'1-NN':>18}{'linear':>18}"
        f"{'verification':>18}{'fine-tuned':>18}{'uncloaked':>12}",
    ]
    for row in report["unseen"]:
        cells = ""
        for name in ("1-NN", "linear", "verification", "fine-tuned"):
            share = row["trackers"][name]["protection"]
            low, high = share["interval_95"]
            cells += f"{100 * share['mean']:6.0f} ({100 * low:.0f} to {100 * high:.0f})".rjust(18)
        plain = row["trackers"]["1-NN"]["unprotected"]["mean"]
        lines.append(f"{row['judge']:<24}{row['strength']:<8}{cells}{100 * plain:12.0f}")
    lines.append("")
    lines.append(f"{'seen':<40}{'SSIMULACRA2':>12}{'FLIP':>8}{'ΔE':>7}{'s a photo':>11}")
    for row in report["visibility"]:
        if "ssimulacra2" not in row:
            continue
        without = f" without {row['held_out']}" if row["held_out"] else ""
        title = f"{row['method']} {row['strength']}{without}"
        lines.append(
            f"{title:<40}{row['ssimulacra2']['mean']:12.1f}{row['flip']['mean']:8.4f}"
            f"{row['delta_e']['mean']:7.2f}{row['seconds_a_photo']:11.2f}"
        )
    control = report["control"]
    if control["most_protected"] is not None:
        verdict = "as it must" if control["passed"] else "MORE THAN CHANCE: do not trust this run"
        share = f"{100 * control['most_protected']:.0f} %"
        lines.append(f"The control, random noise, protects {share}: {verdict}.")
    return "\n".join(lines)

"""``fawkes-host cloak``: photos and folders in, cloaked photos out."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, replace

import click

from fawkes_host.cli.cloak.backends import Cloaking, EngineCloaking, ServiceCloaking
from fawkes_host.cli.cloak.notices import SUFFIXES
from fawkes_host.cli.cloak.outcome import Outcome
from fawkes_host.cli.cloak.progress import Report
from fawkes_host.cli.inputs import Job, find_jobs, read_photo
from fawkes_host.cli.output import Originals, write_output
from fawkes_host.cli.result import print_result
from fawkes_host.protocol.errors import (
    ExitStatus,
    FawkesError,
    InternalError,
    OutputExists,
)
from fawkes_host.protocol.greeting import CLOAK_NAMES, POLICY_NAMES

EPILOG = """\b
Examples:
  fawkes-host cloak portrait.jpg
  fawkes-host cloak --level high -o out.jpg portrait.jpg
  fawkes-host cloak --recursive -o cloaked/ holidays/
  fawkes-host cloak --service portrait.jpg
  cat portrait.jpg | fawkes-host cloak - > cloaked.jpg

\b
Exit status:
  0    every photo is done
  1    unexpected error
  2    wrong usage
  3    some photos failed
  4    all photos failed
  130  interrupted
"""


@click.command("cloak", epilog=EPILOG)
@click.argument("photos", nargs=-1, required=True, metavar="PHOTO|FOLDER...")
@click.option(
    "-o",
    "--output",
    metavar="FILE|FOLDER",
    help="Where the result goes. An existing folder, a name ending in a slash, and any name given "
    "for several inputs are folders; there every result keeps its original's name. "
    "Without this it lies beside the original as NAME_cloaked.EXT.",
)
@click.option(
    "--level",
    type=click.Choice(CLOAK_NAMES),
    default="mid",
    show_default=True,
    help="Protection level.",
)
@click.option(
    "--metadata",
    type=click.Choice(POLICY_NAMES),
    default="strip-location",
    show_default=True,
    help="What becomes of EXIF, XMP and IPTC.",
)
@click.option("--recursive", is_flag=True, help="Look into the folders of folders too.")
@click.option("--overwrite", is_flag=True, help="Replace results that exist; never an original.")
@click.option(
    "--device",
    type=click.Choice(("auto", "cpu", "gpu")),
    help="Where the networks run.  [default: auto]",
)
@click.option(
    "--service",
    is_flag=True,
    help="Let the engine service do it, which browsers share and which stays warm; "
    "it is started where there is none.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a report as JSON on standard output.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def command(
    photos: tuple[str, ...],
    output: str | None,
    level: str,
    metadata: str,
    recursive: bool,
    overwrite: bool,
    device: str | None,
    service: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Cloak the faces in photos. Originals are never changed.

    PHOTO is a JPEG, PNG, WebP, HEIC, AVIF, BMP or TIFF file; - reads standard input and writes
    standard output. In a photo without a face no pixel changes. Give the photos of a person
    together: then they protect each other.
    """
    if "-" in photos and (len(photos) > 1 or (as_json and output in (None, "-"))):
        raise click.UsageError("'-' stands alone, and without --json unless -o names a file.")
    if service and device is not None:
        raise click.UsageError("--device is the service's own setting: see 'fawkes-host serve'.")
    jobs = find_jobs(photos, output, recursive)
    if not jobs:
        raise click.UsageError("No photos found; use --recursive to look into folders of folders.")
    with Report(len(jobs), quiet or as_json) as report:

        def start() -> Cloaking:
            if service:
                return ServiceCloaking(level, metadata, report)
            return EngineCloaking(device or "auto", level, metadata, report)

        outcomes = _cloak_all(jobs, start, overwrite, report)
    if as_json:
        print_result({"results": [asdict(outcome) for outcome in outcomes]})
    failed = sum(outcome.status == "failed" for outcome in outcomes)
    if failed:
        status = ExitStatus.ALL_FAILED if failed == len(outcomes) else ExitStatus.SOME_FAILED
        raise click.exceptions.Exit(status)


def _cloak_all(
    jobs: list[Job], start: Callable[[], Cloaking], overwrite: bool, report: Report
) -> list[Outcome]:
    cloaking: Cloaking | None = None
    enrolled = 0
    outcomes = []
    originals = Originals(job.input for job in jobs if job.input is not None)
    for number, job in enumerate(jobs):
        report.begin(job)
        started = time.perf_counter()
        outcome = Outcome(job.shown_input, None, "failed", None, 0.0, [], [])
        try:
            if job.output is not None and not overwrite and os.path.lexists(job.output):
                raise OutputExists(output=job.shown_output)
            if job.output is not None:
                originals.refuse(job.output)
            data = read_photo(job.input)
            if cloaking is None:
                # Only now: a mistyped name is told at once and not after TensorFlow has started.
                cloaking = start()
            if number >= enrolled and len(jobs) > 1:
                enrolled = number + cloaking.enrolled_at_once
                _enrol(jobs[number:enrolled], cloaking, overwrite, report)
                started = time.perf_counter()
            result = cloaking.cloak(data)
            job = _renamed(job, result.notices, jobs)  # noqa: PLW2901
            write_output(job.output, result.data, overwrite, job.input, originals)
            outcome.output = job.shown_output
            outcome.status = result.status
            outcome.notices = result.notices
            outcome.faces = result.faces
        except FawkesError as error:
            outcome.error = {"code": error.code, "message": str(error)}
        except Exception as error:  # one photo's surprise must not end the others
            internal = InternalError(detail=f"{type(error).__name__}: {error}")
            outcome.error = {"code": internal.code, "message": str(internal)}
        outcome.seconds = round(time.perf_counter() - started, 3)
        outcomes.append(outcome)
        report.end(outcome)
    return outcomes


def _renamed(job: Job, notices: Collection[str], jobs: Collection[Job]) -> Job:
    """Return a job whose result is named as what it has become.  Raises ``OutputExists``."""
    suffix = next((SUFFIXES[code] for code in notices if code in SUFFIXES), None)
    if job.output is None or suffix is None:
        return job
    renamed = replace(job, output=job.output.with_suffix(suffix))
    if renamed != job and any(other.output == renamed.output for other in jobs):
        raise OutputExists(output=renamed.shown_output)
    return renamed


def _enrol(jobs: list[Job], cloaking: Cloaking, overwrite: bool, report: Report) -> None:
    """Enrol who is on photos; what is wrong with one is told when its turn comes."""
    for number, job in enumerate(jobs):
        report.enrol(number / len(jobs))
        wanted = job.output is None or overwrite or not os.path.lexists(job.output)
        with contextlib.suppress(Exception):
            cloaking.enrol(read_photo(job.input), wanted, len(jobs) - number - 1)

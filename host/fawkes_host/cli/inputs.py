"""Which photos a command line names, and where each result goes."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from fawkes_host.photo.media_types import PHOTO_SUFFIXES
from fawkes_host.protocol.errors import EmptyInput, TooManyBytes, UnreadableInput
from fawkes_host.protocol.limits import PHOTO_BYTES

CLOAKED_MARK = "_cloaked"


@dataclass(frozen=True)
class Job:
    """One photo; ``None`` stands for standard input and standard output."""

    input: Path | None
    output: Path | None

    @property
    def shown_input(self) -> str:
        return "-" if self.input is None else str(self.input)

    @property
    def shown_output(self) -> str:
        return "-" if self.output is None else str(self.output)


def find_jobs(photos: tuple[str, ...], output: str | None, recursive: bool) -> list[Job]:
    """Return a job for every photo that is named or lies in a named folder, in a stable order.

    A file named by itself is always a job, even where it does not exist, so that the report says
    so.  Raises ``click.UsageError`` where two inputs would be written to one output, or an output
    is an input.
    """
    if photos == ("-",):
        target = None if output in (None, "-") else Path(str(output))
        if target is not None and target.is_dir():
            raise click.UsageError("Standard input has no name to keep: let -o name a file.")
        return [Job(None, target)]
    if output == "-":
        raise click.UsageError("Standard output takes one photo, from standard input: use '-'.")
    into_folder = output is not None and (
        len(photos) > 1
        or Path(photos[0]).is_dir()
        or Path(output).is_dir()
        or output.endswith(("/", os.sep))
    )
    jobs = []
    for named in photos:
        path = Path(named)
        # An earlier run's results lie in the folder too when no other was given.
        skip_cloaked = output is None
        sources = _photos_in(path, recursive, skip_cloaked) if path.is_dir() else [path]
        root = path if path.is_dir() else path.parent
        for source in sources:
            if output is None:
                target = source.with_name(f"{source.stem}{CLOAKED_MARK}{source.suffix}")
            elif into_folder:
                target = Path(output) / source.relative_to(root)
            else:
                target = Path(output)
            jobs.append(Job(source, target))
    jobs = list(dict.fromkeys(jobs))
    _refuse_collisions(jobs)
    return jobs


def read_photo(source: Path | None) -> bytes:
    """Return a photo's bytes, those of standard input for ``None``.

    Raises ``EmptyInput``, ``TooManyBytes`` or ``UnreadableInput``: also for what is no file, since
    a pipe may never end, and a device may do something when it is opened.
    """
    try:
        data = sys.stdin.buffer.read(PHOTO_BYTES + 1) if source is None else _read(source)
    except OSError as error:
        raise UnreadableInput(detail=error.strerror or str(error)) from error
    if not data:
        raise EmptyInput()
    if len(data) > PHOTO_BYTES:
        size = source.stat().st_size if source else len(data)
        raise TooManyBytes(bytes=size, limit=PHOTO_BYTES)
    return data


def _read(source: Path) -> bytes:
    if not stat.S_ISREG(source.stat().st_mode):
        raise UnreadableInput(detail="it is no regular file")
    # What has taken its place meanwhile is not waited for.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(source, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise UnreadableInput(detail="it is no regular file")
        return file.read(PHOTO_BYTES + 1)


def find_sources(photos: tuple[str, ...], recursive: bool) -> list[Path]:
    """Return every photo that is named or lies in a named folder, in a stable order; not those
    that an earlier run has cloaked beside them."""
    found = []
    for path in map(Path, photos):
        found += _photos_in(path, recursive, skip_cloaked=True) if path.is_dir() else [path]
    return list(dict.fromkeys(found))


def _photos_in(folder: Path, recursive: bool, skip_cloaked: bool) -> list[Path]:
    """The photos of a folder; links to folders are not followed, so no loop can catch us."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(folders) if recursive else []
        for name in sorted(names):
            path = Path(parent) / name
            # A file that is named by itself is judged by its content.
            if path.suffix.lower() not in PHOTO_SUFFIXES or name.startswith("."):
                continue
            if skip_cloaked and path.stem.endswith(CLOAKED_MARK):
                continue
            found.append(path)
    return found


def _refuse_collisions(jobs: list[Job]) -> None:
    inputs = {_identity(job.input) for job in jobs if job.input is not None}
    outputs: dict[str, Path | None] = {}
    for job in jobs:
        if job.output is None:
            continue
        key = _identity(job.output)
        if key in inputs:
            raise click.UsageError(f"{job.output} is an original, and originals are never changed.")
        if key in outputs:
            raise click.UsageError(
                f"{outputs[key]} and {job.input} would both be written to {job.output}."
            )
        outputs[key] = job.input


def _identity(path: Path) -> str:
    """One string for one file, whatever way it is named."""
    return os.path.normcase(os.path.realpath(path))

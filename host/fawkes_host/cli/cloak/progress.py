"""Tells on standard error what ``fawkes-host cloak`` is doing: a progress bar on a terminal,
errors always, nothing else elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from fawkes_host.cli.cloak.notices import tell_lost
from fawkes_host.protocol.errors import printable

if TYPE_CHECKING:
    from fawkes_host.cli.cloak.outcome import Outcome
    from fawkes_host.cli.inputs import Job

STAGE_NAMES = {
    "start": "starting",
    "decode": "reading",
    "detect": "looking for faces",
    "align": "measuring faces",
    "cloak": "cloaking",
    "merge": "fitting the cloak",
    "encode": "writing",
}


class Report:
    """Progress and errors of one run; use it as a context manager."""

    def __init__(self, photos: int, quiet: bool) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._quiet = quiet
        self._bar: Progress | None = None
        if not quiet and sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[stage]}"),
                console=self._console,
                transient=True,
            )
            self._task = self._bar.add_task("Cloaking", total=photos, stage=STAGE_NAMES["start"])
        self._done = 0

    def __enter__(self) -> Report:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def begin(self, job: Job) -> None:
        """A photo's turn has come."""
        self._name = printable(job.shown_input)

    def enrol(self, fraction: float) -> None:
        """So much of the photos that come next has been enrolled."""
        if self._bar is not None:
            doing = f"getting to know the faces, {fraction:.0%}"
            self._bar.update(self._task, stage=doing)

    def advance(self, stage: str, fraction: float, faces: int) -> None:
        """Take the engine's progress within the photo."""
        if self._bar is None:
            return
        doing = STAGE_NAMES.get(stage, stage)
        if faces > 1 and stage == "cloak":
            doing = f"{doing} {faces} faces"
        self._bar.update(self._task, completed=self._done + fraction, stage=doing)

    def end(self, outcome: Outcome) -> None:
        """Tell what became of a photo."""
        self._done += 1
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done)
        line = Text(self._name + ": ")
        if outcome.error is not None:
            line.append(
                f"{printable(outcome.error['message'])} ({outcome.error['code']})", style="red"
            )
        elif "animation_untouched" in outcome.notices and not self._quiet:
            # Told without a terminal too: no face in it is protected.
            line.append("an animation, passed on uncloaked", style="yellow")
            self._console.print(line, soft_wrap=True)
            return
        elif self._bar is None or self._quiet:
            return
        elif outcome.status == "no_face":
            line.append("no face found, pixels unchanged", style="yellow")
        else:
            count = len(outcome.faces)
            line.append(f"{count} face{'s' if count > 1 else ''} cloaked", style="green")
            line.append(f" → {printable(str(outcome.output))} ({outcome.seconds:.1f} s)")
        if outcome.notices:
            line.append(f" ({tell_lost(outcome.notices)})", style="dim")
        self._console.print(line, soft_wrap=True)

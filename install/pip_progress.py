"""Runs pip, and shows in one line how far it is; what pip says itself is kept for when it fails.

Uses the standard library alone, since it runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TextIO

TICK_S: Final = 0.5
"""So often the line is drawn anew while pip says nothing: often enough not to look hung."""

WORTH_A_LINE_MB: Final = 20
"""Where no line can be drawn anew, packages of this size get a line of their own."""

LINES_KEPT: Final = 15
"""Of what pip said last, where it failed: its errors are at the end."""

_FETCHED: Final = re.compile(r"\s*(?:Downloading|Using cached) (\S+) \(([\d.]+) (kB|MB|GB)\)")
_UNPACKING: Final = re.compile(r"Installing collected packages: (.+)")
_IN_MB: Final = {"kB": 1e-3, "MB": 1.0, "GB": 1e3}


class PipFailed(Exception):
    """pip ended with a status other than 0; the message is what it said last."""


class PipProgress:
    """What pip is doing, from the lines that it prints and the files that it writes."""

    def __init__(self, about_mb: int, packages: Path, drafts: Path) -> None:
        """``about_mb``: what is fetched in all; ``packages``: where they are installed;
        ``drafts``: pip's folder for temporary files."""
        self.about_mb = about_mb
        self.packages = packages
        self.drafts = drafts
        self.fetched_mb = 0.0
        self.file = ""
        self.file_mb = 0.0
        self.unpacking = 0
        self.had = 0
        self.retries = False

    def hear(self, line: str) -> str:
        """Take a line of pip's in; return one for those who read no moving line, or nothing."""
        if found := _FETCHED.match(line):
            self.retries = False
            self.fetched_mb += self.file_mb
            name, number, unit = found.groups()
            self.file, self.file_mb = name.rpartition("/")[2], float(number) * _IN_MB[unit]
            if self.file_mb >= WORTH_A_LINE_MB:
                return f"fetching {self.file} ({self.file_mb:.0f} MB)"
        elif found := _UNPACKING.match(line):
            self.fetched_mb += self.file_mb
            self.file_mb = 0
            self.unpacking = found[1].count(",") + 1
            self.had = self.installed()
            return f"unpacking {self.unpacking} packages"
        elif "Retrying" in line:
            self.retries = True
            return "the connection fails; pip tries again"
        return ""

    def installed(self) -> int:
        """How many packages there are."""
        return sum(1 for _ in self.packages.glob("*.dist-info"))

    def draft_mb(self) -> float:
        """How much of the file that is being fetched has arrived."""
        name = self.file.removesuffix(".metadata")
        sizes = [0.0]
        with contextlib.suppress(OSError):  # pip moves them while we look
            sizes += [path.stat().st_size / 1e6 for path in self.drafts.glob(f"*/{name}")]
        return min(self.file_mb, max(sizes))

    def line(self, seconds: float) -> str:
        """The moving line."""
        passed = f"{int(seconds) // 60}:{int(seconds) % 60:02}"
        if self.retries:
            return f"{passed}  the connection fails; pip tries again"
        if self.unpacking:
            done = min(self.unpacking, self.installed() - self.had)
            slow = (
                "; TensorFlow takes longest" if self.unpacking > done > self.unpacking - 4 else ""
            )
            return f"{passed}  unpacking: {done} of {self.unpacking} packages{slow}"
        fetched = self.fetched_mb + self.draft_mb()
        if self.file_mb >= 1:
            return (
                f"{passed}  fetched {fetched:.0f} of about {self.about_mb} MB: "
                f"{self.file.split('-')[0]}"
            )
        return f"{passed}  fetched {fetched:.0f} of about {self.about_mb} MB"


def run_pip(
    command: Sequence[str | Path],
    about_mb: int,
    *,
    at: Path,
    packages: Path,
    drafts: Path,
    out: TextIO,
) -> None:
    """Run pip in the folder ``at``, and show on ``out`` how far it is; raises PipFailed, OSError.

    ``command``: the whole command line; ``packages``: the folder that they are installed into;
    ``drafts``: an existing folder on the disk that has room.  The folder for temporary files of
    many machines is in memory, and TensorFlow does not fit there.
    """
    heard: list[str] = []
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=drafts, prefix="fetch-") as folder:
        progress = PipProgress(about_mb, packages, Path(folder))
        environment = {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "PYTHONIOENCODING": "utf-8",
            "PIP_PROGRESS_BAR": "off",
            "PIP_ROOT_USER_ACTION": "ignore",  # it is a virtual environment of our own
            "TMPDIR": folder,
        }
        with subprocess.Popen(
            [str(part) for part in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            cwd=at,
            env=environment,
        ) as pip:
            try:
                _follow(pip, progress, heard, started, out)
            except BaseException:
                pip.kill()
                raise
    if pip.returncode != 0:
        errors = [line for line in heard if line.startswith(("ERROR", "error"))]
        raise PipFailed("\n".join((errors or heard)[-LINES_KEPT:]))


def _follow(
    pip: subprocess.Popen[str],
    progress: PipProgress,
    heard: list[str],
    started: float,
    out: TextIO,
) -> None:
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert pip.stdout is not None
        for line in pip.stdout:
            lines.put(line.rstrip())
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    moves = out.isatty()
    shown = ""
    while True:
        line: str | None = ""
        with contextlib.suppress(queue.Empty):
            line = lines.get(timeout=TICK_S)
        if line is None:
            break
        said = ""
        if line:
            heard.append(line)
            said = progress.hear(line)
        if moves:
            shown = _draw(out, progress.line(time.monotonic() - started), shown)
        elif said and said != shown:
            shown = said
            print(f"  {said}", file=out, flush=True)
    if moves:
        _draw(out, "", shown)
        out.write("\r")
        out.flush()


def _draw(out: TextIO, text: str, before: str) -> str:
    """Draw a line over the one before."""
    text = f"  {text}"[: shutil.get_terminal_size().columns - 1]
    if text == before:
        return text
    out.write("\r" + text + " " * (len(before) - len(text)))
    out.flush()
    return text

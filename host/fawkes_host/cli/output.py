"""Writes results whole or not at all."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from fawkes_host.protocol.errors import DiskFull, OutputExists, UnwritableOutput
from fawkes_host.system import files

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def write_output(
    path: Path | None,
    data: bytes,
    overwrite: bool,
    original: Path | None = None,
    keep: Originals | None = None,
) -> None:
    """Write ``data`` to ``path``, whole or not at all.

    ``None`` is standard output.  Nobody gets at the result who cannot at ``original``.  No file of
    ``keep`` is replaced, by whatever name ``path`` leads there.  Missing folders are made.  Raises
    ``DiskFull``, ``UnwritableOutput`` or ``OutputExists``, and leaves nothing behind then, neither
    a partial file nor a folder it has made.
    """
    if path is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    made: list[Path] = []
    try:
        made = _make_folders(path.parent)
        files.write_atomically(
            path,
            data,
            mode=_mode(original),
            overwrite=overwrite,
            flush=True,
            last_look=lambda: keep.refuse(path) if keep else None,
        )
    except BaseException as error:
        for folder in reversed(made):
            # Not empty: somebody else has put something there meanwhile.
            with suppress(OSError):
                folder.rmdir()
        if isinstance(error, FileExistsError):
            raise OutputExists(output=str(path)) from error
        if isinstance(error, OSError):
            if error.errno in NO_SPACE:
                raise DiskFull() from error
            raise UnwritableOutput(detail=error.strerror or str(error)) from error
        raise


class Originals:
    """Files that are never replaced: each is known by itself and not by its name, of which it may
    have several, as where a file system ignores case or shows a folder twice."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._known = {_file(path) for path in paths} - {None}

    def refuse(self, path: Path) -> None:
        """Raise ``UnwritableOutput`` where ``path`` is one of them."""
        if _file(path) in self._known:
            raise UnwritableOutput(detail=f"{path} is an original, and originals are never changed")


def _file(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _mode(original: Path | None) -> int:
    """The mode of a result: its owner's whatever the original's is, others' as there."""
    try:
        return 0o600 | (original.stat().st_mode & 0o066 if original else 0o066)
    except OSError:
        return 0o600


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder and its parents; return those that were made, outermost first."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    made = []
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        made.append(path)
    return made

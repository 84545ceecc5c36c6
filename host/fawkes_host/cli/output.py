"""Writes results whole or not at all."""

from __future__ import annotations

import errno
import sys
from contextlib import suppress
from pathlib import Path

from fawkes_host.protocol.errors import DiskFull, OutputExists, UnwritableOutput
from fawkes_host.system import files

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def write_output(path: Path | None, data: bytes, overwrite: bool) -> None:
    """Write ``data`` to ``path``, whole or not at all.

    ``None`` is standard output.  Missing folders are made.  Raises ``DiskFull``,
    ``UnwritableOutput`` or ``OutputExists``, and leaves nothing behind then, neither a partial file
    nor a folder it has made.
    """
    if path is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    made: list[Path] = []
    try:
        made = _make_folders(path.parent)
        files.write_atomically(path, data, overwrite=overwrite, flush=True)
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

"""Writes results whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path

from fawkes_host.protocol.errors import DiskFull, OutputExists, UnwritableOutput

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def write_atomically(path: Path | None, data: bytes, overwrite: bool) -> None:
    """Write ``data`` to a temporary file beside ``path``, which then takes that name.

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
        if overwrite or not _write_without_a_name(path, data):
            _write_beside(path, data, overwrite)
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


def _write_without_a_name(path: Path, data: bytes) -> bool:
    """Write a file that has no name until it is whole, so that not even ``kill -9`` leaves one.

    False where the system cannot do that: on others than Linux, and on some file systems.
    """
    if not hasattr(os, "O_TMPFILE"):
        return False
    try:
        descriptor = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, 0o666)
    except OSError:
        return False
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
        try:
            # Given a descriptor, whatever it is, Python calls linkat, which follows the first link.
            os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=descriptor)
        except FileNotFoundError:  # no /proc here
            return False
    return True


def _write_beside(path: Path, data: bytes, overwrite: bool) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _put_in_place(temporary, path, overwrite)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _put_in_place(temporary: Path, path: Path, overwrite: bool) -> None:
    """Rename; without ``overwrite`` a file that has appeared meanwhile is not replaced."""
    if overwrite:
        temporary.replace(path)
        return
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError as error:
        # A file system without hard links: look, then rename.
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        temporary.replace(path)
    else:
        temporary.unlink()


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

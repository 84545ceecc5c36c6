"""Writes files whole or not at all: beside their place, then put there.

Part of the relay's way to its first answer, so that nothing heavy is imported.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

PRIVATE_MODE = 0o600

_SMALL_BYTES = 1 << 16


def write_private(path: Path, content: bytes) -> None:
    """Replace ``path`` in one step by a file for the user alone.  Raises ``OSError``."""
    write_atomically(path, content, mode=PRIVATE_MODE)


def read_own(path: Path) -> bytes:
    """Read a small file of this user's; never a link, a pipe or a device that waits for a writer.

    Raises ``OSError``.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or (os.name != "nt" and found.st_uid != os.geteuid()):
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(path))
        return file.read(_SMALL_BYTES)


def write_atomically(
    path: Path,
    content: bytes,
    *,
    mode: int = 0o666,
    overwrite: bool = True,
    flush: bool = False,
    last_look: Callable[[], None] | None = None,
) -> None:
    """Write ``content`` under another name, which then becomes ``path``.

    ``mode`` is what the umask leaves of it.  ``flush`` waits until the disk has it.  Without
    ``overwrite``, whoever comes first wins: raises ``FileExistsError``.  ``last_look`` is called
    just before a file may be replaced, and may raise.  Raises ``OSError``, and leaves nothing
    behind then.
    """
    if overwrite or not _write_without_a_name(path, content, mode, flush):
        _write_beside(path, content, mode, overwrite, flush, last_look)


def _write_without_a_name(path: Path, content: bytes, mode: int, flush: bool) -> bool:
    """Write a file that has no name until it is whole, so that not even ``kill -9`` leaves one.

    False where the system cannot do that: on others than Linux, and on some file systems.
    """
    if not hasattr(os, "O_TMPFILE"):
        return False
    try:
        descriptor = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, mode)
    except OSError:
        return False
    with os.fdopen(descriptor, "wb") as file:
        _fill(file, content, flush)
        try:
            # Given a descriptor, whatever it is, Python calls linkat, which follows the first link.
            os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=descriptor)
        except FileNotFoundError:  # no /proc here
            return False
    return True


def _write_beside(
    path: Path,
    content: bytes,
    mode: int,
    overwrite: bool,
    flush: bool,
    last_look: Callable[[], None] | None,
) -> None:
    draft = path.with_name(f".{path.name}.{os.urandom(6).hex()}.part")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(draft, flags, mode), "wb") as file:
            _fill(file, content, flush)
        if last_look is not None:
            last_look()
        if overwrite:
            draft.replace(path)
        else:
            _put_in_place(draft, path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


def _fill(file: IO[bytes], content: bytes, flush: bool) -> None:
    file.write(content)
    if flush:
        file.flush()
        os.fsync(file.fileno())


def _put_in_place(draft: Path, path: Path) -> None:
    """Give the draft its name unless there is a file of that name by now."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError as error:
        # A file system without hard links: look, then rename.
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        draft.replace(path)
    else:
        draft.unlink()

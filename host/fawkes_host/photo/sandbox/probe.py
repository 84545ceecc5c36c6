"""What a program in this process could do to its user: tried, not looked up.

Each deed is tried on files made for it, so that it harms nobody where it succeeds.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Final

_REFUSALS: Final = (errno.EPERM, errno.EACCES, errno.ENOSYS)
"""What systems answer where something is not allowed, or there is no such call."""

_FILE, _SPARE, _PROGRAM = "file", "spare", "program"


def prepare(folder: Path) -> None:
    """Make in an empty folder what the deeds are tried on."""
    (folder / _FILE).write_bytes(b"of the user")
    (folder / _SPARE).write_bytes(b"")
    program = folder / _PROGRAM
    program.write_bytes(b"")
    program.chmod(0o700)


def what_is_possible(folder: Path) -> tuple[str, ...]:
    """Try all deeds on what ``prepare`` has made; return the names of those that succeeded."""
    return tuple(name for name, deed in DEEDS.items() if _succeeds(deed, folder))


def _succeeds(deed: Callable[[Path], None], folder: Path) -> bool:
    try:
        deed(folder)
    except OSError as fault:
        # Any other fault is not that of a deed that was refused.
        return fault.errno not in _REFUSALS
    except AttributeError:
        return False  # This system has no such function.
    return True


def _read(folder: Path) -> None:
    os.close(os.open(folder / _FILE, os.O_RDONLY))


def _look_around(folder: Path) -> None:
    (folder / _FILE).stat()


def _write(folder: Path) -> None:
    os.close(os.open(folder / _FILE, os.O_WRONLY))


def _make(folder: Path) -> None:
    (folder / "made").mkdir()


def _delete(folder: Path) -> None:
    (folder / _SPARE).unlink()


def _execute(folder: Path) -> None:
    # An empty file is no program: where this is allowed, ENOEXEC comes back.
    os.execv(folder / _PROGRAM, [_PROGRAM])


def _fork(_: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
        pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _connect(_: Path) -> None:
    for family in (socket.AF_INET, getattr(socket, "AF_UNIX", socket.AF_INET)):
        socket.socket(family).close()


def _signal(_: Path) -> None:
    os.kill(os.getppid(), 0)


def _open_memory(_: Path) -> None:
    os.close(os.open(f"/proc/{os.getppid()}/mem", os.O_RDONLY))


def _read_memory(_: Path) -> None:
    class Piece(ctypes.Structure):
        _fields_ = (("start", ctypes.c_void_p), ("bytes", ctypes.c_size_t))

    byte = ctypes.c_char()
    here = Piece(ctypes.addressof(byte), 1)
    # The same place in the parent: nothing may be there, which is no refusal.
    libc = ctypes.CDLL(None, use_errno=True)
    place = ctypes.byref(here)
    count = ctypes.c_ulong(1)
    zero = ctypes.c_ulong(0)
    if libc.process_vm_readv(os.getppid(), place, count, place, count, zero) < 0:
        raise OSError(ctypes.get_errno(), "process_vm_readv")


DEEDS: Final[dict[str, Callable[[Path], None]]] = {
    "read files": _read,
    "look at folders": _look_around,
    "write files": _write,
    "make files": _make,
    "delete files": _delete,
    "start programs": _execute,
    "start processes": _fork,
    "use the network": _connect,
    "signal other processes": _signal,
    "open other processes' memory": _open_memory,
    "read other processes' memory": _read_memory,
}

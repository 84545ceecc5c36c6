"""Processes of ours that talk to their parent over their pipes: what both ends share.

A message is its length and that of what follows (two big-endian words of 32 bits), itself, and
raw bytes.  Part of the relay's way to its first answer, so that nothing heavy is imported.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    Bytes = bytes | bytearray | memoryview

_HEAD = struct.Struct(">II")
HEAD_BYTES = _HEAD.size

_NEEDED = (
    *("PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONPYCACHEPREFIX"),
    *("HOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"),
    *("SYSTEMROOT", "USERPROFILE", "APPDATA"),
)
"""Without these, Python does not find the packages, or they their libraries."""


def pack(body: bytes, raw: Bytes) -> tuple[bytes, Bytes]:
    """What goes into the pipe: the lengths with the message, and the raw bytes uncopied."""
    return _HEAD.pack(len(body), memoryview(raw).nbytes) + body, raw


def unpack_head(head: Bytes) -> tuple[int, int]:
    """The lengths of the message and of the raw bytes that follow."""
    message_bytes, raw_bytes = _HEAD.unpack(head)
    return message_bytes, raw_bytes


def command(module: str, *arguments: str) -> list[str]:
    """The command line of a process of ours.

    It looks for no module in its folder.  Python's isolated mode would also lose the packages of
    those who installed them for one user, or told by PYTHONPATH where they lie.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def bare_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """What a process needs in order to start, and ``extra``; no secrets that variables hold."""
    kept = {name: os.environ[name] for name in _NEEDED if name in os.environ}
    return {**kept, **extra}


def take_stdio() -> tuple[int, int]:
    """Descriptors for messages in and out; from now on reading stdin finds its end."""
    _have_stderr()
    incoming = os.dup(0)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    return incoming, take_stdout(incoming)


def take_stdout(incoming: int = 0) -> int:
    """A descriptor for messages; from now on fd 1, and ``print``, lead to stderr.

    A library that writes to stdout would tear the stream of messages.
    """
    _have_stderr()
    outgoing = os.dup(1)
    os.dup2(2, 1)
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (incoming, outgoing):
            msvcrt.setmode(descriptor, os.O_BINARY)
    return outgoing


def _have_stderr() -> None:
    """Where whoever started this has closed stderr, let nothing else become fd 2."""
    try:
        os.fstat(2)
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        if nowhere != 2:
            os.dup2(nowhere, 2)
            os.close(nowhere)


def leave_no_dump() -> None:
    """Let a crash write nothing of this process's memory, nor of its children's, to a file."""
    with suppress(ImportError):
        import resource

        # To a program that takes dumps, which most systems have, Linux hands them over whatever
        # the limit is; 1 alone is taken for "never" (core(5), and fs/coredump.c).
        for most_bytes in (1, 0) if sys.platform == "linux" else (0,):
            with suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_CORE, (most_bytes, most_bytes))
                return


def be_lost_first(score: int) -> None:
    """Short of memory, let the system end this process (1000: before any other)."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write(str(score))


def ending(status: int) -> str:
    """How a process ended, for people who look for the reason."""
    if status < 0 and os.name == "posix":
        with suppress(ValueError):
            return signal.Signals(-status).name
    return f"status {status}"

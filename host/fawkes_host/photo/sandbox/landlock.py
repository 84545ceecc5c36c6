"""Landlock: what a process of Linux can take from itself of files, ports and other processes.

It holds for the thread that asks for it and those it starts.  Numbers are of linux/landlock.h; the
rights that a kernel knows are told by the version of its interface, and the rest is left out
(https://docs.kernel.org/userspace-api/landlock.html).
"""

from __future__ import annotations

import ctypes
import os
from typing import Final

from fawkes_host.photo.sandbox import kernel

_CREATE_RULESET, _RESTRICT_SELF = 444, 446
"""The same on every architecture, as all calls since Linux 5.1."""

_ASK_VERSION: Final = 1

_READING: Final = 1 << 2 | 1 << 3
"""To read a file, to list a folder."""

_FILE_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 5: 16}
"""So many bits of file rights there are, from each version on: 2 added to move between folders, 3
to truncate, 5 the controls of devices."""

_PORTS: Final = (4, 1 << 0 | 1 << 1)
"""Since version 4: to take a TCP port, to connect to one."""

_SCOPES: Final = (6, 1 << 0 | 1 << 1)
"""Since version 6: abstract Unix sockets and signals, of and to processes outside."""


class _Ruleset(ctypes.Structure):
    """``struct landlock_ruleset_attr``; older kernels know its first fields alone."""

    _fields_ = (
        ("files", ctypes.c_uint64),
        ("ports", ctypes.c_uint64),
        ("scopes", ctypes.c_uint64),
    )


def version() -> int:
    """Version of the kernel's interface; 0 where it has none, or none that may be used."""
    try:
        return kernel.system_call(
            _CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION)
        )
    except OSError:
        return 0


def deny_changes() -> None:
    """From now on no file is written, made, moved, removed or run, no TCP port is reached, and no
    process outside is signalled or looked into.  Raises OSError."""
    known = version()
    rights = max((bits for since, bits in _FILE_RIGHTS.items() if known >= since), default=0)
    _restrict(
        known,
        files=((1 << rights) - 1) & ~_READING,
        ports=_PORTS[1] if known >= _PORTS[0] else 0,
        scopes=_SCOPES[1] if known >= _SCOPES[0] else 0,
    )


def deny_reading() -> None:
    """From now on no file is opened and no folder is listed.  Raises OSError."""
    _restrict(version(), files=_READING, ports=0, scopes=0)


def _restrict(known: int, *, files: int, ports: int, scopes: int) -> None:
    """Deny these rights everywhere: a ruleset without rules has no exceptions."""
    attributes = _Ruleset(files, ports, scopes)
    fields = 1 + (known >= _PORTS[0]) + (known >= _SCOPES[0])
    ruleset = kernel.system_call(
        _CREATE_RULESET,
        ctypes.byref(attributes),
        ctypes.c_size_t(fields * ctypes.sizeof(ctypes.c_uint64)),
        ctypes.c_uint32(0),
    )
    try:
        kernel.system_call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)

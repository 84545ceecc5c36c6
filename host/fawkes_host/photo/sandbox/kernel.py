"""The system calls by which a process of Linux takes rights from itself, for which Python has no
functions."""

from __future__ import annotations

import ctypes
import os

_PR_SET_NO_NEW_PRIVS = 38
"""linux/prctl.h"""


def system_call(number: int, *arguments: object) -> int:
    """What a system call returns.  Raises OSError where it fails, and where there is no libc."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.syscall.restype = ctypes.c_long
        result = libc.syscall(ctypes.c_long(number), *arguments)
    except AttributeError as fault:
        raise OSError(str(fault)) from fault
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return int(result)


def give_up_new_privileges() -> None:
    """No program that this process may start has more rights than it, as by a set-user-id bit.

    Landlock and seccomp ask for it (prctl(2)).  Raises OSError.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))

"""Seccomp: the only system calls that are left to the codec process once it has what it needs.

A list of what is allowed, since a codec needs little and the kernel gets new calls every year: what
this list forgets costs a photo, which then does not go up and is found by tests; what a list of
what is forbidden forgets would be a hole that nobody sees.  Everything else fails with EPERM, and
what came after Linux 5.1 with ENOSYS, as on a kernel without it: libraries then take the older
call.  Among these is ``clone3``, whose flags a filter cannot see; so a library comes back with
``clone``, of which threads alone are allowed.

Filters are classic BPF over ``struct seccomp_data`` (seccomp(2), linux/seccomp.h, linux/filter.h).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fawkes_host.photo.sandbox import kernel

_WORD: Final = 0xFFFFFFFF
_ANY_BIT: Final = 0xFFFFFFFFFFFFFFFF

_ALLOW: Final = 0x7FFF0000
_FAIL: Final = 0x00050000
"""SECCOMP_RET_ALLOW; SECCOMP_RET_ERRNO, with the error in its lower half."""

FIRST_OF_ALL_ARCHITECTURES: Final = 424
"""Calls that came since Linux 5.1, with one number everywhere; libraries can do without them."""


@dataclass(frozen=True)
class Architecture:
    """``audit``: how the kernel calls it (linux/audit.h); ``column``: its numbers in ``CALLS``."""

    audit: int
    column: int
    seccomp: int


ARCHITECTURES: Final = {
    "x86_64": Architecture(0xC000003E, 0, seccomp=317),
    "aarch64": Architecture(0xC00000B7, 1, seccomp=277),
}

CALLS: Final[dict[str, tuple[int, int | None]]] = {
    # Its pipes.  Not fcntl, which can have signals sent to others.
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "poll": (7, None),
    "ppoll": (271, 73),
    # Memory, of this process alone.
    "mmap": (9, 222),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "mprotect": (10, 226),
    "madvise": (28, 233),
    "brk": (12, 214),
    "sysinfo": (99, 179),  # by glibc's qsort
    # Threads of the encoders.
    "futex": (202, 98),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "membarrier": (324, 283),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "getcpu": (309, 168),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "exit": (60, 93),
    "exit_group": (231, 94),
    # Clocks, and the alarm that ends a decoder.
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "times": (100, 153),
    "getrusage": (98, 165),
    "setitimer": (38, 103),
    "restart_syscall": (219, 128),
    # What happens to signals that come.
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "getrandom": (318, 278),
}
"""Numbers on x86_64 (asm/unistd_64.h) and on aarch64 (asm-generic/unistd.h)."""

_CLONE, _PRCTL, _PRLIMIT, _TGKILL = (56, 220), (157, 167), (302, 261), (234, 131)

_THREAD_FLAGS: Final = 0x003D0F00
"""What a thread shares with the others: memory, files, signals and all the rest (clone(2))."""

_CLONE_DETACHED: Final = 0x00400000
"""Without a meaning since Linux 2.6; musl sets it."""

_PR_SET_NAME, _PR_SET_VMA = 15, 0x53564D41
"""Names of threads and of pieces of memory."""


@dataclass(frozen=True)
class Rule:
    """What becomes of one call (0: it is allowed), where ``conditions`` hold.

    Each is the number of an argument, the bits of it that matter, and what these have to be.
    """

    call: int
    error: int = 0
    conditions: tuple[tuple[int, int, int], ...] = ()


def codec_rules(column: int, pid: int) -> list[Rule]:
    """Return what is left to a codec process with the number ``pid``."""
    rules = [Rule(number) for numbers in CALLS.values() if (number := numbers[column]) is not None]
    flags = (0, _ANY_BIT & ~_CLONE_DETACHED, _THREAD_FLAGS)
    names = ((0, _WORD, name) for name in (_PR_SET_NAME, _PR_SET_VMA))
    return [
        *rules,
        Rule(_CLONE[column], conditions=(flags,)),
        *(Rule(_PRCTL[column], conditions=(name,)) for name in names),
        # Its own limits, to look at: getrlimit(2).
        Rule(_PRLIMIT[column], conditions=((0, _WORD, 0), (2, _ANY_BIT, 0))),
        # Its own end: abort(3).
        Rule(_TGKILL[column], conditions=((0, _WORD, pid),)),
    ]


def program(architecture: Architecture, rules: Iterable[Rule], others: int | None) -> bytes:
    """Return a filter: the first rule that fits decides.

    ``others`` is the error of calls that no rule is about; None allows them.  Calls by another
    architecture's interface always fail.
    """
    audit = architecture.audit
    parts = [_load(_ARCHITECTURE), _instruction(_JUMP_EQUAL, audit, 1, 0), _fail(errno.EPERM)]
    for rule in rules:
        verdict = _fail(rule.error) if rule.error else _instruction(_RETURN, _ALLOW)
        parts += _guarded(rule, verdict)
    if others is None:
        parts.append(_instruction(_RETURN, _ALLOW))
    else:
        recent = _instruction(_JUMP_NOT_BELOW, FIRST_OF_ALL_ARCHITECTURES, 0, 1)
        parts += [_load(_NUMBER), recent, _fail(errno.ENOSYS), _fail(others)]
    return b"".join(parts)


def install(architecture: Architecture, code: bytes) -> None:
    """Put a filter over all threads of this process, for good.  Raises OSError."""
    held = ctypes.create_string_buffer(code, len(code))
    # A thread that cannot take the filter is told by its number.
    refused = kernel.system_call(
        architecture.seccomp,
        ctypes.c_uint(_SET_FILTER),
        ctypes.c_uint(_ALL_THREADS),
        ctypes.byref(_Program(len(code) // _INSTRUCTION.size, ctypes.addressof(held))),
    )
    if refused:
        raise OSError(errno.ESRCH, f"thread {refused} takes no filter")


def this_architecture() -> Architecture | None:
    """Return the one this process runs on; None for one that has no list here."""
    if sys.platform != "linux" or struct.calcsize("P") != 8:
        return None
    return ARCHITECTURES.get(platform.machine())


def confine_codec() -> None:
    """Leave to this process, all threads of it, what a codec needs.

    Raises OSError where the system refuses, or has no filters, or this architecture has no list.
    """
    architecture = this_architecture()
    if architecture is None:
        raise OSError(errno.ENOSYS, f"no list of system calls for {platform.machine()}")
    rules = codec_rules(architecture.column, os.getpid())
    install(architecture, program(architecture, rules, errno.EPERM))


_SET_FILTER, _ALL_THREADS = 1, 1
"""SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC."""

_INSTRUCTION = struct.Struct("=HBBI")
"""``struct sock_filter``: code, how far to jump if true and if false, operand."""

_LOAD, _MASK, _JUMP_EQUAL, _JUMP_NOT_BELOW, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
"""BPF_LD|W|ABS, BPF_ALU|AND|K, BPF_JMP|JEQ|K, BPF_JMP|JGE|K, BPF_RET|K."""

_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Where these are in ``struct seccomp_data``; arguments have 64 bits, the lower half first."""


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _instruction(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return _INSTRUCTION.pack(code, if_true, if_false, operand)


def _load(offset: int) -> bytes:
    return _instruction(_LOAD, offset)


def _fail(error: int) -> bytes:
    return _instruction(_RETURN, _FAIL | error)


def _guarded(rule: Rule, verdict: bytes) -> list[bytes]:
    """Return the verdict behind its conditions, each of which jumps over the rest if it fails."""
    tests = [(_NUMBER, _WORD, rule.call)]
    for argument, mask, wanted in rule.conditions:
        for half in (0, 1):
            shift = 32 * half
            if (mask >> shift) & _WORD:
                place = _ARGUMENTS + 8 * argument + 4 * half
                tests.append((place, (mask >> shift) & _WORD, (wanted >> shift) & _WORD))
    code: list[bytes] = [verdict]
    for place, mask, wanted in reversed(tests):
        code.insert(0, _instruction(_JUMP_EQUAL, wanted, 0, len(code)))
        if mask != _WORD:
            code.insert(0, _instruction(_MASK, mask))
        code.insert(0, _load(place))
    return code

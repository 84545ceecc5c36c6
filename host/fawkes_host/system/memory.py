"""How much memory a process holds."""

from __future__ import annotations

import psutil


def resident_bytes(pid: int) -> int:
    """The resident set of ``pid`` in bytes; 0 where there is no such process."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except (psutil.Error, OSError):
        return 0

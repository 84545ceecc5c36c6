"""How much memory a process holds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def resident_bytes(pid: int) -> int:
    """The resident set of ``pid`` in bytes; 0 where the system does not tell."""
    try:
        return _read(pid)
    except (OSError, ValueError, IndexError, subprocess.SubprocessError):
        return 0


if sys.platform == "linux":

    def _read(pid: int) -> int:
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

elif sys.platform == "darwin":

    def _read(pid: int) -> int:
        command = ["/bin/ps", "-o", "rss=", "-p", str(pid)]
        return (
            int(subprocess.run(command, capture_output=True, check=True, timeout=2).stdout) * 1024
        )

else:

    def _read(pid: int) -> int:  # noqa: ARG001 - Windows tells only through ctypes
        return 0

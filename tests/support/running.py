"""Which processes run."""

from __future__ import annotations

import psutil


def running(module: str, variable: str, value: str) -> list[int]:
    """Return the processes that were started as ``python -m module`` with this environment."""
    parents = {}
    for process in psutil.process_iter(["cmdline", "environ", "ppid"]):
        ours = (process.info["environ"] or {}).get(variable) == value
        if ours and module in (process.info["cmdline"] or ()):
            parents[process.pid] = process.info["ppid"]
    # Until a child runs its own program, it shows its parent's.
    return [pid for pid, parent in parents.items() if parent not in parents]

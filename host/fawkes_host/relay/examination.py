"""``fawkes-host doctor`` for a browser, in a process of its own: which checks, and how they ended.

What it saw stays here: that holds paths, and so the user's name.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

from fawkes_host.protocol.messages import CheckState

PATIENCE_S: Final = 60.0
"""It takes a few seconds; the rest is for a machine that is swapping."""


def run() -> tuple[CheckState, ...]:
    """What it finds; nothing where it could not be run."""
    command = [sys.executable, "-P", "-m", "fawkes_host.cli.main", "doctor", "--json"]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE_S,
            check=False,
        )
        checks = json.loads(done.stdout)["checks"]
        return tuple(CheckState(check=one["check"], state=one["state"]) for one in checks)
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return ()

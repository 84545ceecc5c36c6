"""Runs ``fawkes-host`` with an engine that only says its stages, and a fault at one of them.

    python -m tests.cli.faulty_command STAGE FAULT ARGUMENT...

``FAULT`` is the name of a signal that the process gets, or ``unlink``, which deletes every hidden
file beside the result.  Beside the engine's stages there is ``write``: the result is on its way to
the disk.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from fawkes_host.cli import main
from fawkes_host.cli.cloak import backends
from fawkes_host.engine.progress import STAGES


@dataclass(frozen=True)
class Receipt:
    faces: tuple = ()
    notices: tuple = ()


@dataclass(frozen=True)
class Result:
    data: bytes
    status: str = "no_face"
    receipt: Receipt = Receipt()


def inflict(fault: str) -> None:
    if fault == "unlink":
        for path in Path(os.environ["FAULTY_FOLDER"]).rglob(".*.part"):
            path.unlink()
    else:
        os.kill(os.getpid(), signal.Signals[fault])
        time.sleep(0.05)  # It is delivered before the next line at the latest.


class FaultyEngine:
    def __init__(self, stage: str, fault: str) -> None:
        self.stage, self.fault = stage, fault

    def cloak(self, data, level, policy, progress):
        for stage in STAGES:
            progress(stage, STAGES[stage], 0)
            if stage == self.stage:
                inflict(self.fault)
        return Result(data * 2000)


if __name__ == "__main__":
    stage, fault = sys.argv[1:3]
    backends.start_engine = lambda device: FaultyEngine(stage, fault)
    if stage == "write":
        flush = os.fsync

        def faulty_flush(descriptor):
            flush(descriptor)
            inflict(fault)

        os.fsync = faulty_flush
    if os.environ.get("FAULTY_NAMED") and hasattr(os, "O_TMPFILE"):
        del os.O_TMPFILE
    sys.argv = ["fawkes-host", *sys.argv[3:]]
    main.main()

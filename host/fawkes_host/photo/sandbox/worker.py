"""The codec process: the one place where the bytes of a stranger's file meet a decoder.

Decoders are large C libraries, and files may be made to crash them, to hang them, to eat up the
memory, or to take them over.  Here that ends a process of 60 MB that is started anew in half a
second, and not the engine with its networks; and what takes it over finds nothing to get at.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys

from fawkes_host.photo.sandbox.confinement import Confinement
from fawkes_host.protocol import framing
from fawkes_host.system import child

_MOST_FILES = 64


def _limit(memory_bytes: int) -> None:
    """Take from this process what it does not need, as far as the system can."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        # It writes into a pipe and nowhere else.
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (_MOST_FILES, _MOST_FILES))
        if sys.platform == "linux":
            # What is written to, since Linux 4.7; not what threads reserve and never touch.
            resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))


def main(memory_bytes: int, decode_s: float, encode_s: float) -> None:
    """Work for the engine on the other side of stdin and stdout until it closes them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the engine to answer.
    framing.widen(0)
    framing.widen(1)
    requests, answers = child.take_stdio()
    child.leave_no_dump()
    child.be_lost_first(800)  # Lose this process before the engine.
    _limit(memory_bytes)
    confinement = Confinement()
    confinement.before_imports()

    from fawkes_host.photo.sandbox.serving import Codecs

    codecs = Codecs(
        os.fdopen(requests, "rb", buffering=1 << 20),
        os.fdopen(answers, "wb", buffering=0),
        decode_s,
        encode_s,
        confinement,
    )
    confinement.after_imports()
    codecs.run()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))

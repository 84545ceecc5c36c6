"""``fawkes-native``: what a browser starts, between its pipes and the engine service.

Nothing but frames may reach the browser, so ``main`` puts stdout out of reach before it
imports anything that might print; and nothing here may take long, so that heavy imports
wait until the first ``hello`` has been answered.
"""

from __future__ import annotations

import os
import sys


def _take_stdout() -> int:
    """A descriptor for frames; from now on fd 1, and ``print``, lead to stderr.

    A library that writes to stdout would tear the stream of frames, and the browser
    would close the port.
    """
    frames = os.dup(1)
    try:
        os.dup2(2, 1)
    except OSError:  # The browser has closed stderr.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if sys.platform == "win32":
        import msvcrt

        for fd in (0, frames):
            msvcrt.setmode(fd, os.O_BINARY)
    return frames


def main() -> None:
    """Serves one browser until it closes stdin.  Arguments are ignored."""
    frames = _take_stdout()

    from fawkes_host.forwarding import Forwarder

    status = 1
    try:
        status = Forwarder(0, frames).run()
    finally:
        # Threads may be waiting on the service; the browser must not wait for them.
        os._exit(status)


if __name__ == "__main__":
    main()

"""``fawkes-native``: what a browser starts, between its pipes and the engine service.

Nothing but frames may reach the browser, so ``main`` puts stdout out of reach before it
imports anything that might print; and nothing here may take long, so that heavy imports
wait until the first ``hello`` has been answered.
"""

from __future__ import annotations

import os
import sys


def _take_stdout() -> int:
    """What ``system.child.take_stdout`` does, here since even importing that might print."""
    try:
        os.fstat(2)
    except OSError:  # The browser has closed stderr; nothing else may become fd 2.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        if nowhere != 2:
            os.dup2(nowhere, 2)
            os.close(nowhere)
    frames = os.dup(1)
    os.dup2(2, 1)
    if sys.platform == "win32":
        import msvcrt

        for fd in (0, frames):
            msvcrt.setmode(fd, os.O_BINARY)
    return frames


def _answer_hello(frame: bytearray, frames: int) -> bool:
    """Answers ``frame`` if it is a hello without fault; whatever else it is can wait."""
    import json

    try:
        message = json.loads(frame)
        fit = message["type"] == "hello" and type(message["protocol"]) is int
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
    if not fit or message["protocol"] < 1 or type(message.get("wake", True)) is not bool:
        return False

    import fawkes_host
    from fawkes_host.protocol.framing import write_frame
    from fawkes_host.protocol.greeting import greeting
    from fawkes_host.service import endpoint

    answer = greeting(fawkes_host.__version__, endpoint.peek(endpoint.default()))
    write_frame(frames, json.dumps(answer).encode())
    return True


def main() -> None:
    """Serves one browser until it closes stdin.  Arguments are ignored."""
    frames = _take_stdout()

    from fawkes_host.protocol.framing import FrameReader
    from fawkes_host.system import child

    child.leave_no_dump()

    status = 1
    try:
        reader = FrameReader(0)
        first = reader.peek()
        if first is None:
            status = 0
            return
        greeted = isinstance(first, bytearray) and _answer_hello(first, frames)

        from fawkes_host.relay.forwarder import Forwarder

        status = Forwarder(reader, frames).run(greeted)
    finally:
        # Threads may be waiting on the service; the browser must not wait for them.
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()

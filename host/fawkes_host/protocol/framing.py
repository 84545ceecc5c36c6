"""Native messaging frames on a file descriptor: a 4-byte length, then JSON.

https://developer.chrome.com/docs/extensions/develop/concepts/native-messaging

Part of the relay's way to its first answer, so that what may wait is imported late.
"""

from __future__ import annotations

import io
import os
import struct
import sys

from fawkes_host.protocol.limits import FRAME_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fawkes_host.protocol.errors import FawkesError

BELIEVABLE_BYTES = 128 << 20
"""The longest frame that a browser was ever seen to send (Firefox).  A greater length
means that these four bytes are no length."""

_SKIP_BYTES = 1 << 16

_length = struct.Struct("=I")


class FrameReader:
    """Reads frames from ``fd``, which it never closes."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._file = io.FileIO(fd, closefd=False)
        self._peeked: list[bytearray | FawkesError | None] = []

    def peek(self) -> bytearray | FawkesError | None:
        """What ``read`` will return or raise next."""
        if not self._peeked:
            self._peeked.append(self._next())
        return self._peeked[0]

    def read(self) -> bytearray | None:
        """The next frame, or None at the end of the stream.

        Raises FrameTooLarge, after which the next frame can be read, and OutOfStep,
        after which nothing can.
        """
        found = self._peeked.pop() if self._peeked else self._next()
        if isinstance(found, Exception):
            raise found
        return found

    def _next(self) -> bytearray | FawkesError | None:
        head = self._read_exactly(_length.size)
        if not head:
            return None
        if len(head) < _length.size:
            return _out_of_step("the stream ends inside a frame")
        (size,) = _length.unpack(head)
        if size > BELIEVABLE_BYTES:
            return _out_of_step(f"a frame claims {size} bytes")
        if size > FRAME_BYTES:
            return self._skip(size)
        frame = self._read_exactly(size)
        return frame if len(frame) == size else _out_of_step("the stream ends inside a frame")

    def _read_exactly(self, size: int) -> bytearray:
        """``size`` bytes, or fewer where the stream ends."""
        frame = bytearray(size)
        filled = 0
        with memoryview(frame) as view:
            while filled < size and (count := self._file.readinto(view[filled:])):
                filled += count
        del frame[filled:]
        return frame

    def _skip(self, size: int) -> FawkesError:
        """Reads past a frame without ever holding it."""
        from fawkes_host.protocol.errors import FrameTooLarge

        missing = size
        while missing:
            part = os.read(self.fd, min(missing, _SKIP_BYTES))
            if not part:
                return _out_of_step("the stream ends inside a frame")
            missing -= len(part)
        return FrameTooLarge(bytes=size, limit=FRAME_BYTES)


def _out_of_step(detail: str) -> FawkesError:
    from fawkes_host.protocol.errors import OutOfStep

    return OutOfStep(detail=detail)


def write_frame(fd: int, message: bytes) -> None:
    """Writes one frame, waiting for a slow reader; raises FrameTooLarge, OSError."""
    if len(message) > FRAME_BYTES:
        from fawkes_host.protocol.errors import FrameTooLarge

        raise FrameTooLarge(bytes=len(message), limit=FRAME_BYTES)
    head = _length.pack(len(message))
    if hasattr(os, "writev"):
        written = os.writev(fd, (head, message)) - len(head)
    else:
        written = os.write(fd, head + message) - len(head)
    if written < 0:
        raise OSError("a frame's length was torn")
    rest = memoryview(message)[written:]
    while rest:
        rest = rest[os.write(fd, rest) :]


def widen(fd: int) -> None:
    """Makes a pipe hold 1 MiB instead of 64 KiB, which saves most of the switching."""
    if sys.platform == "linux":
        import fcntl

        try:
            fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, 1 << 20)
        except OSError:  # Not a pipe, or the user's share of pipe memory is spent.
            return

"""Native messaging frames on a file descriptor: a 4-byte length, then JSON.

https://developer.chrome.com/docs/extensions/develop/concepts/native-messaging
"""

from __future__ import annotations

import os
import struct
from typing import Final

from fawkes_host.protocol.errors import FrameTooLarge, OutOfStep

FRAME_BYTES: Final = 1 << 20
"""The largest frame read or written; browsers cut the port at one byte more from the host."""

BELIEVABLE_BYTES: Final = 128 << 20
"""The longest frame that a browser was ever seen to send (Firefox).  A greater length
means that these four bytes are no length."""

_SKIP_BYTES: Final = 1 << 16

_length = struct.Struct("=I")


class FrameReader:
    """Reads frames from ``fd``, which it never closes."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def read(self) -> bytes | None:
        """The next frame, or None at the end of the stream.

        Raises FrameTooLarge, after which the next frame can be read, and OutOfStep,
        after which nothing can.
        """
        head = self._read_exactly(_length.size, may_end=True)
        if head is None:
            return None
        (size,) = _length.unpack(head)
        if size > BELIEVABLE_BYTES:
            raise OutOfStep(detail=f"a frame claims {size} bytes")
        if size > FRAME_BYTES:
            self._skip(size)
            raise FrameTooLarge(bytes=size, limit=FRAME_BYTES)
        return self._read_exactly(size)

    def _read_exactly(self, size: int, may_end: bool = False) -> bytes | None:
        parts: list[bytes] = []
        missing = size
        while missing:
            part = os.read(self._fd, missing)
            if not part:
                if may_end and missing == size:
                    return None
                raise OutOfStep(detail="the stream ends inside a frame")
            parts.append(part)
            missing -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _skip(self, size: int) -> None:
        while size:
            part = os.read(self._fd, min(size, _SKIP_BYTES))
            if not part:
                raise OutOfStep(detail="the stream ends inside a frame")
            size -= len(part)


def write_frame(fd: int, message: bytes) -> None:
    """Writes one frame, waiting for a slow reader; raises FrameTooLarge, OSError."""
    if len(message) > FRAME_BYTES:
        raise FrameTooLarge(bytes=len(message), limit=FRAME_BYTES)
    rest = memoryview(_length.pack(len(message)) + message)
    while rest:
        rest = rest[os.write(fd, rest) :]

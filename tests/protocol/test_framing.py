"""Native messaging frames on real pipes."""

from __future__ import annotations

import contextlib
import os
import struct
import threading

import pytest

from fawkes_host.protocol.errors import FrameTooLarge, OutOfStep
from fawkes_host.protocol.framing import FRAME_BYTES, FrameReader, write_frame


@pytest.fixture
def pipe():
    read, write = os.pipe()
    reader = FrameReader(read)
    yield reader, write
    for fd in (read, write):
        with contextlib.suppress(OSError):
            os.close(fd)


def feed(write: int, *parts: bytes) -> threading.Thread:
    """Writes from another thread, since a pipe holds little; closes the pipe at the end."""

    def work() -> None:
        for part in parts:
            view = memoryview(part)
            while view:
                view = view[os.write(write, view) :]
        os.close(write)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def head(size: int) -> bytes:
    return struct.pack("=I", size)


def test_frames_come_out_as_they_went_in(pipe):
    reader, write = pipe
    largest = os.urandom(FRAME_BYTES)

    def work() -> None:
        for message in (b"{}", b"", largest):
            write_frame(write, message)
        os.close(write)

    thread = threading.Thread(target=work)
    thread.start()
    assert [reader.read(), reader.read(), reader.read()] == [b"{}", b"", largest]
    assert reader.read() is None
    thread.join()


def test_frame_too_large_to_write_is_refused_before_a_byte_is_written(pipe):
    reader, write = pipe
    with pytest.raises(FrameTooLarge):
        write_frame(write, bytes(FRAME_BYTES + 1))
    os.close(write)
    assert reader.read() is None


def test_frame_too_large_is_skipped_and_the_next_one_read(pipe):
    reader, write = pipe
    size = FRAME_BYTES + 1
    thread = feed(write, head(size), bytes(size), head(2), b"{}")
    with pytest.raises(FrameTooLarge) as refusal:
        reader.read()
    assert refusal.value.parameters == {"bytes": size, "limit": FRAME_BYTES}
    assert reader.read() == b"{}"
    thread.join()


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(b"\x01", id="in the length"),
        pytest.param(head(5) + b"four", id="in the frame"),
        pytest.param(head(FRAME_BYTES + 9) + b"four", id="in a frame that is too large"),
        pytest.param(head((128 << 20) + 1) + b"{}", id="by a length nobody sends"),
    ],
)
def test_torn_stream_is_out_of_step(pipe, stream):
    reader, write = pipe
    thread = feed(write, stream)
    with pytest.raises(OutOfStep):
        reader.read()
    thread.join()


def test_peeked_frame_is_read_once(pipe):
    reader, write = pipe
    thread = feed(write, head(1), b"1", head(1), b"2")
    assert (reader.peek(), reader.peek()) == (b"1", b"1")
    assert (reader.read(), reader.read(), reader.read()) == (b"1", b"2", None)
    thread.join()


def test_peeked_fault_is_raised_once(pipe):
    reader, write = pipe
    size = FRAME_BYTES + 1
    thread = feed(write, head(size), bytes(size), head(1), b"2")
    assert isinstance(reader.peek(), FrameTooLarge)
    with pytest.raises(FrameTooLarge):
        reader.read()
    assert reader.read() == b"2"
    thread.join()

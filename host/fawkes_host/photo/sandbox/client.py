"""Decoding and encoding in a process of their own, which a hostile file may end and nothing else.

``decode``, ``encode_with_notices`` and ``pass_through`` do what their namesakes in ``decode``,
``encode`` and ``animation`` do, with the same arguments and errors; ``to_jpeg`` decodes first.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
import weakref
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fawkes_host.photo.codecs.change import Change
from fawkes_host.photo.containers.sniff import SUPPORTED
from fawkes_host.photo.decode import Limits, Photo
from fawkes_host.photo.encode import Encoded
from fawkes_host.photo.metadata import Policy
from fawkes_host.photo.sandbox import messages, probe
from fawkes_host.protocol import framing
from fawkes_host.protocol.errors import (
    BY_CODE,
    AnimatedImage,
    DamagedImage,
    EngineCrashed,
    InternalError,
    OutOfMemory,
    TooManyBytes,
)
from fawkes_host.system import child
from fawkes_host.system.memory import resident_bytes

DECODE_SECONDS: Final = 120.0
"""A PNG of 100 megapixels in 16 bits takes 20 s on a machine that has five things to do."""

ENCODE_SECONDS: Final = 600.0
"""There it takes 75 s, and AVIF, encoded several times to find its size, some minutes."""

MEMORY_BYTES: Final = 6 << 30
"""A quarter more than 100 megapixels of AVIF take: 4.8 GB.  HEIC and PNG in 16 bits take 3.2."""

_LOOK_EVERY_SECONDS = 0.1
"""At the memory of a process; Linux refuses it what is too much besides, at once."""

REST_SECONDS: Final = 1.0
"""Photos that were chosen together follow each other sooner, and find the same process: a new one
takes 0.3 s of a processor."""

_LARGEST_MESSAGE_BYTES = 1 << 20
_GRACE_SECONDS = 2.0


class CodecProcess:
    """One codec process; started when it is needed, and again after it has died.

    What has taken it over with one photo does not see those of another day: a new process takes its
    place as soon as no photo is held and nothing was asked for ``rest_s``.
    """

    def __init__(
        self,
        memory_bytes: int = MEMORY_BYTES,
        decode_s: float = DECODE_SECONDS,
        encode_s: float = ENCODE_SECONDS,
        rest_s: float = REST_SECONDS,
    ) -> None:
        self._rest_s = rest_s
        self._renewal: threading.Timer | None = None
        self._memory_bytes = memory_bytes
        self._decode_s = decode_s
        self._encode_s = encode_s
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._kept: weakref.ref[Photo] | None = None
        self._own_file: bytes | None = None
        self._talking = False

    def pid(self) -> int:
        """Number of the process that runs; 0 where there is none."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start the process unless it runs; it is ready soon after.

        Raises ``EngineCrashed`` where no process can be started.
        """
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return
            self._kept = None
            # Threads of the encoders would reserve memory each.
            environment = child.bare_environment({"MALLOC_ARENA_MAX": "2"})
            limits = map(str, (self._memory_bytes, self._decode_s, self._encode_s))
            try:
                self._process = subprocess.Popen(
                    child.command("fawkes_host.photo.sandbox.worker", *limits),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    bufsize=0,
                    env=environment,
                )
            except OSError as error:
                raise EngineCrashed(detail=error.strerror or str(error)) from error
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            framing.widen(self._process.stdin.fileno())
            framing.widen(self._process.stdout.fileno())

    def renew(self) -> None:
        """Put a new process in the place of one that has seen photos, unless one of them is held:
        then later."""
        if not self._lock.acquire(timeout=self._rest_s):
            return  # It is talked to, and rests later.
        try:
            if self._renewal is None or self._process is None:
                return
            if self._kept is not None and self._kept() is not None:
                self._rest()
                return
            self._renewal = None
            self._process.kill()
            self._end()
            with contextlib.suppress(EngineCrashed):  # The next photo tries again, and tells.
                self.start()
        finally:
            self._lock.release()

    def _rest(self) -> None:
        """Have the process renewed after a while."""
        if self._renewal is not None:
            self._renewal.cancel()
        self._renewal = threading.Timer(self._rest_s, self.renew)
        self._renewal.daemon = True
        self._renewal.start()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            if self._renewal is not None:
                self._renewal.cancel()
                self._renewal = None
            process, self._process, self._kept = self._process, None, None
            if process is None:
                return
            assert process.stdin is not None
            assert process.stdout is not None
            with contextlib.suppress(OSError):
                process.stdin.close()
            try:
                process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()

    def decode(self, data: bytes, limits: Limits | None = None) -> Photo:
        """Decode a photo, as ``decode.decode`` does; ``DamagedImage`` where its decoder dies."""
        limits = limits or Limits()
        if len(data) > limits.max_bytes:
            raise TooManyBytes(bytes=len(data), limit=limits.max_bytes)
        with self._lock:
            # A file that has just been encoded is looked at once, and never encoded.
            keep = data is not self._own_file
            photo = self._decode(data, limits, keep)
            if keep:
                self._kept = weakref.ref(photo)
                weakref.finalize(photo, self._forget).atexit = False
            return photo

    def _decode(self, data: bytes, limits: Limits, keep: bool) -> Photo:
        request = messages.Decode(
            limits.max_bytes, limits.max_pixels, limits.max_frames, keep=keep, answer=True
        )
        answer, pixels = self._ask(request, data, self._decode_s, limits.max_pixels * 3)
        if (
            not isinstance(answer, messages.Decoded)
            or min(answer.width, answer.height) < 1
            or pixels.size != answer.width * answer.height * 3
            or answer.format not in SUPPORTED
            or not 1 <= answer.orientation <= 8
        ):
            self._end()
            raise DamagedImage(detail="its decoder said what makes no sense")
        shown = pixels.reshape(answer.height, answer.width, 3)
        shown.flags.writeable = False
        return Photo(shown, answer.format, answer.orientation, bytes(data))

    def encode_with_notices(
        self, photo: Photo, pixels: NDArray[np.uint8], policy: Policy
    ) -> Encoded:
        """Encode, as ``encode.encode_with_notices`` does."""
        if pixels.shape != photo.pixels.shape or pixels.dtype != np.uint8:
            raise ValueError(
                f"expected uint8 {photo.pixels.shape}, got {pixels.dtype} {pixels.shape}"
            )
        change = Change.between(photo.pixels, pixels) if pixels is not photo.pixels else None
        box, raw = None, np.empty(0, np.uint8)
        if change is not None:
            part = pixels[change.box]
            box = (change.rows.start, change.columns.start, part.shape[0], part.shape[1])
            raw = np.ascontiguousarray(part)
        with self._lock:
            self._recall(photo)
            request = messages.Encode(policy.value, box)
            return self._encoded(request, raw.reshape(-1).data, len(photo.source))

    def pass_through(self, data: bytes, policy: Policy, error: AnimatedImage) -> Encoded:
        """Pass an animation through, as ``animation.pass_through`` does."""
        with self._lock:
            frames = int(error.parameters.get("frames", 2))
            return self._encoded(messages.PassThrough(policy.value, frames), data, len(data))

    def to_jpeg(self, data: bytes, policy: Policy, limits: Limits | None = None) -> Encoded:
        """Decode a HEIF or AVIF and make it a JPEG, as ``convert.to_jpeg`` does."""
        limits = limits or Limits()
        if len(data) > limits.max_bytes:
            raise TooManyBytes(bytes=len(data), limit=limits.max_bytes)
        request = messages.Convert(
            limits.max_bytes, limits.max_pixels, limits.max_frames, policy.value
        )
        with self._lock:
            self._kept = None
            converted = self._encoded(request, data, limits.max_bytes // 4)
            self._own_file = None  # It is yet to be cloaked, and encoded once more.
            return converted

    def probe(self) -> messages.Probed:
        """Let the codec process try what a decoder that was taken over would, and tell."""
        with self._lock, tempfile.TemporaryDirectory(prefix="fawkes-probe-") as folder:
            probe.prepare(Path(folder))
            answer, _ = self._ask(messages.Probe(folder), b"", self._decode_s, 0)
            if not isinstance(answer, messages.Probed):
                self._end()
                raise EngineCrashed(detail="its codec process does not tell")
            return answer

    def _recall(self, photo: Photo) -> None:
        """Let the process hold a photo that it may have forgotten, or died over."""
        running = self._process is not None and self._process.poll() is None
        if running and self._kept is not None and self._kept() is photo:
            return
        size = len(photo.source)
        request = messages.Decode(
            size, photo.width * photo.height, 1, keep=True, answer=False
        )  # fmt: skip
        self._ask(request, photo.source, self._decode_s, 0)
        self._kept = weakref.ref(photo)

    def _encoded(
        self,
        request: messages.Convert | messages.Encode | messages.PassThrough,
        raw: bytes | memoryview,
        size: int,
    ) -> Encoded:
        most_bytes = (
            4 * size + (len(raw) if isinstance(raw, memoryview) else 0) + _MOST_GROWTH_BYTES
        )
        answer, content = self._ask(request, raw, self._encode_s, most_bytes)
        if not isinstance(answer, messages.Encoded):
            self._end()
            raise DamagedImage(detail="its encoder said what makes no sense")
        self._own_file = content.tobytes()
        return Encoded(self._own_file, answer.notices)

    def _ask(
        self,
        request: messages.Request,
        raw: bytes | memoryview,
        seconds: float,
        most_bytes: int,
    ) -> tuple[messages.Answer, NDArray[np.uint8]]:
        """Send a request, and return its answer; ``most_bytes`` may follow that."""
        self.start()
        process = self._process
        assert process is not None
        watch = _Watch(process, seconds, self._memory_bytes)
        self._talking = True
        try:
            with watch:
                _send(process, request, raw)
                answer, content = _receive(process, most_bytes)
        except (EOFError, OSError) as fault:
            status = self._end()
            if watch.fault is not None:
                raise watch.fault from fault
            if os.name == "posix" and status == -signal.SIGKILL:
                raise OutOfMemory() from fault  # the system's own way to tell
            raise DamagedImage(detail=f"its decoder stopped ({child.ending(status)})") from fault
        except BaseException:
            self._end()  # in the middle of a message, nothing more can be said
            raise
        finally:
            self._talking = False
            self._rest()
        if isinstance(answer, messages.Refused):
            raise BY_CODE.get(answer.code, InternalError)(**answer.parameters)
        return answer, content

    def _end(self) -> int:
        """End a process that cannot be talked to; return its status."""
        process, self._process, self._kept = self._process, None, None
        if process is None:
            return 0
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            # One that has died by itself has its own status soon.
            process.wait(0.2)
        process.kill()
        status = process.wait()
        with contextlib.suppress(OSError):
            process.stdin.close()
        process.stdout.close()
        return status

    def _forget(self) -> None:
        """Let the process give back the memory of a photo that nobody holds any more.

        Called wherever the last reference goes, perhaps in the middle of a message.
        """
        if not self._lock.acquire(blocking=False):
            return  # The next photo will take its place.
        try:
            idle = self._process is not None and not self._talking
            if not idle or self._kept is None or self._kept() is not None:
                return
            self._kept = None
            assert self._process is not None
            with contextlib.suppress(OSError):
                _send(self._process, messages.Forget(), b"")
        finally:
            self._lock.release()


_MOST_GROWTH_BYTES = 64 << 20
"""Beyond four times its size and the changed pixels, no file grows by more."""


class _Watch:
    """Ends a process that takes too long for an answer, or too much memory."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float, memory_bytes: int) -> None:
        self.fault: DamagedImage | OutOfMemory | None = None
        """Why the process was ended."""
        self._process = process
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._answered = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)

    def _look(self) -> None:
        give_up = time.monotonic() + self._seconds
        while not self._answered.wait(min(_LOOK_EVERY_SECONDS, self._seconds)):
            if time.monotonic() >= give_up:
                detail = f"its decoder did not finish within {self._seconds:g} seconds"
                self.fault = DamagedImage(detail=detail)
            elif resident_bytes(self._process.pid) > self._memory_bytes:
                self.fault = OutOfMemory()
            else:
                continue
            self._process.kill()
            return

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._answered.set()
        self._thread.join()


def _send(
    process: subprocess.Popen[bytes], message: messages.Request, raw: bytes | memoryview
) -> None:
    assert process.stdin is not None
    for part in child.pack(messages.encode(message), raw):
        rest = memoryview(part)
        while rest:
            rest = rest[process.stdin.write(rest) :]


def _receive(
    process: subprocess.Popen[bytes], most_bytes: int
) -> tuple[messages.Answer, NDArray[np.uint8]]:
    head = _read(process, child.HEAD_BYTES)
    message_bytes, raw_bytes = child.unpack_head(head.data)
    if message_bytes > _LARGEST_MESSAGE_BYTES or raw_bytes > most_bytes:
        raise EOFError
    body = _read(process, message_bytes)
    try:
        answer = messages.answer_decoder.decode(body.tobytes())
    except ValueError as fault:
        raise EOFError from fault
    return answer, _read(process, raw_bytes)


def _read(process: subprocess.Popen[bytes], size: int) -> NDArray[np.uint8]:
    assert process.stdout is not None
    buffer = np.empty(size, np.uint8)
    rest = buffer.data
    while rest:
        count = process.stdout.readinto(rest)  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        rest = rest[count:]
    return buffer


_codecs = CodecProcess()
atexit.register(_codecs.close)
start = _codecs.start
pid = _codecs.pid
decode = _codecs.decode
encode_with_notices = _codecs.encode_with_notices
pass_through = _codecs.pass_through
to_jpeg = _codecs.to_jpeg

"""What the codec process does once it is confined: decode, encode, and answer.

Importing this module imports everything that decoders and encoders ever need: afterwards no file
can be opened.
"""

from __future__ import annotations

import importlib
import signal
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from fawkes_host.photo.animation import pass_through
from fawkes_host.photo.convert import to_jpeg
from fawkes_host.photo.decode import Limits, Photo, decode
from fawkes_host.photo.encode import encode_with_notices
from fawkes_host.photo.metadata import Policy
from fawkes_host.photo.sandbox import messages, probe
from fawkes_host.photo.sandbox.confinement import Confinement
from fawkes_host.protocol.errors import AnimatedImage, FawkesError, InternalError, OutOfMemory
from fawkes_host.system import child

LATE_IMPORTS: Final = (
    *("PIL.BmpImagePlugin", "PIL.GifImagePlugin", "PIL.JpegImagePlugin", "PIL.PngImagePlugin"),
    *("PIL.PpmImagePlugin", "PIL.MpoImagePlugin", "PIL.TiffImagePlugin", "PIL.ImageCms"),
    *("pillow_heif", "numpy.ma", "encodings.ascii", "encodings.latin_1", "linecache"),
)
"""What codecs import when they first need it."""

for _name in LATE_IMPORTS:
    importlib.import_module(_name)

# So does libheif where a distribution has made plugins of its codecs.
importlib.import_module("pillow_heif").libheif_info()

_GRACE_SECONDS = 10.0


class Codecs:
    """Answers one request after the other; keeps one photo at most."""

    def __init__(
        self,
        requests: BinaryIO,
        answers: BinaryIO,
        decode_s: float,
        encode_s: float,
        confinement: Confinement,
    ) -> None:
        self._requests = requests
        self._answers = answers
        self._decode_s = decode_s
        self._encode_s = encode_s
        self._confinement = confinement
        self._kept: Photo | None = None

    def run(self) -> None:
        """Work until the engine closes the pipe."""
        while len(head := self._requests.read(child.HEAD_BYTES)) == child.HEAD_BYTES:
            message_bytes, raw_bytes = child.unpack_head(head)
            request = messages.request_decoder.decode(self._requests.read(message_bytes))
            if isinstance(request, messages.Forget):
                self._kept = None
            else:
                # In a function of its own, whose end frees the pixels.
                self._serve(request, self._requests.read(raw_bytes))

    def _serve(self, request: messages.Request, raw: bytes) -> None:
        content: bytes | memoryview = b""
        answer: messages.Answer
        _ring_in(self._decode_s if isinstance(request, messages.Decode) else self._encode_s)
        try:
            answer, content = self._answer(request, raw)
        except FawkesError as error:
            answer = messages.Refused(error.code, dict(error.parameters))
        except MemoryError:
            answer = messages.Refused(OutOfMemory.code, {})
        except Exception as fault:
            # The text of a fault nobody foresaw may quote what is in the photo.
            refusal = InternalError(detail=type(fault).__name__)
            answer = messages.Refused(refusal.code, dict(refusal.parameters))
        _ring_in(0)
        for part in child.pack(messages.encode(answer), content):
            self._write(part)

    def _write(self, content: child.Bytes) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[self._answers.write(rest) :]

    def _answer(
        self, request: messages.Request, raw: bytes
    ) -> tuple[messages.Answer, bytes | memoryview]:
        match request:
            case messages.Decode():
                return self._decode(request, raw)
            case messages.Convert():
                return self._convert(request, raw)
            case messages.Encode():
                return self._encode(request, raw)
            case messages.PassThrough():
                error = AnimatedImage(frames=request.frames)
                result = pass_through(raw, Policy(request.policy), error)
                return messages.Encoded(result.notices), result.data
            case messages.Probe():
                possible = probe.what_is_possible(Path(request.folder))
                taken = self._confinement
                return messages.Probed(taken.landlock, taken.seccomp, possible), b""
            case _:
                raise InternalError(detail="no such request")

    def _decode(
        self, request: messages.Decode, raw: bytes
    ) -> tuple[messages.Answer, bytes | memoryview]:
        if request.keep:
            self._kept = None  # first, so that two photos never take memory
        limits = Limits(request.max_bytes, request.max_pixels, request.max_frames)
        photo = decode(raw, limits)
        if request.keep:
            self._kept = photo
        answer = messages.Decoded(photo.format, photo.orientation, photo.height, photo.width)
        return answer, photo.pixels.reshape(-1).data if request.answer else b""

    def _convert(self, request: messages.Convert, raw: bytes) -> tuple[messages.Answer, bytes]:
        self._kept = None  # first, so that two photos never take memory
        limits = Limits(request.max_bytes, request.max_pixels, request.max_frames)
        result = to_jpeg(decode(raw, limits), Policy(request.policy))
        return messages.Encoded(result.notices), result.data

    def _encode(self, request: messages.Encode, raw: bytes) -> tuple[messages.Answer, bytes]:
        photo = self._kept
        if photo is None:
            raise InternalError(detail="no photo was kept")
        pixels = photo.pixels
        if request.box is not None:
            top, left, height, width = request.box
            pixels = photo.pixels.copy()
            new = np.frombuffer(raw, np.uint8).reshape(height, width, 3)
            pixels[top : top + height, left : left + width] = new
        result = encode_with_notices(photo, pixels, Policy(request.policy))
        return messages.Encoded(result.notices), result.data


def _ring_in(seconds: float) -> None:
    """Let the system end this process some time after the engine would; 0 for never.

    An engine that has died meanwhile ends no process that hangs.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds and seconds + _GRACE_SECONDS)

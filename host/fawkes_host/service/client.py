"""The caller's side of the service, for the relay and the command line."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from fawkes_host.protocol import chunks
from fawkes_host.protocol.errors import (
    BY_CODE,
    FawkesError,
    InternalError,
    OutOfStep,
    ProtocolUnsupported,
    ServiceLost,
    ServiceUnavailable,
)
from fawkes_host.protocol.greeting import PROTOCOL
from fawkes_host.protocol.limits import DEFAULT_DEADLINE_S
from fawkes_host.protocol.messages import (
    Cancel,
    Chunk,
    ClientHello,
    ClientMessage,
    Cloak,
    End,
    Error,
    HostHello,
    HostMessage,
    LevelName,
    PolicyName,
    Progress,
    Receipt,
    Result,
    Status,
    StatusRequest,
    Stop,
    encode,
    host_decoder,
    parse,
)
from fawkes_host.service import endpoint as endpoints
from fawkes_host.service import lifecycle
from fawkes_host.service.endpoint import Endpoint

GREETING_SECONDS: Final = 5.0
_LEAVING_SECONDS: Final = 10.0

_RETRY_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 0.05
"""A service may leave, or be killed, between being found and being greeted; until the system
has closed its socket, it seems to be there."""

_CANCEL_POLL_SECONDS: Final = 0.1

OnProgress = Callable[[str, float, int], None]


class Link:
    """An open connection that has been greeted; one thread may send, another receive.

    ``wake`` starts an engine that is cold.
    """

    def __init__(self, connection: ClientConnection, wake: bool = True) -> None:
        self.connection = connection
        self.hello = self._greet(wake)

    def _greet(self, wake: bool) -> HostHello:
        self.send(ClientHello(protocol=PROTOCOL, wake=wake))
        answer = self.receive(GREETING_SECONDS)
        if not isinstance(answer, HostHello):
            raise ServiceUnavailable(detail="it does not greet")
        return answer

    def send(self, message: ClientMessage) -> None:
        """Sends one message, waiting while the service does not read; raises ServiceLost."""
        try:
            if isinstance(message, Chunk):
                self.connection.send(chunks.to_binary(message.id, message.index, message.data))
            else:
                self.connection.send(encode(message), text=True)
        except ConnectionClosed:
            raise ServiceLost from None

    def send_text(self, frame: str) -> None:
        """Sends a text frame that need not be a message; raises ServiceLost."""
        try:
            self.connection.send(frame)
        except ConnectionClosed:
            raise ServiceLost from None

    def receive(self, timeout_s: float | None = None) -> HostMessage:
        """The next message; raises ServiceLost, TimeoutError."""
        try:
            frame = self.connection.recv(timeout_s)
        except ConnectionClosed:
            raise ServiceLost from None
        return chunks.from_binary(frame) if isinstance(frame, bytes) else parse(host_decoder, frame)

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def connect(endpoint: Endpoint | None = None, start: bool = True) -> Link:
    """A link to the running service; with ``start``, to one that is started if need be.

    A service of another protocol, left over from before an update, is asked to leave.
    Raises ServiceUnavailable, ProtocolUnsupported, or what kept the service from starting.
    """
    place = endpoint or endpoints.default()
    fault: FawkesError = ServiceUnavailable(detail="it hangs up")
    give_up = time.monotonic() + (_RETRY_SECONDS if start else 0.0)
    while True:
        if start:
            lifecycle.ensure_running(place)
        try:
            link = Link(place.connect(), wake=start)
        except ServiceUnavailable as refusal:
            fault = refusal
        except (ServiceLost, TimeoutError):
            pass
        else:
            if link.hello.protocol == PROTOCOL:
                return link
            fault = ProtocolUnsupported(protocol=PROTOCOL, supported=link.hello.protocol)
            with link:
                if start:
                    link.send(Stop())
                    lifecycle.wait_until_gone(place, _LEAVING_SECONDS)
        if time.monotonic() >= give_up:
            raise fault
        time.sleep(_PAUSE_SECONDS)


@dataclass(frozen=True)
class CloakedPhoto:
    """What came back: bytes, 'cloaked' or 'no_face', what was done, and from where."""

    data: bytes
    status: str
    receipt: Receipt
    cached: bool


class ServiceClient:
    """Cloaks photos through the running service, in one thread."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._ids = (f"photo-{number}" for number in itertools.count())
        self._arriving: dict[str, tuple[Result, chunks.Assembly]] = {}
        self._ended: dict[str, CloakedPhoto | FawkesError] = {}
        """What came for photos that nobody has asked for yet."""

    def cloak(
        self,
        data: bytes,
        level: LevelName = "mid",
        policy: PolicyName = "strip-location",
        *,
        progress: OnProgress | None = None,
        cancelled: Callable[[], bool] | None = None,
        deadline_s: float = DEFAULT_DEADLINE_S,
        accept: tuple[str, ...] = (),
    ) -> CloakedPhoto:
        """The cloaked photo.  Raises whatever the engine or the service answers."""
        photo = self.send(data, level, policy, deadline_s=deadline_s, accept=accept)
        return self.receive(photo, progress=progress, cancelled=cancelled)

    def send(
        self,
        data: bytes,
        level: LevelName = "mid",
        policy: PolicyName = "strip-location",
        *,
        deadline_s: float = DEFAULT_DEADLINE_S,
        accept: tuple[str, ...] = (),
        more: int = 0,
    ) -> str:
        """Send a photo without waiting for it; returns the id to ``receive`` it by.

        ``more`` others are sent at once after it.  What comes back is not read meanwhile, and the
        service stops listening to who leaves 256 messages unread: every chunk is answered by one.
        Raises ServiceLost.
        """
        photo = next(self._ids)
        self._link.send(
            Cloak(
                id=photo,
                size=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
                level=level,
                policy=policy,
                accept=accept,
                more=more,
                deadline_s=deadline_s,
            )
        )
        for index, piece in chunks.split(data):
            self._link.send(Chunk(id=photo, index=index, data=bytes(piece)))
        self._link.send(End(id=photo))
        return photo

    def receive(
        self,
        photo: str,
        *,
        progress: OnProgress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> CloakedPhoto:
        """The cloaked photo that was sent.  Raises whatever the engine or the service answers."""
        asked = False
        while photo not in self._ended:
            if not asked and cancelled is not None and cancelled():
                asked = True
                self._link.send(Cancel(id=photo))
            try:
                message = self._link.receive(_CANCEL_POLL_SECONDS if cancelled else None)
            except TimeoutError:
                continue
            if isinstance(message, Progress) and message.id == photo and progress is not None:
                progress(message.stage, message.fraction, message.faces)
            self._take(message)
        end = self._ended.pop(photo)
        if isinstance(end, FawkesError):
            raise end
        return end

    def _take(self, message: HostMessage) -> None:
        """Keep what belongs to a photo, whichever it is."""
        match message:
            case Result(id=photo):
                self._arriving[photo] = message, chunks.Assembly(message.size, message.sha256)
            case Chunk(id=photo) | End(id=photo) if photo in self._arriving:
                try:
                    self._take_piece(message)
                except FawkesError as damage:
                    self._end(photo, damage)
            case Chunk() | End():
                raise OutOfStep(detail="a photo without its announcement")
            case Error(code=code, parameters=parameters, id=photo):
                error = BY_CODE.get(code, InternalError)(**parameters)
                if photo is None:
                    raise error
                self._end(photo, error)
            case _:
                pass

    def _take_piece(self, piece: Chunk | End) -> None:
        result, assembly = self._arriving[piece.id]
        if isinstance(piece, Chunk):
            assembly.add(piece.index, piece.data)
        else:
            data = bytes(assembly.finish())
            made = CloakedPhoto(data, result.status, result.receipt, result.cached)
            self._end(piece.id, made)

    def _end(self, photo: str, end: CloakedPhoto | FawkesError) -> None:
        self._arriving.pop(photo, None)
        self._ended[photo] = end

    def status(self) -> Status:
        """What the service is doing."""
        self._link.send(StatusRequest())
        give_up = time.monotonic() + GREETING_SECONDS
        while time.monotonic() < give_up:
            with contextlib.suppress(TimeoutError):
                message = self._link.receive(GREETING_SECONDS)
                if isinstance(message, Status):
                    return message
        raise ServiceUnavailable(detail="it does not answer")

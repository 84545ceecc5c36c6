"""One client of the service: what it says, and what is said to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from fawkes_host.protocol import chunks, limits
from fawkes_host.protocol.errors import (
    BadMessage,
    Cancelled,
    EmptyInput,
    FawkesError,
    HelloFirst,
    ProtocolUnsupported,
    TooManyBytes,
)
from fawkes_host.protocol.greeting import PROTOCOL
from fawkes_host.protocol.messages import (
    Ack,
    Cancel,
    Chunk,
    ClientHello,
    ClientMessage,
    Cloak,
    DoctorRequest,
    End,
    EngineNews,
    Error,
    HostHello,
    HostMessage,
    Progress,
    Result,
    Status,
    StatusRequest,
    Stop,
    browser_decoder,
    client_decoder,
    encode,
    parse,
    photo_of,
)
from fawkes_host.service.jobs import Job, Owner, Stage

_SPOKEN_AHEAD: Final = 256
"""So many messages may wait for a client; then it is not listened to until it reads."""


class Desk(Protocol):
    """The service, as far as a session needs it."""

    def greet(self, wake: bool) -> HostHello: ...

    def status(self) -> Status: ...

    def stop(self, now: bool) -> None: ...


class Photos(Protocol):
    """The photos that the service holds, as far as a session needs them."""

    def begin(self, owner: Owner, order: Cloak) -> Job: ...

    def arrived(self, job: Job) -> None: ...

    def fail(self, job: Job, error: FawkesError) -> None: ...

    def delivered(self, job: Job) -> None: ...


@dataclass
class _Delivery:
    """A finished photo on its way to the client."""

    job: Job
    result: Result
    pieces: Iterator[tuple[int, memoryview]]
    announced: bool = field(default=False)


class Session:
    """Reads in one task, writes in another, so that neither can hold up the other.

    ``private`` marks the service's own socket, on which ``stop`` is heard.
    """

    def __init__(
        self, desk: Desk, photos: Photos, connection: ServerConnection, private: bool
    ) -> None:
        self._desk = desk
        self._photos = photos
        self._connection = connection
        self._private = private
        self._protocol: int | None = None
        self._jobs: dict[str, Job] = {}
        self._messages: deque[bytes] = deque()
        self._news: EngineNews | None = None
        self._progress: dict[str, Progress] = {}
        self._deliveries: deque[_Delivery] = deque()
        self._work = asyncio.Event()
        self._room = asyncio.Event()

    @property
    def jobs(self) -> list[Job]:
        return list(self._jobs.values())

    @property
    def idle(self) -> bool:
        """Whether everything has been said."""
        return not (self._messages or self._deliveries or self._progress or self._news)

    async def run(self) -> None:
        """Serves the client until it goes; its photos go with it."""
        writer = asyncio.create_task(self._write())
        try:
            async for frame in self._connection:
                await self._hear(frame)
        except ConnectionClosed:
            pass
        finally:
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
                await writer
            for job in self.jobs:
                self._photos.fail(job, Cancelled())

    async def close(self) -> None:
        await self._connection.close(1001)

    # --- what is said to the client -------------------------------------------------------

    def say(self, message: HostMessage) -> None:
        self._messages.append(encode(message))
        self._work.set()

    def tell_news(self, news: EngineNews) -> None:
        """Only the latest news are worth telling."""
        if self._protocol == PROTOCOL:
            self._news = news
            self._work.set()

    def tell_progress(self, progress: Progress) -> None:
        self._progress[progress.id] = progress
        self._work.set()

    def refuse(self, job: Job, error: FawkesError) -> None:
        """Ends a photo with an error."""
        self._forget(job)
        self.say(Error.of(error, job.order.id))

    def deliver(self, job: Job, result: Result, data: bytes) -> None:
        """Ends a photo with its result; ``delivered`` is called after its last byte."""
        self._progress.pop(job.order.id, None)
        self._deliveries.append(_Delivery(job, result, chunks.split(data)))
        self._work.set()

    def _forget(self, job: Job) -> None:
        self._jobs.pop(job.order.id, None)
        self._progress.pop(job.order.id, None)
        self._deliveries = deque(one for one in self._deliveries if one.job is not job)

    async def _write(self) -> None:
        """Sends whatever is to be said, short things first, photos chunk by chunk in turn.

        ``send`` waits while the client does not read, and so does everything behind it.
        """
        while True:
            await self._work.wait()
            self._work.clear()
            while not self.idle:
                if self._messages:
                    await self._send(self._messages.popleft())
                    if len(self._messages) < _SPOKEN_AHEAD:
                        self._room.set()
                elif self._news is not None:
                    news, self._news = self._news, None
                    await self._send(encode(news))
                elif self._progress:
                    await self._send(encode(self._progress.pop(next(iter(self._progress)))))
                else:
                    await self._send_piece(self._deliveries.popleft())

    async def _send(self, message: bytes) -> None:
        await self._connection.send(message, text=True)

    async def _send_piece(self, delivery: _Delivery) -> None:
        job = delivery.job
        if not delivery.announced:
            delivery.announced = True
            self._deliveries.append(delivery)
            await self._send(encode(delivery.result))
            return
        piece = next(delivery.pieces, None)
        if piece is not None:
            self._deliveries.append(delivery)
            await self._connection.send(chunks.to_binary(job.order.id, *piece))
            return
        # From here a cancel comes too late.
        self._jobs.pop(job.order.id, None)
        self._photos.delivered(job)
        await self._send(encode(End(id=job.order.id)))

    # --- what the client says -------------------------------------------------------------

    async def _hear(self, frame: str | bytes) -> None:
        photo: str | None = None
        try:
            message: ClientMessage
            if isinstance(frame, bytes):
                message = chunks.from_binary(frame)
            else:
                try:
                    message = self._parse(frame)
                except BadMessage:
                    photo = photo_of(frame)
                    raise
            self._answer(message)
        except FawkesError as error:
            if photo is not None and (job := self._jobs.get(photo)):
                self._photos.fail(job, error)
            else:
                self.say(Error.of(error, photo))
        while len(self._messages) >= _SPOKEN_AHEAD:
            self._room.clear()
            await self._room.wait()

    def _parse(self, frame: str) -> ClientMessage:
        return parse(client_decoder, frame) if self._private else parse(browser_decoder, frame)

    def _answer(self, message: ClientMessage) -> None:
        if isinstance(message, ClientHello):
            self._protocol = message.protocol
            self.say(self._desk.greet(message.wake and message.protocol == PROTOCOL))
            if message.protocol != PROTOCOL:
                refused = ProtocolUnsupported(protocol=message.protocol, supported=PROTOCOL)
                self.say(Error.of(refused))
            return
        if isinstance(message, Stop):  # Understood in every protocol, to replace old by new.
            self._desk.stop(message.now)
            return
        refusal: FawkesError | None = None
        if self._protocol is None:
            refusal = HelloFirst()
        elif self._protocol != PROTOCOL:
            refusal = ProtocolUnsupported(protocol=self._protocol, supported=PROTOCOL)
        if refusal is not None:
            self.say(Error.of(refusal, message.id if isinstance(message, Cloak) else None))
            return
        match message:
            case StatusRequest():
                self.say(self._desk.status())
            case DoctorRequest():
                raise BadMessage(detail="the relay answers that")
            case Cloak():
                self._begin(message)
            case Chunk(id=photo) | End(id=photo) | Cancel(id=photo):
                if job := self._jobs.get(photo):
                    self._go_on(job, message)

    def _begin(self, order: Cloak) -> None:
        if order.id in self._jobs:
            raise BadMessage(detail="the id is in flight already")
        try:
            if order.size == 0:
                raise EmptyInput
            if order.size > limits.PHOTO_BYTES:
                raise TooManyBytes(bytes=order.size, limit=limits.PHOTO_BYTES)
            self._jobs[order.id] = self._photos.begin(self, order)
        except FawkesError as error:
            self.say(Error.of(error, order.id))

    def _go_on(self, job: Job, message: Chunk | End | Cancel) -> None:
        try:
            match message:
                case Chunk(index=index, data=data):
                    self._arriving(job)
                    job.assembly.add(index, data)
                    self.say(Ack(id=job.order.id, index=index))
                case End():
                    self._arriving(job)
                    job.data = job.assembly.finish()
                    self._photos.arrived(job)
                case Cancel():
                    raise Cancelled
        except FawkesError as error:
            self._photos.fail(job, error)

    @staticmethod
    def _arriving(job: Job) -> None:
        if job.stage is not Stage.ARRIVING:
            raise BadMessage(detail="the photo has arrived already")

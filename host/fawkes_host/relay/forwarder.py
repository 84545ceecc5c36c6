"""Between a browser's pipes and the engine service: frames one way, frames the other.

Three threads: the caller of ``run`` reads the browser and answers what it can itself; one
sends to the service and starts it if need be; one hears the service out.  Each waits when
the side it writes to does not read, and then reads no further itself.
"""

from __future__ import annotations

import os
import queue
import select
import sys
import threading
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

import fawkes_host
from fawkes_host.protocol.errors import (
    BadMessage,
    FawkesError,
    FrameTooLarge,
    HelloFirst,
    InternalError,
    OutOfStep,
    ProtocolUnsupported,
    ServiceLost,
)
from fawkes_host.protocol.framing import FrameReader, widen, write_frame
from fawkes_host.protocol.greeting import PROTOCOL, greeting
from fawkes_host.protocol.messages import (
    BrowserMessage,
    Cancel,
    Chunk,
    ClientHello,
    Cloak,
    Doctor,
    DoctorRequest,
    End,
    EngineNews,
    Error,
    HostMessage,
    Status,
    StatusRequest,
    browser_decoder,
    encode,
    host_decoder,
    parse,
    photo_of,
)
from fawkes_host.service import endpoint as endpoints
from fawkes_host.system import last_photo

if TYPE_CHECKING:
    from fawkes_host.service.client import Link

_AHEAD: Final = 16
"""So many messages may wait for the service (8 MiB of chunks); then the browser's pipe is
no longer read."""

_HANG_UP_SECONDS: Final = 0.1
"""How often a relay that is not reading looks whether the browser is still there."""


class _Find(Struct):
    """To the sending thread: find the service, and ``start`` it if there is none."""

    start: bool


class _Spoiled(Struct):
    """To the sending thread: an unreadable message about ``photo``, which ends it."""

    photo: str
    error: BadMessage


_SPOILED_FRAME: Final = '{"type":"unreadable","id":"%s"}'
"""Lets the service end a photo for a bad message, so that it is answered once."""

_Item = _Find | _Spoiled | Cloak | Chunk | End | Cancel | StatusRequest


class Forwarder:
    """One browser, read through ``reader`` and written to on a descriptor."""

    def __init__(self, reader: FrameReader, browser_out: int) -> None:
        self._reader = reader
        self._out = browser_out
        self._out_lock = threading.Lock()
        self._endpoint = endpoints.default()
        self._uplink: queue.Queue[_Item] = queue.Queue(_AHEAD)
        self._lock = threading.Lock()
        self._link: Link | None = None
        self._known = EngineNews(engine="cold")
        self._in_flight: set[str] = set()
        self._protocol: int | None = None
        self._examining = threading.Lock()

    def run(self, greeted: bool = False) -> int:
        """Forwards until the browser closes its pipe (0) or the stream is torn (1).

        ``greeted``: the first frame is a hello, and has been answered.
        """
        widen(self._reader.fd)
        widen(self._out)
        threading.Thread(target=self._send_all, daemon=True).start()
        while True:
            try:
                frame = self._reader.read()
                if frame is None:
                    return 0
                self._hear(frame, greeted)
                greeted = False
            except OutOfStep as error:
                self._say(Error.of(error))
                return 1
            except FrameTooLarge as error:
                self._say(Error.of(error))

    # --- from the browser -----------------------------------------------------------------

    def _hear(self, frame: bytearray, greeted: bool) -> None:
        try:
            message: BrowserMessage = parse(browser_decoder, frame)
        except BadMessage as error:
            photo = photo_of(frame)
            if photo is None:
                self._say(Error.of(error))
            else:
                self._put(_Spoiled(photo, error))
            return
        if isinstance(message, ClientHello):
            if not greeted:
                self._greet()
            self._protocol = message.protocol
            if message.protocol == PROTOCOL:
                self._put(_Find(start=message.wake))
            else:
                refused = ProtocolUnsupported(protocol=message.protocol, supported=PROTOCOL)
                self._say(Error.of(refused))
            return
        refusal: FawkesError | None = None
        if self._protocol is None:
            refusal = HelloFirst()
        elif self._protocol != PROTOCOL:
            refusal = ProtocolUnsupported(protocol=self._protocol, supported=PROTOCOL)
        if refusal is not None:
            self._say(Error.of(refusal, message.id if isinstance(message, Cloak) else None))
        elif not isinstance(message, DoctorRequest):
            self._put(message)
        elif self._examining.acquire(blocking=False):  # One answer does for all who wait.
            threading.Thread(target=self._examine, daemon=True).start()

    def _examine(self) -> None:
        from fawkes_host.relay import examination

        try:
            self._say(Doctor(checks=examination.run()))
        finally:
            self._examining.release()

    def _greet(self) -> None:
        """Answers from what is known at this moment; what is learnt later follows as news."""
        known = self._known
        if self._link is not None:
            state = {"engine": known.engine, "devices": known.devices, "problem": known.problem}
        else:
            state = endpoints.peek(self._endpoint)
        self._write(msgspec.json.encode(greeting(fawkes_host.__version__, state)))

    def _put(self, item: _Item) -> None:
        """Lines ``item`` up for the service; leaves if the browser goes meanwhile."""
        while True:
            try:
                self._uplink.put(item, timeout=_HANG_UP_SECONDS)
                return
            except queue.Full:
                if _hung_up(self._reader.fd):
                    os._exit(0)

    # --- to the service -------------------------------------------------------------------

    def _send_all(self) -> None:
        while True:
            item = self._uplink.get()
            try:
                self._send(item)
            except FawkesError as error:
                self._refuse(item, error)
            except Exception as fault:
                self._refuse(item, InternalError(detail=type(fault).__name__))

    def _send(self, item: _Item) -> None:
        if isinstance(item, _Find | StatusRequest):
            start = isinstance(item, _Find) and item.start
            if not start and self._link is None and not self._endpoint.alive():
                if isinstance(item, StatusRequest):
                    self._say(Status(running=False))
                return
            found = self._connected(start)
            if isinstance(item, StatusRequest):
                found.send(item)
            return
        if isinstance(item, Cloak):
            self._announce(item)
            return
        photo = item.photo if isinstance(item, _Spoiled) else item.id
        link = self._link
        if link is None or photo not in self._in_flight:
            if isinstance(item, _Spoiled):
                self._say(Error.of(item.error, photo))
            return  # It has been answered, and the client does not know yet.
        try:
            if isinstance(item, _Spoiled):
                link.send_text(_SPOILED_FRAME % photo)
            else:
                link.send(item)
        except ServiceLost:
            self._lose(link)

    def _announce(self, item: Cloak) -> None:
        """Sends a ``cloak``, to a new service if the old one is leaving just now."""
        for last in (False, True):
            link = self._connected(start=True)
            with self._lock:
                self._in_flight.add(item.id)
            try:
                link.send(item)
                if not item.private:
                    last_photo.record()
                return
            except ServiceLost:
                with self._lock:
                    unanswered = item.id in self._in_flight
                    self._in_flight.discard(item.id)
                self._lose(link)
                if not unanswered:
                    return
                if last:
                    raise

    def _connected(self, start: bool) -> Link:
        if self._link is not None:
            return self._link
        from fawkes_host.service import client

        self._link = link = client.connect(self._endpoint, start)
        hello = link.hello
        self._news(EngineNews(engine=hello.engine, devices=hello.devices, problem=hello.problem))
        threading.Thread(target=self._receive_all, args=[link], daemon=True).start()
        return link

    def _refuse(self, item: _Item, error: FawkesError) -> None:
        """What could not be sent is answered here, since nobody else will."""
        if isinstance(item, _Find):
            self._news(EngineNews(engine="cold", problem=error.code))
        elif isinstance(item, StatusRequest):
            self._say(Status(running=False))
        else:
            self._say(Error.of(error, item.id if isinstance(item, Cloak) else None))

    # --- from the service -----------------------------------------------------------------

    def _receive_all(self, link: Link) -> None:
        from websockets.exceptions import ConnectionClosed

        from fawkes_host.protocol import chunks

        try:
            while True:
                frame = link.connection.recv(decode=False)
                if frame[:1] == b"{":
                    self._pass_on(frame)
                else:
                    self._say(chunks.from_binary(frame))
        except ConnectionClosed:
            pass
        except FawkesError as fault:
            print(f"relay: the service does not keep to the protocol: {fault}", file=sys.stderr)
            link.close()
        self._lose(link)

    def _pass_on(self, frame: bytes) -> None:
        message = parse(host_decoder, frame)
        match message:
            case EngineNews():
                self._known = message
            case End(id=photo) | Error(id=str(photo)):
                with self._lock:
                    self._in_flight.discard(photo)
            case _:
                pass
        self._write(frame)

    def _lose(self, link: Link) -> None:
        """The service is gone: its photos are answered, and the next one finds another."""
        with self._lock:
            if self._link is not link:
                return
            self._link = None
            lost, self._in_flight = self._in_flight, set()
        for photo in sorted(lost):
            self._say(Error.of(ServiceLost(), photo))
        self._news(EngineNews(engine="cold"))

    # --- to the browser -------------------------------------------------------------------

    def _news(self, news: EngineNews) -> None:
        self._known = news
        self._say(news)

    def _say(self, message: HostMessage) -> None:
        self._write(encode(message))

    def _write(self, frame: bytes) -> None:
        try:
            with self._out_lock:
                write_frame(self._out, frame)
        except OSError:  # The browser is gone.
            os._exit(0)


def _hung_up(fd: int) -> bool:
    """Whether the other end of a pipe has been closed, without reading from it."""
    if not hasattr(select, "poll"):
        return False  # Windows: noticed when the pipe is read or written.
    poll = select.poll()
    poll.register(fd, 0)
    return bool(poll.poll(0))

"""Who may connect: decided from the handshake, before a WebSocket is opened."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from fawkes_host.service import proof
from fawkes_host.system import peer

PROTOCOL_NAME: Final = Subprotocol("fawkes.1")

_EXTENSION_ORIGIN = re.compile(
    r"chrome-extension://[a-p]{32}"
    r"|moz-extension://[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)

Check = Callable[[ServerConnection, Request], Response | None]


def peer_check(full: Callable[[], bool]) -> Check:
    """Admits the same user on a Unix socket, as far as the system names the peer."""

    def check(connection: ServerConnection, request: Request) -> Response | None:
        if request.path != "/":
            return connection.respond(HTTPStatus.NOT_FOUND, "There is nothing here.\n")
        if peer.user_of(connection.transport.get_extra_info("socket")) not in (
            None,
            os.geteuid(),
        ):
            return connection.respond(HTTPStatus.FORBIDDEN, "This is another user's.\n")
        return _room(connection, full)

    return check


def proof_check(token: bytes, port: int, extensions: bool, full: Callable[[], bool]) -> Check:
    """Admits who proves to know ``token`` without showing it, asks for this host, and is no web
    page; ``extensions`` may come from a browser.

    An extension's origin can be forged by a local program, so that it never takes the place of
    the proof.
    """

    def check(connection: ServerConnection, request: Request) -> Response | None:
        if request.path != "/":
            return connection.respond(HTTPStatus.NOT_FOUND, "There is nothing here.\n")
        # A page may point a name of its own at 127.0.0.1; its name is then in Host.
        hosts = request.headers.get_all("Host")
        if hosts not in ([f"127.0.0.1:{port}"], [f"localhost:{port}"]):
            return connection.respond(HTTPStatus.FORBIDDEN, "Wrong host.\n")
        origins = request.headers.get_all("Origin")
        known = extensions and len(origins) == 1 and _EXTENSION_ORIGIN.fullmatch(origins[0])
        if origins and not known:
            return connection.respond(HTTPStatus.FORBIDDEN, "Wrong origin.\n")
        if prove(token, port, request) is None:
            return connection.respond(HTTPStatus.UNAUTHORIZED, "Wrong token.\n")
        return _room(connection, full)

    return check


def prove(token: bytes, port: int, request: Request) -> str | None:
    """What this service proves to a client whose own proof holds; None to everybody else."""
    answers = (proof.answer(token, port, offer) for offer in _offers(request))
    return next((answer for answer in answers if answer is not None), None)


def select_protocol(
    _connection: ServerConnection, offered: Sequence[Subprotocol]
) -> Subprotocol | None:
    """Answers with the protocol, and never with a proof."""
    return PROTOCOL_NAME if PROTOCOL_NAME in offered else None


def _offers(request: Request) -> Iterator[str]:
    for line in request.headers.get_all("Sec-WebSocket-Protocol"):
        yield from map(str.strip, line.split(","))


def _room(connection: ServerConnection, full: Callable[[], bool]) -> Response | None:
    if full():
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "Too many clients.\n")
    return None

"""Who may connect: decided from the handshake, before a WebSocket is opened."""

from __future__ import annotations

import hmac
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

_TOKEN = re.compile(r"token\.([0-9a-f]{64})")

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


def token_check(token: bytes, port: Callable[[], int], full: Callable[[], bool]) -> Check:
    """Admits who shows ``token``, asks for this host, and is no web page.

    An extension's origin can be forged by a local program, so that it never takes the place of
    the token.
    """
    return _port_check(port, True, lambda request: _shows(token, request), full)


def proof_check(token: bytes, port: int, full: Callable[[], bool]) -> Check:
    """Admits who proves to know ``token`` without showing it, and comes from no browser."""
    return _port_check(lambda: port, False, lambda request: _proof(token, port, request), full)


def show_proof(token: bytes, port: int) -> Callable[[ServerConnection, Request, Response], None]:
    """Proves to the client, in the answer to its handshake, that this service knows ``token``."""

    def show(_connection: ServerConnection, request: Request, response: Response) -> None:
        shown = _proof(token, port, request)
        if shown is not None:
            response.headers[proof.HEADER] = shown

    return show


def _port_check(
    port: Callable[[], int],
    extensions: bool,
    known_to: Callable[[Request], object],
    full: Callable[[], bool],
) -> Check:
    def check(connection: ServerConnection, request: Request) -> Response | None:
        if request.path != "/":
            return connection.respond(HTTPStatus.NOT_FOUND, "There is nothing here.\n")
        # A page may point a name of its own at 127.0.0.1; its name is then in Host.
        hosts = request.headers.get_all("Host")
        if hosts not in ([f"127.0.0.1:{port()}"], [f"localhost:{port()}"]):
            return connection.respond(HTTPStatus.FORBIDDEN, "Wrong host.\n")
        origins = request.headers.get_all("Origin")
        known = extensions and len(origins) == 1 and _EXTENSION_ORIGIN.fullmatch(origins[0])
        if origins and not known:
            return connection.respond(HTTPStatus.FORBIDDEN, "Wrong origin.\n")
        if not known_to(request):
            return connection.respond(HTTPStatus.UNAUTHORIZED, "Wrong token.\n")
        return _room(connection, full)

    return check


def select_protocol(
    _connection: ServerConnection, offered: Sequence[Subprotocol]
) -> Subprotocol | None:
    """Answers with the protocol, and never with the token."""
    return PROTOCOL_NAME if PROTOCOL_NAME in offered else None


def _offers(request: Request) -> Iterator[str]:
    for line in request.headers.get_all("Sec-WebSocket-Protocol"):
        yield from map(str.strip, line.split(","))


def _shows(token: bytes, request: Request) -> bool:
    shown = False
    for offer in _offers(request):
        match = _TOKEN.fullmatch(offer)
        if match and hmac.compare_digest(bytes.fromhex(match[1]), token):
            shown = True
    return shown


def _proof(token: bytes, port: int, request: Request) -> str | None:
    answers = (proof.answer(token, port, offer) for offer in _offers(request))
    return next((answer for answer in answers if answer is not None), None)


def _room(connection: ServerConnection, full: Callable[[], bool]) -> Response | None:
    if full():
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "Too many clients.\n")
    return None

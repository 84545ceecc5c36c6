"""The sockets on which the service hears its clients."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from websockets.asyncio.server import ServerConnection, serve, unix_serve
from websockets.exceptions import ConnectionClosed

from fawkes_host.protocol import limits
from fawkes_host.protocol.messages import Proof, encode
from fawkes_host.service import access
from fawkes_host.service import endpoint as endpoints
from fawkes_host.service.endpoint import Endpoint, LoopbackEndpoint
from fawkes_host.service.settings import Settings

Serve = Callable[[ServerConnection, bool], Awaitable[None]]

_HALF_OPEN: Final = 4
"""So many times ``max_clients`` may be connected before they have said who they are."""

_OPTIONS: Final[dict[str, Any]] = {
    "compression": None,  # Photos are compressed already.
    "max_size": limits.FRAME_BYTES,
    "max_queue": 16,  # 8 MiB of chunks a client; then its socket is no longer read.
    "write_limit": limits.FRAME_BYTES,
    "open_timeout": 3.0,
    "close_timeout": 1.0,
    "ping_interval": 20.0,  # A peer that is gone without a word is noticed in 40 s.
    "ping_timeout": 20.0,
    "server_header": None,
}


def _counted(most: int) -> type[ServerConnection]:
    """Connections of which at most ``most`` are open, from the first byte and before any check.

    The rest is hung up on: each that says nothing would hold a descriptor until its time is up.
    """
    held: set[ServerConnection] = set()

    class Counted(ServerConnection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            held.add(self)
            super().connection_made(transport)
            if len(held) > most:
                self.transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            held.discard(self)
            super().connection_lost(exc)

    return Counted


class Listeners:
    """The private endpoint, and the stand-alone port if the settings name one."""

    def __init__(
        self, endpoint: Endpoint, settings: Settings, serve_one: Serve, full: Callable[[], bool]
    ) -> None:
        self._endpoint = endpoint
        self._settings = settings
        self._serve_one = serve_one
        self._full = full
        self._options = {
            **_OPTIONS,
            "create_connection": _counted(_HALF_OPEN * settings.max_clients),
        }
        self.addresses: list[str] = []

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listens until the block ends.  Raises OSError for a port that is taken."""
        port = self._settings.tcp_port
        stand_alone = endpoints.stand_alone(self._endpoint, port or 0)
        stand_alone.remove()  # that of a service which was killed
        async with contextlib.AsyncExitStack() as stack:
            if port is not None:
                stack.callback(stand_alone.remove)
                taken = await self._open_port(stack, stand_alone, private=False)
                self.addresses.append(f"ws://127.0.0.1:{taken}/")
            if isinstance(self._endpoint, LoopbackEndpoint):
                await self._open_port(stack, self._endpoint, private=True)
            else:
                await self._open_socket(stack)
            yield

    async def _open_socket(self, stack: contextlib.AsyncExitStack) -> None:
        async def serve_one(connection: ServerConnection) -> None:
            await self._serve_one(connection, True)

        server = unix_serve(
            serve_one,
            sock=self._endpoint.listen(),
            process_request=access.peer_check(self._full),
            **self._options,
        )
        await stack.enter_async_context(server)

    async def _open_port(
        self, stack: contextlib.AsyncExitStack, place: LoopbackEndpoint, private: bool
    ) -> int:
        listener = place.listen()
        port, token = listener.getsockname()[1], place.token
        assert token is not None

        async def serve_one(connection: ServerConnection) -> None:
            assert connection.request is not None
            shown = access.prove(token, port, connection.request)
            assert shown is not None  # Nobody else is admitted.
            # Nothing is heard from a client, nor said to it, before it knows who this is.
            with contextlib.suppress(ConnectionClosed):
                await connection.send(encode(Proof(proof=shown)), text=True)
            await self._serve_one(connection, private)

        server = serve(
            serve_one,
            sock=listener,
            process_request=access.proof_check(token, port, not private, self._full),
            select_subprotocol=access.select_protocol,
            **self._options,
        )
        await stack.enter_async_context(server)
        return int(port)

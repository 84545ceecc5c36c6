"""The sockets on which the service hears its clients."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from websockets.asyncio.server import Server, ServerConnection, serve, unix_serve

from fawkes_host.protocol import limits
from fawkes_host.service import access
from fawkes_host.service.endpoint import Endpoint
from fawkes_host.service.settings import Settings
from fawkes_host.system import folders

Serve = Callable[[ServerConnection, bool], Awaitable[None]]

TOKEN_NAME: Final = "tcp-token"

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
        async with contextlib.AsyncExitStack() as stack:
            if self._settings.tcp_port is not None:
                port = await self._open_stand_alone(stack, self._settings.tcp_port)
                self.addresses.append(f"ws://127.0.0.1:{port}/")
            await self._open_private(stack)
            yield

    async def _open_private(self, stack: contextlib.AsyncExitStack) -> None:
        listener = self._endpoint.listen()
        token = self._endpoint.token
        if token is None:
            check = access.peer_check(self._full)
            server = unix_serve(
                self._serve_private, sock=listener, process_request=check, **self._options
            )
            await stack.enter_async_context(server)
            return
        port = listener.getsockname()[1]
        server = serve(
            self._serve_private,
            sock=listener,
            process_request=access.proof_check(token, port, self._full),
            process_response=access.show_proof(token, port),
            select_subprotocol=access.select_protocol,
            **self._options,
        )
        await stack.enter_async_context(server)

    async def _open_stand_alone(self, stack: contextlib.AsyncExitStack, wanted: int) -> int:
        ports: list[int] = []
        token = folders.secret(TOKEN_NAME)
        server: Server = await stack.enter_async_context(
            serve(
                self._serve_public,
                "127.0.0.1",
                wanted,
                process_request=access.token_check(token, lambda: ports[0], self._full),
                select_subprotocol=access.select_protocol,
                start_serving=False,
                **self._options,
            )
        )
        ports.append(next(iter(server.sockets)).getsockname()[1])
        await server.start_serving()
        return ports[0]

    async def _serve_private(self, connection: ServerConnection) -> None:
        await self._serve_one(connection, True)

    async def _serve_public(self, connection: ServerConnection) -> None:
        await self._serve_one(connection, False)

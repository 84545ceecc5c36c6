"""Where the service is reached: a Unix socket, or on Windows a loopback port with proofs.

Part of the relay's way to its first answer, so that what may wait is imported late.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from abc import ABC, abstractmethod
from pathlib import Path

from fawkes_host.protocol.errors import UnsafeFolder
from fawkes_host.protocol.greeting import ENGINE_STATES
from fawkes_host.system import files, folders, peer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from websockets.sync.client import ClientConnection

    from fawkes_host.protocol.errors import FawkesError

_SOCKET_NAME: Final = "service.sock"
_PORT_NAME: Final = "endpoint.json"
_STAND_ALONE_NAME: Final = "stand-alone.json"
_STATE_NAME: Final = "state.json"

_PATH_BYTES: Final = 100
"""The address of a Unix socket has room for 104 bytes (macOS) or 108 (Linux)."""

_PEEK_SECONDS: Final = 0.5

_TOO_MANY_CLIENTS: Final = 503

CLIENT_OPTIONS: Final[dict[str, Any]] = {
    "compression": None,  # Photos are compressed already.
    "max_size": 1 << 20,
    "max_queue": 32,
    "open_timeout": 5.0,
    "close_timeout": 1.0,
}


class Endpoint(ABC):
    """One way to reach the service: ``path`` leads to it, in a ``folder`` private to the user."""

    folder: Path
    path: Path

    @abstractmethod
    def listen(self) -> socket.socket:
        """A listening socket; only for the holder of the service's lock."""

    @abstractmethod
    def connect(self) -> ClientConnection:
        """A WebSocket to the service; raises ServiceUnavailable, NotAuthorised, UnsafeFolder."""

    @abstractmethod
    def alive(self) -> bool:
        """Whether a service of this user's listens; raises UnsafeFolder for another user's."""

    @abstractmethod
    def remove(self) -> None:
        """Forgets the address; only for the holder of the service's lock."""

    @property
    def token(self) -> bytes | None:
        """What a client has to know, or None where the operating system checks it."""
        return None


class UnixEndpoint(Endpoint):
    """A socket with mode 0600 in a folder with mode 0700."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / _SOCKET_NAME

    def listen(self) -> socket.socket:
        folders.make_private(self.folder)
        self.remove()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(str(self.path))
            self.path.chmod(0o600)
            listener.listen(128)
        except BaseException:
            listener.close()
            raise
        return listener

    def connect(self) -> ClientConnection:
        from websockets.exceptions import InvalidStatus, WebSocketException
        from websockets.sync.client import unix_connect

        from fawkes_host.protocol.errors import ServiceUnavailable

        try:
            dialled = self.dial(CLIENT_OPTIONS["open_timeout"])
            dialled.settimeout(None)
            # Since 17.1 the library warns unless its connections are entered.
            connection: ClientConnection = unix_connect(
                uri="ws://localhost/", sock=dialled, **CLIENT_OPTIONS
            ).__enter__()
            return connection
        except InvalidStatus as refusal:
            raise _refused(refusal.response.status_code) from None
        except (OSError, WebSocketException, EOFError) as fault:
            raise ServiceUnavailable(detail=str(fault)[:200]) from None

    def alive(self) -> bool:
        try:
            self.dial().close()
        except OSError:
            return False
        return True

    def dial(self, timeout_s: float = _PEEK_SECONDS) -> socket.socket:
        """A connection on which nothing has been said, to a service of this user's own.

        Raises OSError where nobody listens, UnsafeFolder where it may be another user's.
        """
        folders.check_private(self.folder)
        end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            end.settimeout(timeout_s)
            end.connect(str(self.path))
            if peer.user_of(end) not in (None, os.geteuid()):
                raise UnsafeFolder(folder=str(self.folder), detail="another user listens there")
        except BaseException:
            end.close()
            raise
        return end

    def remove(self) -> None:
        if self.path.is_socket():
            self.path.unlink(missing_ok=True)


class LoopbackEndpoint(Endpoint):
    """A port of 127.0.0.1, named with its token in a file for the user alone; the token is new at
    every start.  ``port``: the one to take, 0 for any that is free."""

    def __init__(self, folder: Path, name: str = _PORT_NAME, port: int = 0) -> None:
        self.folder = folder
        self.path = folder / name
        self._port = port

    @property
    def token(self) -> bytes | None:
        return self._read()[1]

    def listen(self) -> socket.socket:
        folders.make_private(self.folder)
        self.remove()
        listener = _listen_alone(self._port)
        content = {"port": listener.getsockname()[1], "token": os.urandom(32).hex()}
        try:
            files.write_private(self.path, json.dumps(content).encode())
        except BaseException:
            listener.close()
            raise
        return listener

    def connect(self) -> ClientConnection:
        from websockets.exceptions import InvalidStatus, WebSocketException
        from websockets.sync.client import connect
        from websockets.typing import Subprotocol

        from fawkes_host.protocol.errors import NotAuthorised, ServiceUnavailable
        from fawkes_host.service import proof

        port, token = self._read()
        if token is None:
            raise ServiceUnavailable(detail="no service has left its address")
        offered, wanted = proof.offer(token, port)
        try:
            connection: ClientConnection = connect(
                f"ws://127.0.0.1:{port}/",
                subprotocols=[Subprotocol("fawkes.1"), Subprotocol(offered)],
                proxy=None,
                **CLIENT_OPTIONS,
            ).__enter__()
        except InvalidStatus as refusal:
            raise _refused(refusal.response.status_code) from None
        except (OSError, WebSocketException, EOFError) as fault:
            raise ServiceUnavailable(detail=str(fault)[:200]) from None
        try:
            if proof.holds(connection.recv(CLIENT_OPTIONS["open_timeout"]), wanted):
                return connection
        except (OSError, WebSocketException, EOFError):  # TimeoutError is an OSError.
            pass
        connection.close()
        raise NotAuthorised(detail="another program has taken the port of the service")

    def alive(self) -> bool:
        port, token = self._read()
        if token is None:
            return False
        try:
            socket.create_connection(("127.0.0.1", port), timeout=_PEEK_SECONDS).close()
        except OSError:
            return False
        return True

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)

    def _read(self) -> tuple[int, bytes | None]:
        try:
            content = json.loads(files.read_own(self.path))
            return int(content["port"]), bytes.fromhex(content["token"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0, None


def _listen_alone(port: int) -> socket.socket:
    """A listener on this port or a free one, in which no other program can take part.

    Raises OSError, which names the port.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # There, whoever asks to share a port may be given what arrives.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # Here it only lets a port be taken again whose last connections are not forgotten yet.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError as fault:
        listener.close()
        raise OSError(fault.errno, f"127.0.0.1:{port}: {fault.strerror}") from fault
    return listener


def _refused(status: int) -> FawkesError:
    """What a service meant that answered the handshake with an HTTP status."""
    from fawkes_host.protocol.errors import NotAuthorised, ServiceUnavailable

    if status == _TOO_MANY_CLIENTS:
        return ServiceUnavailable(detail="it has too many clients")
    return NotAuthorised(detail=f"status {status}")


def default() -> Endpoint:
    """The endpoint of this user on this system."""
    folder = folders.runtime_folder()
    if sys.platform == "win32":
        return LoopbackEndpoint(folder)
    if len(os.fsencode(folder / _SOCKET_NAME)) > _PATH_BYTES:
        import hashlib
        import tempfile

        mark = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"fawkes-{os.geteuid()}-{mark}"
    return UnixEndpoint(folder)


def stand_alone(place: Endpoint, port: int = 0) -> LoopbackEndpoint:
    """Where a service that listens at ``place`` is also reached in the stand-alone mode."""
    return LoopbackEndpoint(place.folder, _STAND_ALONE_NAME, port)


def write_state(endpoint: Endpoint, state: dict[str, Any]) -> None:
    """Leaves the state of the engine where a relay can read it without asking."""
    files.write_private(endpoint.folder / _STATE_NAME, json.dumps(state).encode())


def peek(endpoint: Endpoint) -> dict[str, Any]:
    """The state that a living service has left, without asking it; empty if there is none.

    Where another user's may listen, the state is what keeps ours from it.
    """
    try:
        if not endpoint.alive():
            return {}
        state = json.loads(files.read_own(endpoint.folder / _STATE_NAME))
    except UnsafeFolder as fault:
        return {"engine": ENGINE_STATES[0], "problem": fault.code}
    except (OSError, ValueError):
        return {}
    if not isinstance(state, dict) or state.get("engine") not in ENGINE_STATES:
        return {}
    return state

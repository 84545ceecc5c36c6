"""Ends the service: asks it to leave, and kills one that does not listen any more."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import sys
import time
from typing import Final

from fawkes_host.protocol.errors import FawkesError
from fawkes_host.protocol.messages import Stop
from fawkes_host.service import client, lifecycle
from fawkes_host.service.endpoint import Endpoint, UnixEndpoint

_KILL_SECONDS: Final = 10.0


def end(endpoint: Endpoint, patience_s: float = 30.0) -> bool:
    """Whether no service is left, and no address of one.  Photos under way are given up.

    ``patience_s``: how long a service that answers may take to leave.
    """
    if not endpoint.folder.exists():
        return True
    if endpoint.alive():
        with contextlib.suppress(FawkesError, TimeoutError):
            with client.Link(endpoint.connect(), wake=False) as link:
                link.send(Stop(now=True))
            lifecycle.wait_until_gone(endpoint, patience_s)
        _kill(endpoint)
    if not lifecycle.wait_until_gone(endpoint, _KILL_SECONDS):
        return False
    forget(endpoint)
    return True


def forget(endpoint: Endpoint) -> None:
    """Removes the address that a service left when it died."""
    with contextlib.suppress(FawkesError), lifecycle.service_lock(endpoint):
        endpoint.remove()


def _kill(endpoint: Endpoint) -> None:
    """Ends the process at the other end of the socket, if there is one still."""
    give_up = time.monotonic() + _KILL_SECONDS
    while (pid := listener(endpoint)) and time.monotonic() < give_up:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
        time.sleep(0.05)


def listener(endpoint: Endpoint) -> int:
    """The process that listens, even if it does not answer; 0 where that cannot be told."""
    if not isinstance(endpoint, UnixEndpoint):
        return 0
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(endpoint.path))
            return _peer(probe)
        except OSError:
            return 0


if sys.platform == "linux":

    def _peer(probe: socket.socket) -> int:
        told = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", told)[0])

elif sys.platform == "darwin":

    def _peer(probe: socket.socket) -> int:
        local_peerpid = 2  # <sys/un.h>
        return int(struct.unpack("i", probe.getsockopt(0, local_peerpid, 4))[0])

else:

    def _peer(probe: socket.socket) -> int:  # noqa: ARG001
        return 0

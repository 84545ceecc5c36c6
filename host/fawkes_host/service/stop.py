"""Ends the service: asks it to leave, and kills one that does not listen any more."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from typing import Final

from fawkes_host.protocol.errors import FawkesError
from fawkes_host.protocol.messages import Stop
from fawkes_host.service import client, lifecycle
from fawkes_host.service.endpoint import Endpoint, UnixEndpoint
from fawkes_host.system import folders, peer

_KILL_SECONDS: Final = 10.0


def end(endpoint: Endpoint, patience_s: float = 30.0) -> bool:
    """Whether no service is left, and no address of one.  Photos under way are given up.

    ``patience_s``: how long a service that answers may take to leave.  Raises UnsafeFolder where
    what listens is another user's.
    """
    if not folders.check_private(endpoint.folder):
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
    """The process of this user's that listens, even if it does not answer; 0 where none is known.

    Raises UnsafeFolder where another user's listens.
    """
    if not isinstance(endpoint, UnixEndpoint):
        return 0
    try:
        with endpoint.dial() as probe:
            return peer.process_of(probe)
    except OSError:
        return 0

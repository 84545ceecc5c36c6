"""Who is at the other end of a Unix socket, as the operating system tells it.

On a client's end that is whoever began to listen, so that a client knows whom it would talk to
before it sends anything.  Part of the relay's way to its first answer.
"""

from __future__ import annotations

import socket
import struct
import sys

if sys.platform == "linux":

    def user_of(end: socket.socket) -> int | None:
        """The user id of the peer, None where the system does not tell.  Raises ``OSError``."""
        return _credentials(end)[1]

    def process_of(end: socket.socket) -> int:
        """The process id of the peer, 0 where the system does not tell.  Raises ``OSError``."""
        return _credentials(end)[0]

    def _credentials(end: socket.socket) -> tuple[int, int]:
        told = end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        process, user, _group = struct.unpack("iII", told)
        return process, user

elif sys.platform == "darwin":

    def user_of(end: socket.socket) -> int | None:
        """The user id of the peer, None where the system does not tell.  Raises ``OSError``."""
        local_peercred, size = 1, 76  # struct xucred of <sys/ucred.h>
        return int(struct.unpack_from("2I", end.getsockopt(0, local_peercred, size))[1])

    def process_of(end: socket.socket) -> int:
        """The process id of the peer, 0 where the system does not tell.  Raises ``OSError``."""
        local_peerpid = 2  # <sys/un.h>
        return int(struct.unpack("i", end.getsockopt(0, local_peerpid, 4))[0])

else:

    def user_of(end: socket.socket) -> int | None:  # noqa: ARG001
        """Nothing tells; there only the folder protects the socket."""
        return None

    def process_of(end: socket.socket) -> int:  # noqa: ARG001
        """Nothing tells."""
        return 0

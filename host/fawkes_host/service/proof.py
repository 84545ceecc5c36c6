"""How a client and the service on a loopback port show each other that they know the token.

Neither sends it: whoever has taken the port of a service that died learns nothing that opens
another.  Proofs hold for one port.  The token is new at every start, and while a service runs
nobody else hears what is sent to its port, so that nobody can send a proof again.

The client's is a subprotocol, judged before a WebSocket opens.  The service's is its first
message, since browsers show a page or an extension no headers.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
from typing import Literal

_OFFER = re.compile(r"proof\.([0-9a-f]{64})\.([0-9a-f]{64})")

Side = Literal["client", "service"]


def _prove(token: bytes, side: Side, port: int, nonce: str) -> str:
    what = f"fawkes.1 {side} {port} {nonce}"
    return hmac.new(token, what.encode("ascii"), hashlib.sha256).hexdigest()


def offer(token: bytes, port: int, nonce: str | None = None) -> tuple[str, str]:
    """What a client offers as a subprotocol, and what the service has to prove then.

    ``nonce``: 64 hex digits; random where none is given.
    """
    nonce = nonce or os.urandom(32).hex()
    mine = _prove(token, "client", port, nonce)
    return f"proof.{nonce}.{mine}", _prove(token, "service", port, nonce)


def answer(token: bytes, port: int, offered: str) -> str | None:
    """What a service proves to who knows the token; None to everybody else."""
    match = _OFFER.fullmatch(offered)
    if match is None:
        return None
    nonce, shown = match.groups()
    if not hmac.compare_digest(shown, _prove(token, "client", port, nonce)):
        return None
    return _prove(token, "service", port, nonce)


def holds(message: str | bytes, wanted: str) -> bool:
    """Whether the first message of a service proves what it has to."""
    try:
        said = json.loads(message)
    except (ValueError, RecursionError):
        return False
    shown = said.get("proof") if isinstance(said, dict) and said.get("type") == "proof" else None
    return isinstance(shown, str) and hmac.compare_digest(shown.encode(), wanted.encode())

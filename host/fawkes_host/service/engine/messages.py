"""What the service and its engine process say to each other, over two pipes.

Messages are in MessagePack; what follows each is a photo as it is (``child.pack``).  Both ends
are ours and the same version, so that there is nothing to negotiate.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from fawkes_host.protocol.messages import Receipt

Photo = bytes | bytearray


class _EngineMessage(Struct, tag=True, frozen=True, kw_only=True):
    pass


class Work(_EngineMessage, frozen=True, kw_only=True):
    """To the engine: cloak the photo that follows."""

    job: int
    level: str
    policy: str
    accept: tuple[str, ...] = ()
    private: bool = False


class Enrol(_EngineMessage, frozen=True, kw_only=True):
    """To the engine: get to know who is on the photo that follows, until its turn comes."""

    job: int


class Abandon(_EngineMessage, frozen=True, kw_only=True):
    """To the engine: stop at the next step of the optimisation."""

    job: int


class Ready(_EngineMessage, frozen=True, kw_only=True):
    """From the engine: networks loaded, graphs traced."""

    devices: tuple[str, ...]


class Step(_EngineMessage, frozen=True, kw_only=True):
    """From the engine: how far the photo is."""

    job: int
    stage: str
    fraction: float
    faces: int


class Done(_EngineMessage, frozen=True, kw_only=True):
    """From the engine: the finished photo follows."""

    job: int
    sha256: str
    status: str
    receipt: Receipt


class Enrolled(_EngineMessage, frozen=True, kw_only=True):
    """From the engine: it knows who is on the photo."""

    job: int


class Failed(_EngineMessage, frozen=True, kw_only=True):
    """From the engine: an error of the table; without a job, of the warm-up.

    ``trail`` tells where a fault that nobody foresaw came from, for the log.
    """

    job: int | None
    code: str
    parameters: dict[str, str | int | float]
    trail: str = ""


ToEngine = Work | Enrol | Abandon
FromEngine = Ready | Step | Done | Enrolled | Failed

encode: Final = msgspec.msgpack.Encoder().encode
to_engine_decoder: Final[msgspec.msgpack.Decoder[ToEngine]] = msgspec.msgpack.Decoder(ToEngine)
from_engine_decoder: Final[msgspec.msgpack.Decoder[FromEngine]] = msgspec.msgpack.Decoder(
    FromEngine
)

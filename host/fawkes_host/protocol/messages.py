"""Every message of the protocol, typed; ``host/PROTOCOL.md`` explains them.

A change here touches ``PROTOCOL.md`` and the golden frames in
``tests/data/frames`` in the same commit.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from fawkes_host.protocol.errors import BadMessage, FawkesError
from fawkes_host.protocol.greeting import LEVEL_NAMES, POLICY_NAMES
from fawkes_host.protocol.limits import (
    ACCEPTED_TYPES,
    CHUNK_BYTES,
    DEADLINE_S,
    DEFAULT_DEADLINE_S,
    FRAME_BYTES,
    PHOTO_BYTES,
    WINDOW_CHUNKS,
)

LevelName = Literal["low", "mid", "high", "decoy"]
PolicyName = Literal["strip-location", "keep", "strip"]
EngineState = Literal["cold", "warming", "ready"]

PhotoId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,64}\Z")]
Sha256Hex = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
ByteCount = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Index = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
ImageType = Annotated[str, Meta(pattern=r"\Aimage/[a-z0-9][a-z0-9.+-]{0,62}\Z")]
ImageTypes = Annotated[tuple[ImageType, ...], Meta(max_length=ACCEPTED_TYPES)]
DeadlineSeconds = Annotated[float, Meta(gt=0.0, le=DEADLINE_S)]
Count = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(ge=0.0)]


class Limits(Struct, frozen=True, kw_only=True):
    """Announced in ``hello``, so that a client need not hold copies of the numbers."""

    photo_bytes: int = PHOTO_BYTES
    chunk_bytes: int = CHUNK_BYTES
    frame_bytes: int = FRAME_BYTES
    window_chunks: int = WINDOW_CHUNKS
    deadline_s: float = DEADLINE_S


class Message(Struct, tag_field="type", frozen=True, kw_only=True):
    """An object with ``type``; fields a peer does not know are ignored."""


# --- both ways -------------------------------------------------------------------------------


class Chunk(Message, tag="chunk", frozen=True, kw_only=True):
    """One piece of a photo; ``data`` is base64 in JSON."""

    id: PhotoId
    index: Index
    data: Annotated[bytes, Meta(min_length=1, max_length=CHUNK_BYTES)]


class End(Message, tag="end", frozen=True, kw_only=True):
    """All pieces of this photo have been sent."""

    id: PhotoId


# --- client to host --------------------------------------------------------------------------


class ClientHello(Message, tag="hello", frozen=True, kw_only=True):
    """The first message; with ``wake`` the service is started and warmed up."""

    protocol: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    wake: bool = True


class Cloak(Message, tag="cloak", frozen=True, kw_only=True):
    """Announces a photo before its bytes come.

    ``accept``: the media types that its receiver takes, any where there is none.  ``more``: so
    many photos were chosen with it and follow at once.  ``private``: keep nothing of it.
    """

    id: PhotoId
    size: ByteCount
    sha256: Sha256Hex
    level: LevelName = "mid"
    policy: PolicyName = "strip-location"
    accept: ImageTypes = ()
    more: Count = 0
    private: bool = False
    deadline_s: DeadlineSeconds = DEFAULT_DEADLINE_S


class Cancel(Message, tag="cancel", frozen=True, kw_only=True):
    """The client no longer wants this photo."""

    id: PhotoId


class StatusRequest(Message, tag="status", frozen=True, kw_only=True):
    """Asks for one ``status``."""


class DoctorRequest(Message, tag="doctor", frozen=True, kw_only=True):
    """Asks for one ``doctor``; heard by the relay alone."""


class Stop(Message, tag="stop", frozen=True, kw_only=True):
    """Ends the service; heard on the private socket only, never from a browser."""

    now: bool = False


# --- host to client --------------------------------------------------------------------------


class Proof(Message, tag="proof", frozen=True, kw_only=True):
    """On a loopback port, the service's first message: it knows the token too."""

    proof: Sha256Hex


class HostHello(Message, tag="hello", frozen=True, kw_only=True):
    """The answer to ``hello``; ``devices`` is empty until the engine has looked."""

    protocol: int
    version: str
    engine: EngineState
    devices: tuple[str, ...] = ()
    problem: str | None = None
    levels: tuple[str, ...] = LEVEL_NAMES
    policies: tuple[str, ...] = POLICY_NAMES
    limits: Limits = Limits()


class EngineNews(Message, tag="engine", frozen=True, kw_only=True):
    """Pushed whenever the state of the engine changes."""

    engine: EngineState
    devices: tuple[str, ...] = ()
    problem: str | None = None


class Ack(Message, tag="ack", frozen=True, kw_only=True):
    """The chunk with this index has arrived."""

    id: PhotoId
    index: Index


class Progress(Message, tag="progress", frozen=True, kw_only=True):
    """How far a photo is; ``fraction`` of the whole way, ``faces`` found so far."""

    id: PhotoId
    stage: str
    fraction: Fraction
    faces: Count = 0


class FaceReceipt(Struct, frozen=True, kw_only=True):
    """What was done to one face: ``box`` is x, y, width, height in pixels as displayed.

    ``flip`` is the mean, ``delta_e`` the 99th percentile, ``psnr`` in dB, ``linf`` the
    largest change of a channel in grey levels, ``similarity`` the cosine between original
    and cloaked face for each network, ``other_photos`` the photos beside this one on which
    the person was seen.  ``likeness``, of a decoy, is the cosine to the person whom it is to be
    taken for, for each network.
    """

    box: tuple[float, float, float, float]
    ssimulacra2: float | None = None
    flip: float | None = None
    delta_e: float | None = None
    dssim: float | None = None
    psnr: float | None = None
    linf: float | None = None
    seconds: float | None = None
    similarity: dict[str, float] = {}
    other_photos: int = 0
    likeness: dict[str, float] = {}


class Receipt(Struct, frozen=True, kw_only=True):
    """What was done to one photo, in ``seconds`` of the engine's time.

    ``notices`` are codes of what the photo lost beside what its policy plainly says.
    """

    level: str
    policy: str
    seconds: float
    engine: str
    faces: tuple[FaceReceipt, ...] = ()
    notices: tuple[str, ...] = ()


class Result(Message, tag="result", frozen=True, kw_only=True):
    """Announces a finished photo before its bytes come."""

    id: PhotoId
    status: Literal["cloaked", "no_face"]
    size: ByteCount
    sha256: Sha256Hex
    receipt: Receipt
    cached: bool = False


class Status(Message, tag="status", frozen=True, kw_only=True):
    """What the service is doing; only ``running`` is filled where there is no service."""

    running: bool
    version: str = ""
    pid: Count = 0
    uptime_s: Seconds = 0.0
    memory_bytes: Count = 0
    engine: EngineState = "cold"
    engine_pid: Count = 0
    engine_memory_bytes: Count = 0
    engine_restarts: Count = 0
    devices: tuple[str, ...] = ()
    problem: str | None = None
    clients: Count = 0
    photos_waiting: Count = 0
    bytes_held: Count = 0
    photo_running: bool = False
    photos_done: Count = 0
    photos_failed: Count = 0
    cache_photos: Count = 0
    cache_bytes: Count = 0
    cache_hits: Count = 0


class CheckState(Struct, frozen=True, kw_only=True):
    """One thing that was looked at, without what was seen: that holds paths."""

    check: str
    state: str


class Doctor(Message, tag="doctor", frozen=True, kw_only=True):
    """What ``fawkes-host doctor`` finds; nothing where it could not be run."""

    checks: tuple[CheckState, ...]


class Error(Message, tag="error", frozen=True, kw_only=True):
    """A failure: of one photo where there is an ``id``, of a message otherwise."""

    code: str
    parameters: dict[str, str | int | float] = {}
    id: PhotoId | None = None

    @classmethod
    def of(cls, error: FawkesError, photo: str | None = None) -> Error:
        return cls(code=error.code, parameters=dict(error.parameters), id=photo)


BrowserMessage = ClientHello | Cloak | Chunk | End | Cancel | StatusRequest | DoctorRequest
"""What a browser may say."""

ClientMessage = BrowserMessage | Stop
"""What may be said on the service's private socket."""

HostMessage = (
    Proof | HostHello | EngineNews | Ack | Progress | Result | Chunk | End | Status | Doctor | Error
)
"""What the host may say."""

browser_decoder: Final[msgspec.json.Decoder[BrowserMessage]] = msgspec.json.Decoder(BrowserMessage)
client_decoder: Final[msgspec.json.Decoder[ClientMessage]] = msgspec.json.Decoder(ClientMessage)
host_decoder: Final[msgspec.json.Decoder[HostMessage]] = msgspec.json.Decoder(HostMessage)
encode: Final = msgspec.json.Encoder().encode


class _Addressed(Struct):
    id: PhotoId


_addressed_decoder = msgspec.json.Decoder(_Addressed)

_unreadable = (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError)
"""What a decoder may raise on hostile input."""

AnyMessage = TypeVar("AnyMessage")


def parse(decoder: msgspec.json.Decoder[AnyMessage], frame: bytes | bytearray | str) -> AnyMessage:
    """The message in ``frame``; raises BadMessage."""
    try:
        return decoder.decode(frame)
    except _unreadable as fault:
        raise BadMessage(detail=str(fault)[:200]) from None


def photo_of(frame: bytes | bytearray | str) -> str | None:
    """The photo that an unreadable message is about, as far as that can be told."""
    try:
        return _addressed_decoder.decode(frame).id
    except _unreadable:
        return None

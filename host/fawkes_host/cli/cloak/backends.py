"""Who cloaks the photos of a run: an engine of its own, or the service."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from fawkes_host.cli.cloak.progress import Report
from fawkes_host.protocol.limits import DEADLINE_S, MIB

if TYPE_CHECKING:
    from fawkes_host.engine.pipeline import Engine
    from fawkes_host.protocol.messages import LevelName, PolicyName
    from fawkes_host.service import client


@dataclass(frozen=True)
class Cloaked:
    """A finished photo, whoever made it; ``faces`` as in ``--json``."""

    data: bytes
    status: str
    faces: list[dict[str, Any]]
    notices: list[str]


class Cloaking(Protocol):
    """Who cloaks the photos of this run."""

    enrolled_at_once: ClassVar[int]
    """So many photos of a run are enrolled before the first is cloaked: photos of one person
    protect each other, and a long run should not begin with a long wait."""

    def enrol(self, data: bytes, wanted: bool, following: int, /) -> None:
        """Get to know who is on a photo; raises the errors of ``protocol.errors``.

        ``wanted``: it will be cloaked too.  So many others are enrolled at once, ``following`` it.
        """
        ...

    def cloak(self, data: bytes) -> Cloaked:
        """Cloak one photo; raises the errors of ``protocol.errors``."""
        ...


class EngineCloaking:
    """Cloaking in this process."""

    enrolled_at_once: ClassVar[int] = 64

    def __init__(self, device: str, level: str, metadata: str, report: Report) -> None:
        self._engine = start_engine(device)
        self._level = level
        self._metadata = metadata
        self._report = report

    def enrol(self, data: bytes, _wanted: bool, _following: int, /) -> None:
        self._engine.enrol(data)

    def cloak(self, data: bytes) -> Cloaked:
        from fawkes_host.engine.levels import LEVELS as BUDGETS
        from fawkes_host.photo.metadata import Policy

        level, policy = BUDGETS[self._level], Policy(self._metadata)
        result = self._engine.cloak(data, level, policy, progress=self._report.advance)
        receipt = result.receipt
        faces = [{**asdict(face), "box": list(face.box)} for face in receipt.faces]
        return Cloaked(result.data, result.status, faces, list(receipt.notices))


def start_engine(device: str) -> Engine:
    """Start an engine on ``device``; raises what it does."""
    from fawkes_host.tensors import runtime

    runtime.start(runtime.Device(device))
    from fawkes_host.engine.pipeline import Engine

    return Engine.load(runtime.Device(device))


class ServiceCloaking:
    """Cloaking by the service; one that ends is followed by another.

    The service enrols the photos that wait there, so they are sent ahead.
    """

    enrolled_at_once: ClassVar[int] = 24

    sent_ahead_bytes: ClassVar[int] = 64 * MIB
    """At most: every chunk is acknowledged, and until a photo's turn comes nobody reads that."""

    def __init__(self, level: str, metadata: str, report: Report) -> None:
        """Start the service where there is none; raises what keeps it from starting."""
        self._level = cast("LevelName", level)
        self._metadata = cast("PolicyName", metadata)
        self._report = report
        self._client: client.ServiceClient | None = _connect()
        self._sent: dict[bytes, str] = {}
        """By digest, the ids of photos that were sent and not asked for yet."""
        self._sent_bytes = 0

    def enrol(self, data: bytes, wanted: bool, following: int, /) -> None:
        digest = hashlib.sha256(data).digest()
        # Where the service was lost, the next photo's turn brings another, once and not for each.
        if self._client is None or not wanted or digest in self._sent:
            return
        if self._sent_bytes + len(data) <= self.sent_ahead_bytes:
            self._sent[digest] = self._send(self._client, data, following)
            self._sent_bytes += len(data)

    def cloak(self, data: bytes) -> Cloaked:
        import msgspec

        from fawkes_host.protocol.errors import ServiceLost

        if self._client is None:
            self._client = _connect()
        try:
            photo = self._cloak(self._client, data)
        except ServiceLost:
            self._client = None
            self._sent, self._sent_bytes = {}, 0
            raise
        receipt = photo.receipt
        faces = [{**msgspec.structs.asdict(face), "box": list(face.box)} for face in receipt.faces]
        return Cloaked(photo.data, photo.status, faces, list(receipt.notices))

    def _cloak(self, service: client.ServiceClient, data: bytes) -> client.CloakedPhoto:
        from fawkes_host.protocol.errors import Busy

        ahead = self._sent.pop(hashlib.sha256(data).digest(), None)
        if ahead is not None:
            self._sent_bytes -= len(data)
            # Where there was no room when it was sent ahead, it is sent again.
            with contextlib.suppress(Busy):
                return service.receive(ahead, progress=self._report.advance)
        return service.receive(self._send(service, data), progress=self._report.advance)

    def _send(self, service: client.ServiceClient, data: bytes, more: int = 0) -> str:
        return service.send(data, self._level, self._metadata, more=more, deadline_s=DEADLINE_S)


def _connect() -> client.ServiceClient:
    from fawkes_host.service import client

    return client.ServiceClient(client.connect())

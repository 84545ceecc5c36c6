"""The photos that are held, and whose turn it is."""

from __future__ import annotations

import itertools
from asyncio import TimerHandle
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

from fawkes_host.protocol.chunks import Assembly
from fawkes_host.protocol.errors import Busy, FawkesError
from fawkes_host.protocol.messages import Cloak, Progress, Result

_numbers = itertools.count(1)


class Stage(Enum):
    """Where a photo is on its way through the service."""

    ARRIVING = auto()
    WAITING = auto()
    RUNNING = auto()
    LEAVING = auto()
    ENDED = auto()


class Owner(Protocol):
    """The client whose photo it is."""

    @property
    def jobs(self) -> list[Job]:
        """All photos of this client."""
        ...

    def tell_progress(self, progress: Progress) -> None: ...

    def deliver(self, job: Job, result: Result, data: bytes) -> None: ...

    def refuse(self, job: Job, error: FawkesError) -> None: ...


@dataclass(eq=False)
class Job:
    """One photo of one client.  ``number`` is ours, and the only name that is logged."""

    owner: Owner
    order: Cloak
    deadline: float
    """On the clock of the event loop, in seconds."""

    number: int = field(default_factory=lambda: next(_numbers))
    stage: Stage = Stage.ARRIVING
    enrolled: bool = False
    """The engine knows who is on it, or was asked to."""

    assembly: Assembly = field(init=False)
    data: bytes | bytearray = b""
    held_bytes: int = field(init=False)
    alarm: TimerHandle | None = None
    """Rings at the deadline."""

    progress: Progress | None = None
    reported: float = 0.0
    """When progress was last reported, on the clock of the event loop."""

    def __post_init__(self) -> None:
        self.assembly = Assembly(self.order.size, self.order.sha256)
        self.held_bytes = self.order.size

    def ended(self) -> bool:
        return self.stage is Stage.ENDED

    def silence(self) -> None:
        """The deadline no longer matters."""
        if self.alarm is not None:
            self.alarm.cancel()
            self.alarm = None


class JobQueue:
    """Holds at most ``photos`` photos of ``total_bytes`` together; takes clients in turn.

    A client may hold half of either, so that there is always room for another one.
    """

    def __init__(self, photos: int, total_bytes: int) -> None:
        self._photos = photos
        self._total_bytes = total_bytes
        self._held_photos: Counter[Owner] = Counter()
        self._held_bytes: Counter[Owner] = Counter()
        self._waiting: OrderedDict[Owner, deque[Job]] = OrderedDict()

    @property
    def photos(self) -> int:
        """Photos held, wherever they are on their way."""
        return self._held_photos.total()

    @property
    def held_bytes(self) -> int:
        return self._held_bytes.total()

    @property
    def waiting(self) -> int:
        """Photos that have arrived and wait for the engine."""
        return sum(len(line) for line in self._waiting.values())

    def admit(self, job: Job) -> None:
        """Sets room aside for a photo that is about to arrive; raises Busy."""
        owner, size = job.owner, job.held_bytes
        if (
            self.photos + 1 > self._photos
            or self.held_bytes + size > self._total_bytes
            or self._held_photos[owner] + 1 > self._photos // 2
            or self._held_bytes[owner] + size > self._total_bytes // 2
        ):
            raise Busy(waiting=self.photos)
        self._held_photos[owner] += 1
        self._held_bytes[owner] += size

    def submit(self, job: Job) -> None:
        """Lines up a photo that has arrived."""
        job.stage = Stage.WAITING
        self._waiting.setdefault(job.owner, deque()).append(job)

    def take(self) -> Job | None:
        """The next photo: the first of the client that has waited longest for its turn."""
        if not self._waiting:
            return None
        owner, line = self._waiting.popitem(last=False)
        job = line.popleft()
        if line:
            self._waiting[owner] = line
        job.stage = Stage.RUNNING
        return job

    def next_to_enrol(self) -> Job | None:
        """A waiting photo that has not been enrolled."""
        waiting = itertools.chain.from_iterable(self._waiting.values())
        return next((job for job in waiting if not job.enrolled), None)

    def withdraw(self, job: Job) -> None:
        """Takes a waiting photo out of the line, out of turn."""
        line = self._waiting[job.owner]
        line.remove(job)
        if not line:
            del self._waiting[job.owner]

    def resize(self, job: Job, size: int) -> None:
        """The photo now holds ``size`` bytes; never refused, since its work is done."""
        self._held_bytes[job.owner] += size - job.held_bytes
        job.held_bytes = size

    def release(self, job: Job) -> None:
        """Forgets a photo, wherever it is on its way, and what it holds; once only."""
        if job.ended():
            return
        if job.stage is Stage.WAITING:
            self.withdraw(job)
        job.stage = Stage.ENDED
        job.data = b""
        job.assembly = Assembly(0, "")
        self._held_photos[job.owner] -= 1
        self._held_bytes[job.owner] -= job.held_bytes
        if not self._held_photos[job.owner]:
            del self._held_photos[job.owner], self._held_bytes[job.owner]

"""A photo's life in the service: admitted, looked up, cloaked, and handed back or given up."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from fawkes_host.engine.fingerprint import fingerprint
from fawkes_host.protocol.errors import (
    Cancelled,
    DeadlineExceeded,
    FawkesError,
    InternalError,
    ShuttingDown,
)
from fawkes_host.protocol.messages import Cloak, Receipt, Result
from fawkes_host.service.cache import Entry, PhotoCache
from fawkes_host.service.engine.messages import Done, Work
from fawkes_host.service.engine.process import EngineProcess
from fawkes_host.service.jobs import Job, JobQueue, Owner, Stage
from fawkes_host.service.progress import keep_telling, tell, tell_step

log = logging.getLogger(__name__)

ABANDON_SECONDS: Final = 30.0
"""An engine that has not stopped this long after it was asked to is ended.  A step of the
optimisation takes at most a few seconds, on a slow processor with many faces."""

ENROLLED_AHEAD: Final = 24
"""At most so many waiting photos are enrolled before the next one is cloaked, half a second
each; further ones before the one after it."""

ARRIVAL_SECONDS: Final = 1.0
"""What was chosen together arrives together; the first of it waits no longer than this."""


@dataclass
class Counts:
    """Photos since the start."""

    done: int = 0
    failed: int = 0


class PhotoWork:
    """Every photo that the service holds, from its first byte to its last.

    ``ended`` is called whenever one of them has ended, in whatever way.
    """

    def __init__(
        self,
        queue: JobQueue,
        engine: EngineProcess,
        cache: PhotoCache | None,
        ended: Callable[[], None],
    ) -> None:
        self._queue = queue
        self._engine = engine
        self._cache = cache
        self._ended = ended
        self._waiting = asyncio.Event()
        self.admits = True
        """Whether photos are taken in; those that are here go on."""
        self.running: Job | None = None
        self.counts = Counts()
        self.tasks: set[asyncio.Task[None]] = set()

    # --- what sessions ask for ------------------------------------------------------------

    def begin(self, owner: Owner, order: Cloak) -> Job:
        """Admits a photo; raises Busy, ShuttingDown."""
        if not self.admits:
            raise ShuttingDown
        loop = asyncio.get_running_loop()
        job = Job(owner, order, loop.time() + order.deadline_s)
        # Of a private one nothing is kept, not even in memory for those that follow.
        job.enrolled = order.private
        self._queue.admit(job)
        job.alarm = loop.call_at(job.deadline, self._too_late, job)
        return job

    def arrived(self, job: Job) -> None:
        """The photo is complete: out of the cache at once, or into the queue."""
        self._queue.submit(job)
        tell(job, "waiting", 0.0, 0)
        if self._cache_for(job) is None:
            self._waiting.set()
        else:
            self._spawn(self._look_up(job))

    def fail(self, job: Job, error: FawkesError) -> None:
        """Ends a photo with an error, wherever it is on its way."""
        if job.ended():
            return
        if job is self.running:
            self._spawn(self._abandon(job))
        if not isinstance(error, Cancelled):
            self.counts.failed += 1
            log.info("photo %d: %s", job.number, error.code)
        self._end(job)
        job.owner.refuse(job, error)

    def delivered(self, job: Job) -> None:
        """The last byte of the result is on its way."""
        self._end(job)

    # --- from the queue to the engine and back --------------------------------------------

    async def _look_up(self, job: Job) -> None:
        found = await self._cached(job)
        if job.stage is Stage.WAITING and found is not None:
            self._queue.withdraw(job)
            self._finish(job, found, found.data, cached=True)
        self._waiting.set()

    async def run(self) -> None:
        """The one who hands photos to the engine, one after another."""
        while True:
            job = self._queue.take()
            if job is None:
                self._waiting.clear()
                await self._waiting.wait()
                continue
            self.running = job
            reporting = asyncio.create_task(keep_telling(job))
            try:
                await self._cloak(job)
            except FawkesError as error:
                self.fail(job, error)
            except Exception as fault:
                log.exception("photo %d", job.number)
                self.fail(job, InternalError(detail=type(fault).__name__))
            finally:
                self.running = None
                reporting.cancel()

    async def _cloak(self, job: Job) -> None:
        # The same photo may have been cloaked while this one waited.
        found = await self._cached(job)
        if found is None:
            tell(job, "waiting" if self._engine.state == "ready" else "warming", 0.0, 0)
            try:
                await self._engine.warm()
            except FawkesError as error:
                self._fail_waiting(error)
                raise
            await self._enrol_waiting(job)
            if job.ended():
                return
            order = job.order
            if not order.private:
                log.info("photo %d: %d bytes, %s", job.number, order.size, order.level)
            work = Work(
                job=job.number,
                level=order.level,
                policy=order.policy,
                accept=order.accept,
                private=order.private,
            )
            done, data = await self._engine.run(work, job.data, lambda step: tell_step(job, step))
            if job.ended():
                return
            self._finish(job, done, data, cached=False)
            cache = self._cache_for(job)
            if cache is not None and done.status == "cloaked":
                # A photo without a face is the original but for its metadata: never kept.
                entry = Entry(data=data, sha256=done.sha256, receipt=done.receipt)
                self._spawn(asyncio.to_thread(cache.put, self._name(job), entry))
        elif not job.ended():
            self._finish(job, found, found.data, cached=True)

    async def _enrol_waiting(self, job: Job) -> None:
        """Lets the engine enrol who is on the photos that wait behind this one: those of one person
        protect each other."""
        job.enrolled = True
        give_up = time.monotonic() + ARRIVAL_SECONDS
        for _ in range(ENROLLED_AHEAD):
            while (other := self._queue.next_to_enrol()) is None:
                if not self._more_arrive(job, give_up):
                    break
                await asyncio.sleep(0.02)
            if other is None or job.ended():
                return
            other.enrolled = True
            # What is wrong with it is told when its turn comes.
            with contextlib.suppress(FawkesError):
                await self._engine.enrol(other.number, other.data)

    def _more_arrive(self, job: Job, give_up: float) -> bool:
        """Whether its client is sending other photos, or about to, and there is time to wait."""
        if job.ended() or time.monotonic() >= give_up:
            return False
        others = [other for other in job.owner.jobs if other is not job]
        arriving = any(other.stage is Stage.ARRIVING for other in others)
        return arriving or len(others) < job.order.more

    def _finish(self, job: Job, found: Done | Entry, data: bytes, cached: bool) -> None:
        job.stage = Stage.LEAVING
        job.data = b""
        job.silence()
        self._queue.resize(job, len(data))
        self.counts.done += 1
        receipt: Receipt = found.receipt
        if not job.order.private:
            log.info(
                "photo %d: done, %d faces, %.2f s%s",
                job.number,
                len(receipt.faces),
                receipt.seconds,
                ", from the cache" if cached else "",
            )
        status = found.status if isinstance(found, Done) else "cloaked"
        result = Result(
            id=job.order.id,
            status="cloaked" if status == "cloaked" else "no_face",
            size=len(data),
            sha256=found.sha256,
            receipt=receipt,
            cached=cached,
        )
        job.owner.deliver(job, result, data)

    async def _cached(self, job: Job) -> Entry | None:
        cache = self._cache_for(job)
        return None if cache is None else await asyncio.to_thread(cache.get, self._name(job))

    def _cache_for(self, job: Job) -> PhotoCache | None:
        return None if job.order.private else self._cache

    def _name(self, job: Job) -> str:
        assert self._cache is not None
        return self._cache.name(fingerprint(job.order))

    # --- endings --------------------------------------------------------------------------

    def _too_late(self, job: Job) -> None:
        self.fail(job, DeadlineExceeded(seconds=job.order.deadline_s))

    async def _abandon(self, job: Job) -> None:
        """Asks the engine to stop, and ends it if it does not."""
        await self._engine.abandon(job.number)
        give_up = time.monotonic() + ABANDON_SECONDS
        while self.running is job and self._engine.state == "ready":
            await asyncio.sleep(0.1)
            if time.monotonic() > give_up:
                log.error("photo %d: the engine did not stop", job.number)
                self._engine.kill()
                return

    def _fail_waiting(self, error: FawkesError) -> None:
        """An engine that cannot warm up helps none of those who wait."""
        while (job := self._queue.take()) is not None:
            self.fail(job, error)

    def _end(self, job: Job) -> None:
        job.silence()
        self._queue.release(job)
        self._ended()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

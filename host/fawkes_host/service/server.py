"""The engine service: clients on one side, one warm engine on the other."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from websockets.asyncio.server import ServerConnection

import fawkes_host
from fawkes_host.engine.fingerprint import fingerprint
from fawkes_host.protocol.errors import (
    Cancelled,
    DeadlineExceeded,
    FawkesError,
    InternalError,
    ShuttingDown,
)
from fawkes_host.protocol.greeting import PROTOCOL
from fawkes_host.protocol.limits import MIB
from fawkes_host.protocol.messages import (
    Cloak,
    HostHello,
    Receipt,
    Result,
    Status,
)
from fawkes_host.service.cache import Entry, PhotoCache
from fawkes_host.service.endpoint import Endpoint, write_state
from fawkes_host.service.engine.messages import Done, Work
from fawkes_host.service.engine.process import EngineProcess
from fawkes_host.service.jobs import Job, JobQueue, Stage
from fawkes_host.service.listeners import Listeners
from fawkes_host.service.progress import keep_telling, tell, tell_step
from fawkes_host.service.session import Session
from fawkes_host.service.settings import Settings
from fawkes_host.system.memory import resident_bytes

log = logging.getLogger(__name__)

ABANDON_SECONDS: Final = 30.0
"""An engine that has not stopped this long after it was asked to is ended.  A step of the
optimisation takes at most a few seconds, on a slow processor with many faces."""

LOOKED_AT_AHEAD: Final = 24
"""At most so many waiting photos are looked at before the next one is cloaked, half a second
each; further ones before the one after it."""

ARRIVAL_SECONDS: Final = 1.0
"""What was chosen together arrives together; the first of it waits no longer than this."""

FAREWELL_SECONDS: Final = 5.0
"""How long a service that leaves waits for clients to read their last messages."""


@dataclass
class Counts:
    """Photos since the start."""

    done: int = 0
    failed: int = 0


class Service:
    """Everything the service knows; all of it lives in one thread of asyncio."""

    def __init__(self, settings: Settings, endpoint: Endpoint, cache: PhotoCache | None) -> None:
        self._settings = settings
        self._endpoint = endpoint
        self._cache = cache
        self._queue = JobQueue(settings.queue_photos, settings.queue_mib * MIB)
        self._engine = EngineProcess(settings.device, self._engine_changed)
        self._sessions: set[Session] = set()
        self._running: Job | None = None
        self._counts = Counts()
        self._started = time.monotonic()
        self._last_used = self._started
        self._leaving = False
        self._waiting = asyncio.Event()
        self._left = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, listening: Callable[[list[str]], None] | None = None) -> None:
        """Serves until it is stopped or has been idle for long enough.

        ``listening`` is called with the addresses of the stand-alone mode.
        """
        listeners = Listeners(self._endpoint, self._settings, self._serve, self._full)
        async with listeners.open():
            self._engine_changed()
            self._engine.start()
            log.info("listening, pid %d, version %s", os.getpid(), fawkes_host.__version__)
            for address in listeners.addresses:
                log.info("also on %s", address)
            if listening is not None:
                listening(listeners.addresses)
            duties = [
                asyncio.create_task(duty)
                for duty in (self._work(), self._watch(), self._left.wait())
            ]
            try:
                # None of them ends before the service does; if one fails, so does the service.
                await asyncio.wait(duties, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (*duties, *self._tasks):
                    task.cancel()
                for fault in await asyncio.gather(*duties, *self._tasks, return_exceptions=True):
                    if isinstance(fault, Exception):
                        log.critical("a part of the service failed", exc_info=fault)
                # Whoever is told farewell finds another service and not this one again.
                self._endpoint.remove()
                await self._say_farewell()
        await self._engine.close()
        log.info("left after %d photos", self._counts.done)

    # --- what sessions ask for ------------------------------------------------------------

    def greet(self, wake: bool) -> HostHello:
        self._last_used = time.monotonic()
        if wake and not self._leaving:
            self._engine.start()
        return HostHello(
            protocol=PROTOCOL,
            version=fawkes_host.__version__,
            engine=self._engine.state,
            devices=self._engine.devices,
            problem=self._engine.problem,
        )

    def begin(self, session: Session, order: Cloak) -> Job:
        """Admits a photo; raises Busy, ShuttingDown."""
        if self._leaving:
            raise ShuttingDown
        loop = asyncio.get_running_loop()
        job = Job(session, order, loop.time() + order.deadline_s)
        # Of a private one nothing is kept, not even in memory for those that follow.
        job.looked_at = order.private
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
        if job is self._running:
            self._spawn(self._abandon(job))
        if not isinstance(error, Cancelled):
            self._counts.failed += 1
            log.info("photo %d: %s", job.number, error.code)
        self._end(job)
        job.owner.refuse(job, error)

    def delivered(self, job: Job) -> None:
        """The last byte of the result is on its way."""
        self._end(job)

    def status(self) -> Status:
        cache = self._cache
        return Status(
            running=True,
            version=fawkes_host.__version__,
            pid=os.getpid(),
            uptime_s=round(time.monotonic() - self._started, 3),
            memory_bytes=resident_bytes(os.getpid()),
            engine=self._engine.state,
            engine_pid=self._engine.pid,
            engine_memory_bytes=resident_bytes(self._engine.pid) if self._engine.pid else 0,
            engine_restarts=self._engine.restarts,
            devices=self._engine.devices,
            problem=self._engine.problem,
            clients=len(self._sessions),
            photos_waiting=self._queue.waiting,
            bytes_held=self._queue.held_bytes,
            photo_running=self._running is not None,
            photos_done=self._counts.done,
            photos_failed=self._counts.failed,
            cache_photos=cache.photos if cache else 0,
            cache_bytes=cache.bytes if cache else 0,
            cache_hits=cache.hits if cache else 0,
        )

    def stop(self, now: bool) -> None:
        """Leaves when all photos that have arrived are answered, or ``now`` with errors."""
        log.info("leaving%s", " now" if now else "")
        self._leaving = True
        given_up = (Stage.ARRIVING, Stage.WAITING, Stage.RUNNING) if now else (Stage.ARRIVING,)
        for session in self._sessions:
            for job in session.jobs:
                if job.stage in given_up:
                    self.fail(job, ShuttingDown())
        self._leave_if_done()

    # --- the way of a photo ---------------------------------------------------------------

    async def _look_up(self, job: Job) -> None:
        found = await self._cached(job)
        if job.stage is Stage.WAITING and found is not None:
            self._queue.withdraw(job)
            self._finish(job, found, found.data, cached=True)
        self._waiting.set()

    async def _work(self) -> None:
        """The one who hands photos to the engine, one after another."""
        while True:
            job = self._queue.take()
            if job is None:
                self._waiting.clear()
                await self._waiting.wait()
                continue
            self._running = job
            reporting = asyncio.create_task(keep_telling(job))
            try:
                await self._cloak(job)
            except FawkesError as error:
                self.fail(job, error)
            except Exception as fault:
                log.exception("photo %d", job.number)
                self.fail(job, InternalError(detail=type(fault).__name__))
            finally:
                self._running = None
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
            await self._look_around(job)
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

    async def _look_around(self, job: Job) -> None:
        """Lets the engine get to know the photos that wait behind this one: those of one person
        protect each other."""
        job.looked_at = True
        give_up = time.monotonic() + ARRIVAL_SECONDS
        for _ in range(LOOKED_AT_AHEAD):
            while (other := self._queue.unknown()) is None and self._more_arrive(job, give_up):
                await asyncio.sleep(0.02)
            if other is None or job.ended():
                return
            other.looked_at = True
            # What is wrong with it is told when its turn comes.
            with contextlib.suppress(FawkesError):
                await self._engine.look(other.number, other.data)

    def _more_arrive(self, job: Job, give_up: float) -> bool:
        """Whether its client is sending other photos, or about to, and there is time to wait."""
        if job.ended() or time.monotonic() >= give_up:
            return False
        jobs = [other for one in self._sessions if one is job.owner for other in one.jobs]
        others = [other for other in jobs if other is not job]
        arriving = any(other.stage is Stage.ARRIVING for other in others)
        return arriving or len(others) < job.order.more

    def _finish(self, job: Job, found: Done | Entry, data: bytes, cached: bool) -> None:
        job.stage = Stage.LEAVING
        job.data = b""
        job.silence()
        self._queue.resize(job, len(data))
        self._counts.done += 1
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
        while self._running is job and self._engine.state == "ready":
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
        self._last_used = time.monotonic()
        self._leave_if_done()

    def _leave_if_done(self) -> None:
        if self._leaving and self._queue.photos == 0:
            self._left.set()

    async def _watch(self) -> None:
        """Leaves when nobody has wanted anything for long enough."""
        idle_s = self._settings.idle_minutes * 60
        while True:
            await asyncio.sleep(min(idle_s / 4, 5.0))
            if self._queue.photos == 0 and time.monotonic() - self._last_used >= idle_s:
                log.info("idle for %.1f minutes", self._settings.idle_minutes)
                self.stop(now=False)

    # --- clients --------------------------------------------------------------------------

    async def _serve(self, connection: ServerConnection, private: bool) -> None:
        session = Session(self, connection, private)
        self._sessions.add(session)
        try:
            await session.run()
        finally:
            self._sessions.discard(session)
            self._last_used = time.monotonic()

    def _full(self) -> bool:
        return len(self._sessions) >= self._settings.max_clients

    async def _say_farewell(self) -> None:
        give_up = time.monotonic() + FAREWELL_SECONDS
        while time.monotonic() < give_up and not all(one.idle for one in self._sessions):
            await asyncio.sleep(0.01)
        await asyncio.gather(*(one.close() for one in list(self._sessions)))

    def _engine_changed(self) -> None:
        news = self._engine.news()
        state = {"pid": os.getpid(), "engine": news.engine, "devices": news.devices}
        with contextlib.suppress(OSError):
            write_state(self._endpoint, {**state, "problem": news.problem})
        for session in self._sessions:
            session.tell_news(news)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

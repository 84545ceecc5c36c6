"""The engine service: clients on one side, one warm engine on the other."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable
from typing import Final

from websockets.asyncio.server import ServerConnection

import fawkes_host
from fawkes_host.protocol.errors import ShuttingDown
from fawkes_host.protocol.greeting import PROTOCOL
from fawkes_host.protocol.limits import MIB
from fawkes_host.protocol.messages import HostHello, Status
from fawkes_host.service.cache import PhotoCache
from fawkes_host.service.endpoint import Endpoint, write_state
from fawkes_host.service.engine.process import EngineProcess
from fawkes_host.service.jobs import JobQueue, Stage
from fawkes_host.service.listeners import Listeners
from fawkes_host.service.photo_work import PhotoWork
from fawkes_host.service.session import Session
from fawkes_host.service.settings import Settings
from fawkes_host.system.memory import resident_bytes

log = logging.getLogger(__name__)

FAREWELL_SECONDS: Final = 5.0
"""How long a service that leaves waits for clients to read their last messages."""


class Service:
    """Everything the service knows; all of it lives in one thread of asyncio."""

    def __init__(self, settings: Settings, endpoint: Endpoint, cache: PhotoCache | None) -> None:
        self._settings = settings
        self._endpoint = endpoint
        self._cache = cache
        self._queue = JobQueue(settings.queue_photos, settings.queue_mib * MIB)
        self._engine = EngineProcess(settings.device, self._engine_changed)
        self._sessions: set[Session] = set()
        self._photos = PhotoWork(self._queue, self._engine, cache, self._photo_ended)
        self._started = time.monotonic()
        self._last_used = self._started
        self._leaving = False
        self._left = asyncio.Event()

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
                for duty in (self._photos.run(), self._watch(), self._left.wait())
            ]
            try:
                # None of them ends before the service does; if one fails, so does the service.
                await asyncio.wait(duties, return_when=asyncio.FIRST_COMPLETED)
            finally:
                tasks = (*duties, *self._photos.tasks)
                for task in tasks:
                    task.cancel()
                for fault in await asyncio.gather(*tasks, return_exceptions=True):
                    if isinstance(fault, Exception):
                        log.critical("a part of the service failed", exc_info=fault)
                # Whoever is told farewell finds another service and not this one again.
                self._endpoint.remove()
                await self._say_farewell()
        await self._engine.close()
        log.info("left after %d photos", self._photos.counts.done)

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
            photo_running=self._photos.running is not None,
            photos_done=self._photos.counts.done,
            photos_failed=self._photos.counts.failed,
            cache_photos=cache.photos if cache else 0,
            cache_bytes=cache.bytes if cache else 0,
            cache_hits=cache.hits if cache else 0,
        )

    def stop(self, now: bool) -> None:
        """Leaves when all photos that have arrived are answered, or ``now`` with errors."""
        log.info("leaving%s", " now" if now else "")
        self._leaving = True
        self._photos.admits = False
        given_up = (Stage.ARRIVING, Stage.WAITING, Stage.RUNNING) if now else (Stage.ARRIVING,)
        for session in self._sessions:
            for job in session.jobs:
                if job.stage in given_up:
                    self._photos.fail(job, ShuttingDown())
        self._leave_if_done()

    # --- endings --------------------------------------------------------------------------

    def _photo_ended(self) -> None:
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
        session = Session(self, self._photos, connection, private)
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

"""The service's side of the engine process: starts it, feeds it, and survives its death."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from typing import Final

from fawkes_host.protocol.errors import BY_CODE, EngineCrashed, FawkesError, InternalError
from fawkes_host.protocol.messages import EngineNews, EngineState
from fawkes_host.service.engine.messages import (
    Abandon,
    Done,
    Enrol,
    Enrolled,
    Failed,
    Photo,
    Ready,
    Step,
    ToEngine,
    Work,
    encode,
    from_engine_decoder,
)
from fawkes_host.system import child

log = logging.getLogger(__name__)

_STREAM_BYTES: Final = 1 << 20
_REMEMBERED_LINES: Final = 20
_GRACE_SECONDS: Final = 2.0

WARM_UP_SECONDS: Final = 300.0
"""An engine that is not warm by then is ended.  It takes some 10 s on an idle machine, and
minutes on one that reads TensorFlow from a slow disk for the first time."""


class EngineProcess:
    """One engine in a process of its own; restarted when a photo kills it.

    ``changed`` is called whenever ``state``, ``devices`` or ``problem`` differ.
    """

    def __init__(self, device: str, changed: Callable[[], None]) -> None:
        self._device = device
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._life: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[None] | None = None
        self._answer: asyncio.Future[tuple[Done | Enrolled, bytes]] | None = None
        self._step: Callable[[Step], None] | None = None
        self._job: int | None = None
        self._last_words: deque[str] = deque(maxlen=_REMEMBERED_LINES)
        self._closing = False
        self.state: EngineState = "cold"
        self.devices: tuple[str, ...] = ()
        self.problem: str | None = None
        self.restarts = 0

    @property
    def pid(self) -> int:
        return self._process.pid if self._process and self.state != "cold" else 0

    def news(self) -> EngineNews:
        return EngineNews(engine=self.state, devices=self.devices, problem=self.problem)

    def start(self) -> asyncio.Future[None]:
        """Warms the engine up unless it is; the future tells when, or why not."""
        if self._ready is None and not self._closing:
            self._ready = asyncio.get_running_loop().create_future()
            # Nobody may be waiting; then a failure is told by ``problem`` alone.
            self._ready.add_done_callback(lambda future: future.cancelled() or future.exception())
            self._life = asyncio.create_task(self._live(self._ready))
        if self._ready is None:
            raise InternalError(detail="the engine is closing")
        return self._ready

    async def warm(self) -> None:
        """Waits until the engine is warm; raises what keeps it from that."""
        while self.state != "ready":
            await asyncio.shield(self.start())

    async def run(
        self, work: Work, photo: Photo, on_step: Callable[[Step], None]
    ) -> tuple[Done, bytes]:
        """Cloaks one photo; raises what the engine raised, or EngineCrashed."""
        done, data = await self._ask(work, photo, on_step)
        assert isinstance(done, Done)
        return done, data

    async def enrol(self, job: int, photo: Photo) -> None:
        """Lets the engine get to know who is on a photo; raises as ``run`` does."""
        await self._ask(Enrol(job=job), photo)

    async def _ask(
        self, order: Work | Enrol, photo: Photo, on_step: Callable[[Step], None] | None = None
    ) -> tuple[Done | Enrolled, bytes]:
        await self.warm()
        self._answer = asyncio.get_running_loop().create_future()
        self._job, self._step = order.job, on_step
        try:
            await self._send(order, photo)
            return await self._answer
        finally:
            self._answer = self._step = self._job = None

    async def abandon(self, job: int) -> None:
        """Asks the engine to stop at its next step, if it works on ``job``."""
        if job == self._job:
            await self._send(Abandon(job=job))

    def kill(self) -> None:
        """Ends an engine that does not answer; it is restarted like one that died."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def close(self) -> None:
        """Ends the engine for good."""
        self._closing = True
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._process.wait(), _GRACE_SECONDS)
            self.kill()
        if self._life is not None:
            await self._life

    async def _live(self, ready: asyncio.Future[None]) -> None:
        """From the start of one process to its end."""
        self._set("warming")
        fault: FawkesError
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *child.command("fawkes_host.service.engine.worker", self._device),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_STREAM_BYTES,
            )
            listener = asyncio.create_task(self._remember(process))
            patience = asyncio.get_running_loop().call_later(WARM_UP_SECONDS, self._lose_patience)
            told = await self._listen(process, ready)
            patience.cancel()
            fault = told or EngineCrashed(detail=child.ending(await process.wait()))
            await process.wait()
            await listener
        except OSError as error:
            fault = EngineCrashed(detail=str(error.strerror))
        self._end(ready, fault)

    def _end(self, ready: asyncio.Future[None], fault: FawkesError) -> None:
        working = self._answer is not None
        self._ready = None
        self.devices = ()
        if self._closing:
            self._set("cold")
        else:
            log.error("the engine ended: %s", fault)
            for line in self._last_words:
                log.error("engine: %s", line)
            self.problem = fault.code
            self._set("cold")
        self._last_words.clear()
        if not ready.done():
            ready.set_exception(fault)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(fault)
        if working and not self._closing:
            # One that dies of itself, or cannot even warm up, would do so again and again:
            # it is tried again when the next photo comes.
            self.restarts += 1
            self.start()

    def _lose_patience(self) -> None:
        if self.state == "warming":
            self.kill()

    async def _listen(
        self, process: asyncio.subprocess.Process, ready: asyncio.Future[None]
    ) -> FawkesError | None:
        """Hears the engine out; what it said went wrong with its warm-up, if it did."""
        assert process.stdout is not None
        fault: FawkesError | None = None
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await process.stdout.readexactly(child.HEAD_BYTES)
                message_bytes, photo_bytes = child.unpack_head(head)
                body = await process.stdout.readexactly(message_bytes)
                photo = await process.stdout.readexactly(photo_bytes)
                match from_engine_decoder.decode(body):
                    case Ready(devices=devices):
                        self.devices, self.problem = devices, None
                        self._set("ready")
                        ready.set_result(None)
                    case Step() as step:
                        if step.job == self._job and self._step is not None:
                            self._step(step)
                    case Done() | Enrolled() as done:
                        if done.job == self._job and self._answer and not self._answer.done():
                            self._answer.set_result((done, photo))
                    case Failed(job=job, code=code, parameters=parameters, trail=trail):
                        if trail:
                            log.error("engine: %s", trail)
                        error = BY_CODE.get(code, InternalError)(**parameters)
                        if job is None:
                            fault = error
                        elif job == self._job and self._answer and not self._answer.done():
                            self._answer.set_exception(error)
        return fault

    async def _remember(self, process: asyncio.subprocess.Process) -> None:
        """Keeps the last lines of what the engine's libraries print, for a post-mortem."""
        assert process.stderr is not None
        while True:
            try:
                line = await process.stderr.readline()
            except ValueError:  # A line longer than the stream's limit; it is dropped.
                continue
            if not line:
                return
            self._last_words.append(line.decode("utf-8", "replace").rstrip()[:500])

    async def _send(self, message: ToEngine, photo: Photo = b"") -> None:
        if self._process is None or self._process.stdin is None:
            return
        # A pipe that is broken is reported by the reading side.
        with contextlib.suppress(ConnectionError, RuntimeError):
            for part in child.pack(encode(message), photo):
                self._process.stdin.write(part)
            await self._process.stdin.drain()

    def _set(self, state: EngineState) -> None:
        self.state = state
        self._changed()

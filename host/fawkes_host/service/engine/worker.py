"""The engine process: one engine, one photo at a time, gone as soon as the service is.

A process of its own, so that the service keeps answering while TensorFlow is imported,
and outlives an engine that is killed for its memory.
"""

from __future__ import annotations

import hashlib
import os
import queue
import signal
import sys
import threading
import time
from typing import Any, BinaryIO, Final

import msgspec

from fawkes_host.protocol import framing
from fawkes_host.protocol.errors import FawkesError, InternalError, OutOfMemory
from fawkes_host.protocol.messages import Receipt
from fawkes_host.service.engine import warm_engine
from fawkes_host.service.engine.messages import (
    Abandon,
    Done,
    Enrol,
    Enrolled,
    Failed,
    FromEngine,
    Ready,
    Step,
    Work,
    encode,
    to_engine_decoder,
)
from fawkes_host.system import child

STEP_SECONDS: Final = 0.05
"""Progress within a stage is told at most so often; people cannot read faster."""


class Worker:
    """Reads orders in one thread, works in another: the one that called ``run``."""

    def __init__(self, orders: BinaryIO, answers: BinaryIO) -> None:
        self._orders = orders
        self._answers = answers
        self._answer_lock = threading.Lock()
        self._work: queue.SimpleQueue[tuple[Work | Enrol, bytes]] = queue.SimpleQueue()
        self._abandoned: set[int] = set()

    def run(self, device: str) -> None:
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            engine = warm_engine.make_engine(device)
            engine.warm_up()
            devices = engine.devices()
        except BaseException as fault:
            self._say(_failure(None, fault))
            if isinstance(fault, FawkesError):
                return
            raise
        self._say(Ready(devices=devices))
        while True:
            order, photo = self._work.get()
            if isinstance(order, Work):
                self._cloak(engine, order, photo)
            else:
                self._enrol(engine, order, photo)

    def _listen(self) -> None:
        """Takes orders until the service closes the pipe, then ends the process at once."""
        try:
            while head := self._orders.read(child.HEAD_BYTES):
                message_bytes, photo_bytes = child.unpack_head(head)
                order = to_engine_decoder.decode(self._orders.read(message_bytes))
                photo = self._orders.read(photo_bytes)
                if isinstance(order, Abandon):
                    self._abandoned.add(order.job)
                else:
                    self._work.put((order, photo))
        finally:
            os._exit(0)

    def _enrol(self, engine: warm_engine.WarmEngine, order: Enrol, photo: bytes) -> None:
        try:
            engine.enrol(photo)
            self._say(Enrolled(job=order.job))
        except Exception as fault:
            self._say(_failure(order.job, fault))

    def _cloak(self, engine: warm_engine.WarmEngine, work: Work, photo: bytes) -> None:
        said_stage, said_at = "", 0.0

        def progress(stage: str, fraction: float, faces: int) -> None:
            nonlocal said_stage, said_at
            now = time.monotonic()
            if stage != said_stage or now - said_at >= STEP_SECONDS:
                said_stage, said_at = stage, now
                self._say(Step(job=work.job, stage=stage, fraction=float(fraction), faces=faces))

        def cancelled() -> bool:
            return work.job in self._abandoned

        try:
            outcome = engine.cloak(
                photo,
                work.level,
                work.policy,
                work.accept,
                progress,
                cancelled,
                remember=not work.private,
            )
            self._say(
                Done(
                    job=work.job,
                    sha256=hashlib.sha256(outcome.data).hexdigest(),
                    status=outcome.status,
                    receipt=read_receipt(outcome.receipt),
                ),
                outcome.data,
            )
        except Exception as fault:
            self._say(_failure(work.job, fault))
        finally:
            self._abandoned.discard(work.job)

    def _say(self, message: FromEngine, photo: bytes = b"") -> None:
        with self._answer_lock:
            for part in child.pack(encode(message), photo):
                self._answers.write(part)
            self._answers.flush()


def read_receipt(receipt: Any) -> Receipt:
    """The engine's receipt (an object or a mapping) in the protocol's type."""
    plain = msgspec.to_builtins(receipt, enc_hook=lambda scalar: scalar.item())  # NumPy's
    return msgspec.convert(plain, Receipt)


def _failure(job: int | None, fault: BaseException) -> Failed:
    trail = ""
    error: FawkesError
    if isinstance(fault, FawkesError):
        error = fault
    elif isinstance(fault, MemoryError) or type(fault).__name__ == "ResourceExhaustedError":
        error = OutOfMemory()  # The latter is TensorFlow's, for a device that is full.
    else:
        trail = _trail(fault)
        error = InternalError(detail=type(fault).__name__)
    return Failed(job=job, code=error.code, parameters=dict(error.parameters), trail=trail)


def _trail(fault: BaseException) -> str:
    """Kind and place of a fault; its text might quote what was in the photo."""
    places = []
    trace = fault.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_qualname}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(fault).__name__} in {' > '.join(places)}"


def main(device: str) -> None:
    """Works for the service on the other side of stdin and stdout until it closes them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the service to answer.
    framing.widen(0)
    framing.widen(1)
    orders, answers = child.take_stdio()
    child.leave_no_dump()
    child.be_lost_first(500)  # Lose the engine and not the user's browser.
    Worker(
        os.fdopen(orders, "rb", buffering=1 << 20), os.fdopen(answers, "wb", buffering=1 << 20)
    ).run(device)


if __name__ == "__main__":
    main(sys.argv[1])

"""How far a photo is, as its client is told."""

from __future__ import annotations

import asyncio
from typing import Final

from fawkes_host.protocol.messages import Progress
from fawkes_host.service.engine.messages import Step
from fawkes_host.service.jobs import Job, Stage

REPORT_SECONDS: Final = 0.2
"""Progress of the running photo is told at least so often; the protocol promises 250 ms."""


def tell(job: Job, stage: str, fraction: float, faces: int) -> None:
    """Tells the client; ``fraction`` is held between 0 and 1, and never falls."""
    bounded = fraction if 0.0 <= fraction <= 1.0 else 1.0
    previous = job.progress.fraction if job.progress else 0.0
    job.progress = Progress(
        id=job.order.id, stage=stage, fraction=max(previous, bounded), faces=max(0, faces)
    )
    job.reported = asyncio.get_running_loop().time()
    job.owner.tell_progress(job.progress)


def tell_step(job: Job, step: Step) -> None:
    """Passes on what the engine says, unless the client has had its answer."""
    if not job.ended():
        tell(job, step.stage, step.fraction, step.faces)


async def keep_telling(job: Job) -> None:
    """Says that the running photo is still being worked on, whatever the engine says."""
    now = asyncio.get_running_loop().time
    while job.stage is Stage.RUNNING:
        await asyncio.sleep(max(0.0, job.reported + REPORT_SECONDS - now()))
        silent = now() - job.reported >= REPORT_SECONDS
        if silent and job.stage is Stage.RUNNING and job.progress is not None:
            job.reported = now()
            job.owner.tell_progress(job.progress)

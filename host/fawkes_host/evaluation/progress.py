"""Tells how far an evaluation is."""

from __future__ import annotations

import time
from collections.abc import Callable

TELL_EVERY_S = 30.0


class Progress:
    """Stages, and within each how many of its parts are done and how long the rest will take."""

    def __init__(
        self, tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell = tell
        self._clock = clock
        self._title = ""
        self._total = 0
        self._started = self._told = clock()
        self._first = 0

    def begin(self, title: str, total: int = 0) -> None:
        """Start a stage of ``total`` parts."""
        self._title, self._total = title, total
        self._started = self._told = self._clock()
        self._first = 0
        self._tell(title)

    def done(self, count: int) -> None:
        """Tell, not too often, that ``count`` parts are done."""
        now = self._clock()
        if not self._first:
            # What an earlier run has left takes no time and must not count.
            self._first, self._started = count, now
        if now - self._told < TELL_EVERY_S or count <= self._first:
            return
        self._told = now
        left = (now - self._started) / (count - self._first) * max(self._total - count, 0)
        self._tell(f"  {count} of {self._total}, about {max(1, round(left / 60))} min left")

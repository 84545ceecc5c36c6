"""How far a photo has come through the engine, and whether anybody still wants it."""

from __future__ import annotations

from collections.abc import Callable

from fawkes_host.protocol.errors import Cancelled

Progress = Callable[[str, float, int], None]
"""Called with the stage, the fraction of the whole way (0..1) and the faces found so far."""

STAGES = {"decode": 0.0, "detect": 0.03, "align": 0.13, "cloak": 0.15, "merge": 0.85, "encode": 0.9}
"""Where each stage starts on the whole way."""


class ProgressReporter:
    """Tells progress, and stops where the photo was cancelled.

    Every method raises ``Cancelled`` then.
    """

    def __init__(
        self, progress: Progress | None = None, cancelled: Callable[[], bool] | None = None
    ) -> None:
        self._progress = progress
        self._cancelled = cancelled
        self._faces = 0

    def reach(self, stage: str, faces: int | None = None) -> None:
        """Tell that a stage starts, and how many faces there are once that is known."""
        if faces is not None:
            self._faces = faces
        self.within(stage, 0.0)

    def part(self, stage: str, number: int, parts: int) -> Callable[[float], None]:
        """Return what tells the fraction done of one of several parts of a stage, which take one
        after the other about as long."""
        return lambda fraction: self.within(stage, (number + fraction) / parts)

    def within(self, stage: str, fraction: float) -> None:
        """Tell that ``fraction`` of a stage is done."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled()
        if self._progress is not None:
            starts = [*STAGES.values(), 1.0]
            place = list(STAGES).index(stage)
            whole = starts[place] + fraction * (starts[place + 1] - starts[place])
            self._progress(stage, whole, self._faces)

"""How visible a change of a face may be: a level's budget.

Three measures together, since each alone can be gamed: SSIMULACRA2 lets smooth skin pay for busy
hair, FLIP does not see structure, and both overlook a few strong blotches, which ΔE shows.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Visibility:
    """What can be seen of a change, in three measures.

    ``ssimulacra2``: 100 identical, 90 visually lossless, 70 high, 50 medium quality.
    ``flip``: mean LDR-FLIP, 0 identical.
    ``delta_e``: 99th percentile over the pixels of CIE76 ΔE.
    """

    ssimulacra2: float
    flip: float
    delta_e: float


@dataclass(frozen=True)
class Budget:
    """The most that may be seen: the worst value of each measure that is within it."""

    ssimulacra2: float
    flip: float
    delta_e: float

    def slack(self, seen: Visibility) -> float:
        """Return the share of the budget that is left: 1 for no change, 0 for a change that spends
        it in one measure, negative beyond."""
        return 1.0 - max(
            (100.0 - seen.ssimulacra2) / (100.0 - self.ssimulacra2),
            seen.flip / self.flip,
            seen.delta_e / self.delta_e,
        )

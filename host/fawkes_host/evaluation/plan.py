"""What an evaluation measures, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fawkes_host.engine.levels import Level
from fawkes_host.evaluation.transforms import TRANSFORMS


@dataclass(frozen=True)
class Size:
    """How many people, photos and rows: what decides how long an evaluation takes."""

    people: int
    posted: int
    """Photos that a person has posted, unless a curve says otherwise."""
    posted_curve: tuple[int, ...]
    leaked_shares: tuple[float, ...]
    transforms: tuple[str, ...]
    baseline_people: int
    """The first so many people are cloaked by the baselines too, which take long."""
    fawkes_levels: tuple[str, ...]
    sign_steps: tuple[int, ...]
    """Largest changes of a pixel, in grey levels, of the sign-step baseline."""
    viewed: int
    """Photos of each set of cloaks on which visibility is measured."""
    shown: int
    """People whose faces the report shows."""
    purifier_epochs: int
    decoys_leaked: tuple[float, ...] = (0.0, 0.2, 0.5)
    """Shares of the posted photos that leaked clean, where decoys are measured."""
    distractor_people: int | None = None
    """At most so many distractors."""


DEFAULT = Size(
    people=8,
    posted=12,
    posted_curve=(1, 2, 4, 8, 12, 15),
    leaked_shares=(0.0, 0.05, 0.1, 0.2, 0.3, 0.5),
    transforms=tuple(TRANSFORMS),
    baseline_people=3,
    fawkes_levels=("low", "mid", "high"),
    sign_steps=(8, 16),
    viewed=36,
    shown=3,
    purifier_epochs=8,
)
"""Under 45 minutes on two cores with one judge; each surrogate held out adds about 7."""

QUICK = Size(
    people=2,
    posted=3,
    posted_curve=(1, 3),
    leaked_shares=(0.0, 0.3),
    transforms=("jpeg 75", "half"),
    baseline_people=1,
    fawkes_levels=("low",),
    sign_steps=(8,),
    viewed=4,
    shown=1,
    purifier_epochs=1,
    distractor_people=20,
)
"""A few minutes: shows that everything runs; its figures mean nothing."""


class NothingToMeasure(Exception):
    """There is nobody to cloak, or nobody to judge."""


@dataclass(frozen=True)
class Plan:
    """What is to be measured."""

    faces: Path
    distractors: Path | None
    output: Path
    levels: tuple[Level, ...]
    """Weakest first."""
    hold_out: tuple[str, ...]
    """Surrogates that in turn are left out of the cloak, and judge it."""
    size: Size
    seed: int = 0
    alone: bool = False
    """Each photo is cloaked by itself, and not the posted photos of a person together."""
    decoys: tuple[int, ...] = ()
    """So many decoys are posted under another name; not measured where there are none."""
    donors: tuple[str, ...] = ("look-alike",)
    """Whose photos become decoys: any of ``decoys.DONORS``."""
    retrained: tuple[str, ...] = ()
    """Surrogates whose weights are not those that ship, each with a digest of its own."""

    @property
    def curve_level(self) -> Level:
        """The level at which curves are drawn: the middle one."""
        return self.levels[len(self.levels) // 2]

    @property
    def reserved(self) -> int:
        """Photos of a person that no probe is taken from: the longest curve needs so many."""
        return max(self.size.posted, *self.size.posted_curve)

"""Protection levels: how much of a change a face may show.

A level is a budget of visibility, not of effort.  Stronger levels protect better and show more;
README and report give the figures of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from fawkes_host.visibility.budget import Budget


@dataclass(frozen=True)
class Level:
    """One protection level: every face crop stays within ``budget``, measured in the encoded photo
    against the original.

    SSIMULACRA2 of JPEG quality 95, 80 and 60 is about 93, 86 and 69 on such crops.  FLIP and ΔE are
    what a luminance cloak of that score has on a typical face, so that no face pays for a busy
    background with its skin.
    """

    name: str
    budget: Budget


LOW = Level("low", Budget(ssimulacra2=75.0, flip=0.030, delta_e=4.5))
MID = Level("mid", Budget(ssimulacra2=65.0, flip=0.040, delta_e=6.0))
HIGH = Level("high", Budget(ssimulacra2=55.0, flip=0.047, delta_e=7.5))

LEVELS = MappingProxyType({level.name: level for level in (LOW, MID, HIGH)})
"""Every level by name, weakest first."""

DEFAULT = MID

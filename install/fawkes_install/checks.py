"""The frame of ``doctor``: checks that tell what they found, and mend what they can."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """A warning is worth knowing; only what is broken keeps photos from being cloaked."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what was seen, what to do; ``mend`` where that can be done
    by itself.  ``mend`` raises OSError where it could not."""

    name: str
    state: State
    told: str
    advice: str = ""
    mend: Callable[[], None] | None = None

    def describe(self) -> dict[str, Any]:
        """The finding for ``--json``."""
        return {
            "check": self.name,
            "state": str(self.state),
            "told": self.told,
            "advice": self.advice,
            "mendable": self.mend is not None,
        }


@dataclass(frozen=True)
class Check:
    """``look`` finds any number of things, and never changes anything."""

    name: str
    look: Callable[[], Iterable[Finding]]


def examine(checks: Sequence[Check]) -> list[Finding]:
    """What all checks find; one that fails itself is a finding too."""
    found: list[Finding] = []
    for check in checks:
        try:
            found += check.look()
        except Exception as fault:
            found.append(
                Finding(
                    check.name,
                    State.BROKEN,
                    f"the check failed ({type(fault).__name__}: {fault})",
                    "Report this as a fault in Fawkes.",
                )
            )
    return found


def mend(findings: Iterable[Finding]) -> list[tuple[Finding, str | None]]:
    """Mends what can be mended; each finding with the reason if that failed."""
    mended: list[tuple[Finding, str | None]] = []
    for finding in findings:
        if finding.state is State.OK or finding.mend is None:
            continue
        try:
            finding.mend()
        except Exception as fault:
            mended.append((finding, str(fault)))
        else:
            mended.append((finding, None))
    return mended


def healthy(findings: Iterable[Finding]) -> bool:
    """Whether nothing is broken."""
    return all(finding.state is not State.BROKEN for finding in findings)

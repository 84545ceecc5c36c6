"""What became of one photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class Outcome:
    """What became of one input; its fields are those of ``--json``."""

    input: str
    output: str | None
    status: str
    error: dict[str, str] | None
    seconds: float
    faces: list[dict[str, Any]]
    notices: list[str]
    """Codes of what the photo lost beside what its metadata policy says; ``notices.py``."""

"""``CHANGELOG.md`` has what is new on top, and says nothing twice."""

from __future__ import annotations

import re
from pathlib import Path

import fawkes_host

LINES = (Path(__file__).parents[2] / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()


def test_the_newest_release_is_the_version_that_is_here() -> None:
    titles = [line for line in LINES if line.startswith("## ")]
    assert titles[0] == "## Unreleased"
    assert re.fullmatch(rf"## {fawkes_host.__version__} – \d{{4}}-\d\d-\d\d", titles[1])


def test_nothing_is_said_twice() -> None:
    """A rebase that keeps both sides of a conflict does it easily."""
    said = [re.sub(r"\W", "", line)[:60] for line in LINES if line.startswith("- ")]
    assert sorted({line for line in said if said.count(line) > 1}) == []

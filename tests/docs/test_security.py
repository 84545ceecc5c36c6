"""``SECURITY.md`` claims only what a test holds."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
PROMISES = TEXT.split("\n## Promises")[1].split("\n## ")[0]


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PROMISES)
    assert named
    gone = [
        f"{file}::{test}"
        for file, test in named
        if not (ROOT / file).exists()
        or f"def {test}(" not in (ROOT / file).read_text(encoding="utf-8")
    ]
    assert gone == []


def test_every_promise_has_its_test() -> None:
    rows = [line for line in PROMISES.splitlines() if line.startswith("| ")]
    promises = [row for row in rows if not row.startswith("| promise |")]
    assert len(promises) > 20
    assert [row for row in promises if "::test_" not in row] == []

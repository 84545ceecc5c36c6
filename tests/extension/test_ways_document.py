"""``extension/WAYS.md`` is current: every way that is tested, and nothing that failed."""

from __future__ import annotations

import re

from tests.browser.matrix import BEGIN, COLUMNS, DOCUMENT, END
from tests.browser.uploaders import UPLOADERS
from tests.browser.ways import WAYS

TABLE = DOCUMENT.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
ROWS = {
    cells[0]: cells[1:]
    for line in TABLE.splitlines()
    if len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == len(COLUMNS) + 1
    and not line.startswith(("| way", "| ---"))
}


def test_every_way_is_in_the_table() -> None:
    assert list(ROWS) == [way.name for way in (*WAYS, *UPLOADERS)]


def test_every_way_was_seen_to_hold_in_both_browsers() -> None:
    for way in WAYS:
        wanted = "✓ ✓"
        if way.impossible:
            wanted = "– ✓" if way.impossible.startswith("chromium") else "✓ –"
            browser, reason = way.impossible.split(": ")
            assert f"- {way.name}, {browser.title()}: {reason}." in TABLE
        assert ROWS[way.name] == [wanted] * len(COLUMNS), way.name
    for way in UPLOADERS:
        assert set(ROWS[way.name]) == {"✓ ✓", ""}, way.name


def test_columns_are_those_of_the_tests() -> None:
    assert re.search(r"^\| way in \| " + r" \| ".join(map(re.escape, COLUMNS)), TABLE, re.MULTILINE)

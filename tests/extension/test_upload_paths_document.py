"""``docs/upload-paths.md`` is current: every upload path that is tested, and nothing that failed."""

from __future__ import annotations

import re

from tests.browser.matrix import BEGIN, COLUMNS, DOCUMENT, END
from tests.browser.upload_paths import UPLOAD_PATHS
from tests.browser.uploaders import UPLOADERS

TABLE = DOCUMENT.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
ROWS = {
    cells[0]: cells[1:]
    for line in TABLE.splitlines()
    if len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == len(COLUMNS) + 1
    and not line.startswith(("| upload path", "| ---"))
}


def test_every_way_is_in_the_table() -> None:
    assert list(ROWS) == [upload_path.name for upload_path in (*UPLOAD_PATHS, *UPLOADERS)]


def test_every_way_was_seen_to_hold_in_both_browsers() -> None:
    for upload_path in UPLOAD_PATHS:
        wanted = "✓ ✓"
        if upload_path.impossible:
            wanted = "– ✓" if upload_path.impossible.startswith("chromium") else "✓ –"
            browser, reason = upload_path.impossible.split(": ")
            assert f"- {upload_path.name}, {browser.title()}: {reason}." in TABLE
        assert ROWS[upload_path.name] == [wanted] * len(COLUMNS), upload_path.name
    for upload_path in UPLOADERS:
        assert set(ROWS[upload_path.name]) == {"✓ ✓", ""}, upload_path.name


def test_columns_are_those_of_the_tests() -> None:
    assert re.search(
        r"^\| upload path \| " + r" \| ".join(map(re.escape, COLUMNS)), TABLE, re.MULTILINE
    )

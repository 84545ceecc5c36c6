"""The table that the run ends with: every way in, both browsers, what was seen.

``FAWKES_MATRIX=FILE`` keeps what was seen in a file, so that several runs make one table;
``python -m tests.browser.matrix FILE`` writes it into ``extension/WAYS.md``.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Running
    from .ways import Way

COLUMNS = (
    "cloaked photo arrives, original never does",
    "page's own handler runs",
    "no host: nothing leaves",
    "host killed: nothing leaves",
    "background killed: goes on all the same",
    "cancel: nothing leaves",
)
BROWSERS = ("chromium", "firefox")
SIGNS = {"yes": "✓", "NO": "**✗**", "impossible": "–", "": ""}

DOCUMENT = Path(__file__).parents[2] / "extension" / "WAYS.md"
BEGIN, END = "<!-- the table, made by tests/browser/matrix.py -->", "<!-- end of the table -->"


@dataclass
class Matrix:
    """Results by way and browser; a cell that no test reached stays empty."""

    rows: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def note(self, way: Way, running: Running, column: str, seen: bool) -> None:
        assert column in COLUMNS
        self.rows.setdefault((way.name, running.name), {})[column] = "yes" if seen else "NO"

    def note_impossible(self, way: Way, running: Running) -> None:
        reason = way.impossible.split(": ")[1]
        self.rows[way.name, running.name] = {"impossible": reason}

    def cell(self, name: str, column: str) -> str:
        rows = [self.rows.get((name, browser), {}) for browser in BROWSERS]
        marks = ["impossible" if "impossible" in row else row.get(column, "") for row in rows]
        return " ".join(SIGNS[mark] for mark in marks) if any(marks) else ""

    def table(self) -> str:
        """In Markdown: one row a way, and in each cell Chromium and Firefox."""
        lines = ["| way in | " + " | ".join(COLUMNS) + " |"]
        lines.append("|" + " --- |" * (len(COLUMNS) + 1))
        for name in dict.fromkeys(name for name, _ in self.rows):
            cells = [self.cell(name, column) for column in COLUMNS]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
        reasons = [
            f"- {name}, {browser.title()}: {row['impossible']}."
            for (name, browser), row in self.rows.items()
            if "impossible" in row
        ]
        if reasons:
            lines += ["", "Impossible (–):", "", *reasons]
        return "\n".join(lines)

    def load(self, path: Path) -> None:
        if path.exists():
            for name, browser, row in json.loads(path.read_text(encoding="utf-8")):
                self.rows[name, browser] = row

    def save(self, path: Path) -> None:
        rows = [[name, browser, row] for (name, browser), row in self.rows.items()]
        path.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def main() -> None:
    matrix = Matrix()
    matrix.load(Path(sys.argv[1]))
    text = DOCUMENT.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    DOCUMENT.write_text(f"{head}{BEGIN}\n{matrix.table()}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()

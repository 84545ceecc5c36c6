"""The table that the run ends with: every upload path, both browsers, what was seen.

``FAWKES_MATRIX=FILE`` keeps what was seen in a file, so that several runs make one table;
``python -m tests.browser.matrix FILE`` writes it into ``docs/upload-paths.md``.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.browser.conftest import Running
    from tests.browser.upload_paths import UploadPath

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

DOCUMENT = Path(__file__).parents[2] / "docs" / "upload-paths.md"
BEGIN, END = "<!-- the table, made by tests/browser/matrix.py -->", "<!-- end of the table -->"


@dataclass
class Matrix:
    """Results by upload path and browser; a cell that no test reached stays empty."""

    rows: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def note(self, upload_path: UploadPath, running: Running, column: str, seen: bool) -> None:
        assert column in COLUMNS
        self.rows.setdefault((upload_path.name, running.name), {})[column] = "yes" if seen else "NO"

    def note_impossible(self, upload_path: UploadPath, running: Running) -> None:
        reason = upload_path.impossible.split(": ")[1]
        self.rows[upload_path.name, running.name] = {"impossible": reason}

    def cell(self, name: str, column: str) -> str:
        rows = [self.rows.get((name, browser), {}) for browser in BROWSERS]
        marks = ["impossible" if "impossible" in row else row.get(column, "") for row in rows]
        return " ".join(SIGNS[mark] for mark in marks) if any(marks) else ""

    def table(self) -> str:
        """In Markdown: one row an upload path, and in each cell Chromium and Firefox."""
        lines = ["| upload path | " + " | ".join(COLUMNS) + " |"]
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

    def add(self, dumped: list[list[Any]]) -> None:
        """What ``dump`` gave, over what is here."""
        for name, browser, row in dumped:
            self.rows[name, browser] = row

    def dump(self) -> list[list[Any]]:
        return [[name, browser, row] for (name, browser), row in self.rows.items()]

    def update(self, path: Path) -> None:
        """Adds what an earlier run kept in a file, where this one saw nothing, and keeps all."""
        if path.exists():
            seen = self.dump()
            self.add(json.loads(path.read_text(encoding="utf-8")))
            self.add(seen)
        path.write_text(json.dumps(self.dump(), indent=1), encoding="utf-8")


def main() -> None:
    matrix = Matrix()
    matrix.add(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    text = DOCUMENT.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    DOCUMENT.write_text(f"{head}{BEGIN}\n{matrix.table()}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()

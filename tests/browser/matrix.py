"""The table that the run ends with: every way in, both browsers, what was seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Running
    from .ways import Way

COLUMNS = (
    "cloaked photo arrives, original never does",
    "page's own handler runs",
    "no host: nothing leaves",
    "host killed: nothing leaves",
    "background killed: arrives all the same",
    "cancel: nothing leaves",
)
BROWSERS = ("chromium", "firefox")


@dataclass
class Matrix:
    """Results by way and browser; a cell that no test reached stays empty."""

    rows: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def note(self, way: Way, running: Running, column: str, seen: bool) -> None:
        assert column in COLUMNS
        self.rows.setdefault((way.name, running.name), {})[column] = "yes" if seen else "NO"

    def table(self) -> str:
        """In Markdown: one row a way, and in each cell Chromium and Firefox."""
        lines = ["| way in (Chromium · Firefox) | " + " | ".join(COLUMNS) + " |"]
        lines.append("|" + " --- |" * (len(COLUMNS) + 1))
        for name in dict.fromkeys(name for name, _ in self.rows):
            cells = []
            for column in COLUMNS:
                marks = []
                for browser in BROWSERS:
                    row = self.rows.get((name, browser), {})
                    marks.append("–" if "impossible" in row else row.get(column, "?"))
                cells.append(" · ".join(marks))
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
        for (name, browser), row in self.rows.items():
            if "impossible" in row:
                lines.append(f"\n–: {name}, {browser}: {row['impossible']}.")
        return "\n".join(lines)

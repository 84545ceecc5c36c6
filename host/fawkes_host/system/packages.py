"""The packages that this distribution asks for, by itself or with one of its extras."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Mapping
from typing import Final

DISTRIBUTION: Final = "fawkes-host"


def find_packages(extra: str | None = None) -> Mapping[str, str | None]:
    """Return the installed version of each package that is asked for, ``None`` where it is missing.

    With ``extra`` those that this extra adds, else those that are always asked for.  Raises
    ``importlib.metadata.PackageNotFoundError`` where this program runs without being installed.
    """
    found: dict[str, str | None] = {}
    for need in importlib.metadata.requires(DISTRIBUTION) or []:
        named = re.search(r"""extra\s*==\s*["']([^"']+)""", need)
        if (named[1] if named else None) != extra:
            continue
        name = re.split(r"[^\w.-]", need, maxsplit=1)[0]
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def missing(packages: Mapping[str, str | None]) -> list[str]:
    """Return the names of those that are not installed, sorted."""
    return sorted(name for name, version in packages.items() if version is None)

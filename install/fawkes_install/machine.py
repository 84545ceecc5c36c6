"""The computer that browsers run on: which system, and where it keeps what."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class System(StrEnum):
    """The systems that the table of browsers has places for."""

    LINUX = "linux"
    MACOS = "macos"
    WINDOWS = "windows"


@dataclass(frozen=True)
class Machine:
    """One user's view of a computer; everything that is looked up goes through here.

    ``root`` is where ``/`` begins, so that a test can give a folder of its own.
    """

    system: System
    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    root: Path = Path("/")

    @classmethod
    def here(cls) -> Machine:
        """This computer, as its user sees it."""
        system = {"win32": System.WINDOWS, "darwin": System.MACOS}.get(sys.platform, System.LINUX)
        return cls(system, Path.home(), dict(os.environ))

    def path(self, place: str) -> Path:
        """The path of a place in the table: ``{home}/…``, ``{config}/…``, ``/…``."""
        if place.startswith("/"):
            return self.root / place.lstrip("/")
        name, _, rest = place.partition("/")
        return self._folder(name.strip("{}")) / rest

    def command(self, name: str) -> Path | None:
        """The program that ``name`` starts, if there is one on the PATH."""
        found = shutil.which(name, path=self.environment.get("PATH", ""))
        return Path(found) if found else None

    def _folder(self, name: str) -> Path:
        known = {
            "home": self.home,
            "support": self.home / "Library" / "Application Support",
            "config": self._given("XDG_CONFIG_HOME", self.home / ".config"),
            "data": self._given("XDG_DATA_HOME", self.home / ".local" / "share"),
            "local": self._given("LOCALAPPDATA", self.home / "AppData" / "Local"),
            "roaming": self._given("APPDATA", self.home / "AppData" / "Roaming"),
            "programs": self._given("PROGRAMFILES", self.root / "Program Files"),
            "programs32": self._given("PROGRAMFILES(X86)", self.root / "Program Files (x86)"),
            "everyone": self._given("PROGRAMDATA", self.root / "ProgramData"),
        }
        return known[name]

    def _given(self, variable: str, otherwise: Path) -> Path:
        value = self.environment.get(variable, "").strip()
        return Path(value) if value else otherwise

"""The tests' browsers are registered as people's are, in a home of their own."""

from __future__ import annotations

from pathlib import Path

from fawkes_host.system.native_host import CHROMIUM_ID, GECKO_ID, native_host, registrar
from fawkes_install.browsers import BROWSERS
from fawkes_install.machine import Machine, System
from fawkes_install.plan import apply
from fawkes_install.registration import Registrar

__all__ = ["CHROMIUM_PROFILES", "EXTENSION_ID", "GECKO_ID", "register", "unregister"]

EXTENSION_ID = CHROMIUM_ID

CHROMIUM_PROFILES = Path(".config", "chromium")
"""Where Chromium's profiles lie in a home; it looks for its native hosts beside them."""

TESTED = [BROWSERS["chromium"], BROWSERS["firefox"]]


def register(home: Path, program: Path) -> None:
    """Does what ``fawkes-host install --program PROGRAM`` does for a person with this home."""
    apply(_registrar(home).plan_install(native_host(program), TESTED))


def unregister(home: Path) -> None:
    """Takes the manifests away, as ``fawkes-host uninstall`` does."""
    apply(_registrar(home).plan_uninstall())


def _registrar(home: Path) -> Registrar:
    return registrar(Machine(System.LINUX, home))

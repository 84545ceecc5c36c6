"""Which browsers are on this computer."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from fawkes_install.browsers import BROWSERS, Browser
from fawkes_install.machine import Machine
from fawkes_install.sandbox import Packaging, Verdict, judge, recognise, starts_snap


@dataclass(frozen=True)
class Found:
    """One build of a browser, recognised by ``sign``."""

    browser: Browser
    packaging: Packaging
    sign: Path

    @property
    def verdict(self) -> Verdict:
        return judge(self.browser, self.packaging)


def find(machine: Machine) -> list[Found]:
    """Every build of every browser of the table, in its order; most have one."""
    found = []
    for browser in BROWSERS.values():
        sandboxed = recognise(browser, machine)
        sign = _ordinary_sign(browser, machine, bool(sandboxed))
        if sign is not None:
            found.append(Found(browser, Packaging.ORDINARY, sign))
        found += [Found(browser, packaging, path) for packaging, path in sandboxed.items()]
    return found


def _ordinary_sign(browser: Browser, machine: Machine, sandboxed: bool) -> Path | None:
    """What shows an ordinary build.  Beside a sandboxed one a profile does not: it may have
    been left behind when the browser was exchanged."""
    places = browser.places.get(machine.system)
    for sign in places.signs if places else ():
        if "/" not in sign:
            program = machine.command(sign)
            if program is not None and not starts_snap(program, machine):
                return program
            continue
        path = machine.path(sign)
        # Not what a link leads to: Windows refuses to follow those of its store's programs.
        if os.path.lexists(path) and not (sandboxed and _is_profile(path)):
            return path
    return None


def _is_profile(path: Path) -> bool:
    return path.name in ("Local State", "profiles.ini")

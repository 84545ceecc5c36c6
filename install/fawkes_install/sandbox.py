"""Browsers packed as a snap or Flatpak: whether one is there, and what works in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fawkes_install.browsers import Browser, Family
from fawkes_install.machine import Machine, System


class Packaging(StrEnum):
    """How a browser came onto the computer; the last two shut it into a sandbox."""

    ORDINARY = "ordinary"
    SNAP = "snap"
    FLATPAK = "flatpak"


class Reach(StrEnum):
    """Whether the browser can start a program of the user's."""

    YES = "yes"
    PERHAPS = "perhaps"
    NO = "no"


@dataclass(frozen=True)
class Verdict:
    """``note`` says what to know, or what to do instead; empty where nothing is special."""

    reach: Reach
    note: str = ""


_SNAP_ROOTS = ("/snap", "/var/lib/snapd/snap")
_FLATPAK_ROOTS = ("/var/lib/flatpak/app", "{data}/flatpak/app")

_SCRIPT_BYTES = 1 << 16
"""A script that starts a snap has a few hundred bytes; browsers are larger."""


def recognise(browser: Browser, machine: Machine) -> dict[Packaging, Path]:
    """The sandboxed builds of ``browser`` that are installed, and where."""
    found: dict[Packaging, Path] = {}
    if machine.system is not System.LINUX:
        return found
    for packaging, name, roots in (
        (Packaging.SNAP, browser.snap, _SNAP_ROOTS),
        (Packaging.FLATPAK, browser.flatpak, _FLATPAK_ROOTS),
    ):
        for root in roots:
            if name and (folder := machine.path(f"{root}/{name}")).is_dir():
                found.setdefault(packaging, folder)
    return found


def starts_snap(program: Path, machine: Machine) -> bool:
    """Whether ``program`` on the PATH is the door to a snap: its link, or Ubuntu's script."""
    if any(program.is_relative_to(machine.path(root)) for root in _SNAP_ROOTS):
        return True
    try:
        if program.stat().st_size > _SCRIPT_BYTES:
            return False
        text = program.read_bytes()
    except OSError:
        return False
    return text.startswith(b"#!") and b"/snap/bin/" in text


def judge(browser: Browser, packaging: Packaging) -> Verdict:
    """What works in this build of ``browser``."""
    if browser.unsupported:
        return Verdict(
            Reach.NO,
            f"{browser.title} is not supported: {browser.unsupported}. {_instead()}",
        )
    if packaging is Packaging.ORDINARY:
        return Verdict(Reach.YES)
    if browser.family is Family.GECKO and packaging is Packaging.SNAP:
        return Verdict(
            Reach.YES,
            f"{browser.title} is a snap: it starts the program through the desktop portal, "
            "and asks you the first time.",
        )
    if browser.family is Family.GECKO:
        return Verdict(
            Reach.PERHAPS,
            f"{browser.title} is a Flatpak: it starts programs from version 157 on, where the "
            f"package xdg-native-messaging-proxy is installed. Else {_instead(lower=True)}",
        )
    kind = "snap" if packaging is Packaging.SNAP else "Flatpak"
    return Verdict(
        Reach.NO,
        f"{browser.title} is a {kind}, and its sandbox lets it start no program: install "
        f"{browser.title} from its maker's .deb or .rpm package, or {_instead(lower=True)}",
    )


def _instead(lower: bool = False) -> str:
    text = "Cloak photos before you upload them: fawkes-host cloak PHOTO"
    return text[0].lower() + text[1:] if lower else text

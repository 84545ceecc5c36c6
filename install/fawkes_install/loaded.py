"""Which version of the extension each profile of a browser holds, as the browser last saved it."""

from __future__ import annotations

import configparser
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fawkes_install.browsers import Browser, Family
from fawkes_install.machine import Machine
from fawkes_install.manifest import NativeHost

_PREFERENCES: Final = ("Preferences", "Secure Preferences")
"""Chromium keeps its list of extensions in one or the other, depending on the system."""


@dataclass(frozen=True)
class Loaded:
    """An extension in ``profile``; temporary ones in Firefox are in no file and not found."""

    profile: Path
    version: str


def has_profiles(browser: Browser, machine: Machine) -> bool:
    """Whether the browser has ever run."""
    return any(path.exists() for path in _states(browser, machine))


def find_loaded(browser: Browser, host: NativeHost, machine: Machine) -> list[Loaded]:
    """Where the extension is; empty if it is in no profile of ``browser``."""
    look = _in_gecko if browser.family is Family.GECKO else _in_chromium
    found = (one for state in _states(browser, machine) for one in look(state, host))
    return list(dict.fromkeys(found))


def _states(browser: Browser, machine: Machine) -> list[Path]:
    """The file beside the profiles that only the browser itself makes."""
    places = browser.places.get(machine.system)
    signs = places.signs if places else ()
    paths = [machine.path(sign) for sign in signs if "/" in sign]
    return [path for path in paths if path.name in ("Local State", "profiles.ini")]


def _in_chromium(state: Path, host: NativeHost) -> Iterator[Loaded]:
    for name in _PREFERENCES:
        for file in sorted(state.parent.glob(f"*/{name}")):
            settings = _object(_object(_read(file)).get("extensions")).get("settings")
            for identity in host.chromium_ids:
                entry = _object(_object(settings).get(identity))
                # A folder of one's own by its whole path, a store's below the profile.
                path = entry.get("path")
                if not isinstance(path, str) or not path:
                    continue
                manifest = _read(file.parent / "Extensions" / path / "manifest.json")
                if isinstance(version := _object(manifest).get("version"), str):
                    yield Loaded(file.parent, version)


def _in_gecko(state: Path, host: NativeHost) -> Iterator[Loaded]:
    listed = configparser.ConfigParser(interpolation=None)
    try:
        listed.read_string(state.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, configparser.Error):
        return
    for section in listed.sections():
        path = listed.get(section, "Path", fallback="")
        if not section.startswith("Profile") or not path:
            continue
        profile = state.parent / path
        addons = _object(_read(profile / "extensions.json")).get("addons")
        for addon in addons if isinstance(addons, list) else []:
            entry = _object(addon)
            if entry.get("id") in host.gecko_ids and isinstance(entry.get("version"), str):
                yield Loaded(profile, entry["version"])


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def _object(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}

"""Which extension is in which browser, read from what browsers save."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fawkes_host.protocol.greeting import NATIVE_HOST
from fawkes_host.system import native_host
from fawkes_install.browser_checks import check_loaded
from fawkes_install.browsers import BROWSERS
from fawkes_install.checks import Finding, State
from fawkes_install.loaded import find_loaded
from fawkes_install.machine import Machine, System
from fawkes_install.registration import Registrar

HOST = native_host.native_host(Path("/opt/fawkes-native"))
ID = native_host.CHROMIUM_ID


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(System.LINUX, tmp_path)


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def findings(machine: Machine, version: str = "1.10.0") -> list[Finding]:
    return list(check_loaded(Registrar(machine, NATIVE_HOST), HOST, version))


@pytest.fixture
def chromium(machine: Machine) -> Path:
    """The folder of its profiles."""
    folder = machine.home / ".config" / "chromium"
    write(folder / "Local State", {})
    return folder


def test_unpacked_and_from_a_store(machine: Machine, chromium: Path, tmp_path: Path) -> None:
    write(tmp_path / "mine" / "manifest.json", {"version": "1.10.0"})
    settings = {"extensions": {"settings": {ID: {"path": str(tmp_path / "mine")}}}}
    write(chromium / "Default" / "Preferences", settings)
    settings = {"extensions": {"settings": {ID: {"path": f"{ID}/1.9.0_0"}}}}
    write(chromium / "Profile 1" / "Secure Preferences", settings)
    packed = chromium / "Profile 1" / "Extensions" / ID / "1.9.0_0" / "manifest.json"
    write(packed, {"version": "1.9.0"})
    found = {
        one.profile.name: one.version for one in find_loaded(BROWSERS["chromium"], HOST, machine)
    }
    assert found == {"Default": "1.10.0", "Profile 1": "1.9.0"}
    told = {one.told: (one.state, one.advice) for one in findings(machine)}
    assert told == {
        "Chromium has the extension 1.10.0 (Default)": (State.OK, ""),
        "Chromium has the extension 1.9.0 (Profile 1), the host is 1.10.0": (
            State.WARNING,
            "Update the extension.",
        ),
    }
    assert {one.advice for one in findings(machine, "1.9.0")} == {"", "Update the program."}


@pytest.mark.parametrize(
    "content",
    ["{", [], {"extensions": 1}, {"extensions": {"settings": {ID: {"path": 7}}}}]
    + [{"extensions": {"settings": {ID: {"path": "gone"}}}}],
)
def test_browser_without_it_is_told_where_it_lies(
    machine: Machine, chromium: Path, content: Any
) -> None:
    write(chromium / "Default" / "Preferences", content)
    (found,) = findings(machine)
    assert (found.state, found.told) == (
        State.WARNING,
        "Chromium does not have the extension yet",
    )
    assert "chrome://extensions" in found.advice


def test_browser_that_never_ran_is_not_spoken_of(machine: Machine) -> None:
    assert findings(machine) == []


def test_firefox(machine: Machine) -> None:
    folder = machine.home / ".config" / "mozilla" / "firefox"
    write(
        folder / "profiles.ini",
        "[General]\nVersion=2\n[Profile0]\nIsRelative=1\nPath=abc.default\n",
    )
    assert findings(machine) == []
    addons = {
        "addons": [{"id": "x@y", "version": "3"}, {"id": "fawkes@fawkes.org", "version": "2.0"}, 7]
    }
    write(folder / "abc.default" / "extensions.json", addons)
    (found,) = findings(machine)
    assert found.told == "Firefox has the extension 2.0 (abc.default), the host is 1.10.0"
    assert found.advice == "Update the program."
    write(folder / "profiles.ini", "no ini file")
    assert findings(machine) == []

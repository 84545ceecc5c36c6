"""What ``install`` says of places where a browser cannot start a program."""

from __future__ import annotations

from pathlib import Path

import pytest

from fawkes_host.cli.install import loading, notes
from fawkes_host.system import native_host
from fawkes_install.browsers import BROWSERS
from fawkes_install.machine import Machine, System


@pytest.mark.parametrize("folder", ["Desktop", "Documents", "Downloads"])
def test_macos_keeps_browsers_out_of_some_folders(tmp_path: Path, folder: str) -> None:
    program = tmp_path / folder / "fawkes" / ".venv" / "bin" / "fawkes-native"
    host = native_host.native_host(program)
    (told,) = notes([], host, native_host.registrar(Machine(System.MACOS, tmp_path)))
    assert "macOS keeps browsers from starting programs" in told
    assert notes([], host, native_host.registrar(Machine(System.LINUX, tmp_path))) == []
    elsewhere = native_host.native_host(tmp_path / "fawkes" / "fawkes-native")
    assert notes([], elsewhere, native_host.registrar(Machine(System.MACOS, tmp_path))) == []


@pytest.mark.parametrize("name", [name for name, one in BROWSERS.items() if not one.unsupported])
def test_every_browser_has_its_way_to_load_the_extension(name: str) -> None:
    told = loading(BROWSERS[name], Path("/opt/extension"))
    assert BROWSERS[name].page in told
    assert "/opt/extension" in told

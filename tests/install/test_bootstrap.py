"""The step of ``install/bootstrap.py`` that makes the program known to browsers."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support.person import ROOT, Person


def load_bootstrap() -> ModuleType:
    """The script as a module, though it lies in no package."""
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "install" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def bootstrap(person: Person, two_browsers: None, monkeypatch: Any) -> ModuleType:
    """As if it ran in this person's home, with the virtual environment of the tests."""
    for name, value in person.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    module = load_bootstrap()
    monkeypatch.setattr(module, "VENV", Path(sys.executable).parents[1])
    return module


def test_browsers_found_are_registered_and_the_rest_is_told(
    bootstrap: ModuleType, person: Person
) -> None:
    told = bootstrap.register()
    assert person.files() == [
        ".config/chromium/NativeMessagingHosts/org.fawkes.host.json",
        ".mozilla/native-messaging-hosts/org.fawkes.host.json",
    ]
    assert f"select {ROOT / 'extension'}" in told


def test_failure_stops_the_set_up(bootstrap: ModuleType, person: Person) -> None:
    (person.home / ".mozilla").write_text("in the way")
    with pytest.raises(bootstrap.SetupError, match="could not be set up"):
        bootstrap.register()


@pytest.mark.parametrize(
    ("arguments", "steps"),
    [
        ([], ["check", "venv", "install []", "register", "sample"]),
        (["--locked"], ["check", "venv", "locked", "register", "sample"]),
        (["--test", "--no-run"], ["check", "venv", "install test,dev,evaluation", "programs"]),
    ],
)
def test_first_command_registers_and_the_second_leaves_browsers_alone(
    monkeypatch: Any, capsys: Any, arguments: list[str], steps: list[str]
) -> None:
    module = load_bootstrap()
    done: list[str] = []
    monkeypatch.setattr(module, "check_machine", lambda: done.append("check"))
    monkeypatch.setattr(module, "make_venv", lambda: done.append("venv"))
    monkeypatch.setattr(
        module, "install", lambda extras: done.append(f"install {','.join(extras) or '[]'}")
    )
    monkeypatch.setattr(module, "install_locked", lambda: done.append("locked"))
    monkeypatch.setattr(module, "register", lambda: done.append("register") or "LEFT TO DO")
    monkeypatch.setattr(module, "cloak_sample", lambda: done.append("sample"))
    monkeypatch.setattr(module, "install_programs", lambda: done.append("programs"))
    # What else the tests need is not what this is about, and must not be fetched here.
    monkeypatch.setattr(module, "install_node_modules", lambda: None, raising=False)
    monkeypatch.setattr(module, "run_tests", lambda: 0)
    monkeypatch.setattr(sys, "argv", ["bootstrap.py", *arguments])
    assert module.main() == 0
    assert done == steps
    assert ("LEFT TO DO" in capsys.readouterr().out) is ("register" in steps)


def test_locked_set_up_asks_for_nothing_without_a_checksum(monkeypatch: Any) -> None:
    module = load_bootstrap()
    asked: list[list[str]] = []
    monkeypatch.setattr(
        module,
        "run_pip",
        lambda command, _mb, **_: asked.append([str(word) for word in command]),
    )
    module.install_locked()
    packages, checkout = asked
    assert {"--require-hashes", "--only-binary", ":all:"} <= set(packages)
    assert packages[-1] == str(ROOT / "install" / "requirements.lock")
    assert {"--no-deps", "--no-build-isolation", "--no-index"} <= set(checkout)

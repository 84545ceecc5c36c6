"""``fawkes-host doctor``: what browsers read of us is named where it is broken, and mended."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from fawkes_host.doctor import host_checks
from fawkes_host.protocol.greeting import NATIVE_HOST
from fawkes_host.system import native_host
from fawkes_install.browser_checks import check_browsers
from fawkes_install.browsers import BROWSERS
from fawkes_install.checks import Finding, State, mend
from fawkes_install.machine import Machine, System
from fawkes_install.plan import apply
from fawkes_install.registration import Registrar, Scope
from fawkes_install.windows_registry import WindowsRegistry
from tests.doctor.report import CHROMIUM, FIREFOX, change, doctor
from tests.support.fake_winreg import FakeWinreg
from tests.support.person import Person

pytestmark = pytest.mark.usefixtures("two_browsers")


def test_browsers_that_were_never_set_up_are_named_and_set_up(person: Person) -> None:
    found = doctor(person)
    assert found.status == 1
    assert set(found.broken()) == {"chromium", "firefox"}
    assert "does not know the program" in found.broken()["firefox"]
    assert found.of("firefox")["advice"] == "Run: fawkes-host install"
    assert person.files() == []
    found = doctor(person, "--fix")
    assert found.status == 0, found.broken()
    assert person.files() == sorted([CHROMIUM, FIREFOX])
    assert [one["check"] for one in found.mended] == ["chromium", "firefox"]


def test_every_trouble_with_manifests_is_named_and_mended_at_once(person: Person) -> None:
    person.run("install")
    chromium, firefox = person.home / CHROMIUM, person.home / FIREFOX
    change(chromium, {"path": "/gone/fawkes-native", "allowed_origins": ["chrome-extension://x/"]})
    chromium.chmod(0o666)
    firefox.write_text("{")
    firefox.parent.chmod(0o777)
    found = doctor(person)
    told = " | ".join(one["told"] for one in found.checks if one["state"] == "broken")
    assert found.status == 1
    assert f"{chromium} may be changed by other users" in told
    assert f"{chromium} leads to /gone/fawkes-native, which is gone" in told
    assert f"{chromium} does not allow this extension" in told
    assert f"{firefox} is not JSON" in told
    assert f"the folder of {firefox} may be changed by other users" in told
    assert doctor(person, "--fix").status == 0
    assert stat.S_IMODE(chromium.stat().st_mode) == 0o644
    assert stat.S_IMODE(firefox.parent.stat().st_mode) == 0o755
    assert json.loads(chromium.read_text())["allowed_origins"] == [
        "chrome-extension://lkicofbnhpdlobohdcnecjglabpoelff/"
    ]


@pytest.mark.parametrize("through_a_link", [False, True])
def test_own_program_with_wrong_rights_is_named_and_mended(
    short_path: Path, through_a_link: bool
) -> None:
    program = named = short_path / "bin" / "fawkes-native"
    program.write_text("#!/bin/sh\n")
    if through_a_link:
        named = short_path / "link"
        named.symlink_to(program)
    program.chmod(0o646)
    found = _of_firefox(short_path, program, named)
    told = " | ".join(one.told for one in found)
    assert f"{named} may not be executed" in told
    assert f"{named} may be changed by other users" in told
    assert {one.advice for one in found} == {f"Run: chmod 755 '{named}'"}
    assert all(reason is None for _, reason in mend(found))
    assert stat.S_IMODE(program.stat().st_mode) == 0o755
    assert {one.state for one in _of_firefox(short_path, program, named)} == {State.OK}


def test_rights_of_other_programs_are_named_and_left(short_path: Path) -> None:
    own = short_path / "bin" / "fawkes-native"
    other = short_path / "other"
    for program, mode in ((own, 0o755), (other, 0o646)):
        program.write_text("#!/bin/sh\n")
        program.chmod(mode)
    found = _of_firefox(short_path, own, other)
    assert {one.state for one in found} == {State.BROKEN}
    assert mend(found) == []
    assert stat.S_IMODE(other.stat().st_mode) == 0o646


def _of_firefox(folder: Path, own: Path, named: Path) -> list[Finding]:
    """What is found of a Firefox whose manifest names a program, by the installation of ``own``."""
    (folder / "bin" / "chromium").unlink(missing_ok=True)
    firefox = folder / "bin" / "firefox"
    firefox.write_text("#!/bin/sh\n")
    firefox.chmod(0o755)
    machine = Machine(System.LINUX, folder / "home", {"PATH": str(folder / "bin")}, folder / "root")
    registrar = native_host.registrar(machine)
    apply(registrar.plan_install(native_host.native_host(named), [BROWSERS["firefox"]]))
    return list(check_browsers(registrar, native_host.native_host(own)))


def test_folder_behind_a_link_is_not_closed(short_path: Path) -> None:
    own = short_path / "bin" / "fawkes-native"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    _of_firefox(short_path, own, own)
    hosts = short_path / "home/.mozilla/native-messaging-hosts"
    elsewhere = short_path / "elsewhere"
    hosts.rename(elsewhere)
    elsewhere.chmod(0o777)
    hosts.symlink_to(elsewhere)
    machine = Machine(
        System.LINUX, short_path / "home", {"PATH": str(short_path / "bin")}, short_path
    )
    host = native_host.native_host(own)
    (found,) = check_browsers(native_host.registrar(machine), host)
    ((_, reason),) = mend([found])
    assert reason is not None
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o777


def test_extensions_besides_ours_are_named_and_left(person: Person) -> None:
    person.run("install", "--extension-id", "mine@example.org", "--extension-id", "a" * 32)
    found = doctor(person)
    assert found.status == 0
    told = [one["told"] for one in found.checks if one["state"] == "warning"]
    assert any("mine@example.org" in one and FIREFOX in one for one in told)
    assert any(f"chrome-extension://{'a' * 32}/" in one and CHROMIUM in one for one in told)
    firefox = person.home / FIREFOX
    change(firefox, {"path": "/gone/fawkes-native"})
    before = firefox.read_bytes()
    assert doctor(person, "--fix").status == 1
    assert firefox.read_bytes() == before
    person.run("install")
    found = doctor(person)
    assert "mine@example.org" not in str(found.checks)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("#!/nowhere/python\n", "No such file"),
        ("#!/bin/sh\necho the reason >&2; exit 3\n", "the reason"),
        ("#!/bin/sh\nexit 3\n", "status 3"),
        ("#!/bin/sh\nprintf '\\002\\000\\000\\000{}'\n", "does not greet"),
        ("#!/bin/sh\necho this is no frame\n", "does not answer"),
    ],
)
def test_program_that_is_no_host_is_named(tmp_path: Path, script: str, told: str) -> None:
    program = tmp_path / "program"
    program.write_text(script)
    program.chmod(0o755)
    found = host_checks.check_handshake(program)
    assert found.state is State.BROKEN
    assert str(program) in found.told
    assert told in found.told


def test_program_of_another_version_is_named(tmp_path: Path) -> None:
    hello = json.dumps({"type": "hello", "protocol": 0, "version": "0.0.1"})
    program = tmp_path / "program"
    size = "".join(f"\\{byte:03o}" for byte in len(hello).to_bytes(4, sys.byteorder))
    program.write_text(f"#!/bin/sh\nprintf '{size}%s' '{hello}'\n")
    program.chmod(0o755)
    found = host_checks.check_handshake(program)
    assert found.state is State.BROKEN
    assert "another version (0.0.1, protocol 0" in found.told


def test_program_that_is_not_ours_is_named_and_not_run(person: Person) -> None:
    trace = person.home.parent / "trace"
    program = person.home.parent / "program"
    program.write_text(f"#!/bin/sh\ntouch '{trace}'\n")
    program.chmod(0o755)
    person.run("install", "--program", str(program))
    for arguments in ((), ("--fix",)):
        found = doctor(person, *arguments).of("handshake")
        assert found["state"] == "warning"
        assert f"browsers start {program}, which is not of this installation" in found["told"]
    assert not trace.exists()


def test_manifests_for_all_users_are_enough(short_path: Path) -> None:
    (short_path / "bin" / "chromium").unlink()
    for name in ("firefox", "fawkes-native"):
        (short_path / "bin" / name).write_text("#!/bin/sh\n")
        (short_path / "bin" / name).chmod(0o755)
    environment = {"PATH": str(short_path / "bin")}
    machine = Machine(System.LINUX, short_path / "home", environment, short_path / "root")
    registrar = native_host.registrar(machine)
    host = native_host.native_host(short_path / "bin" / "fawkes-native")
    assert {one.state for one in check_browsers(registrar, host)} == {State.BROKEN}
    apply(registrar.plan_install(host, [BROWSERS["firefox"]], Scope.SYSTEM))
    (found,) = check_browsers(registrar, host)
    assert found.state is State.OK
    assert str(short_path / "root/usr/lib/mozilla") in found.told


def test_value_that_the_registry_lacks_is_named_and_set(tmp_path: Path) -> None:
    (tmp_path / "Program Files/Mozilla Firefox").mkdir(parents=True)
    (tmp_path / "Program Files/Mozilla Firefox/firefox.exe").write_text("")
    program = tmp_path / "fawkes-native.exe"
    program.write_text("")
    program.chmod(0o755)
    winreg = FakeWinreg()
    machine = Machine(System.WINDOWS, tmp_path / "home", {}, tmp_path)
    registrar = Registrar(machine, NATIVE_HOST, WindowsRegistry(winreg))
    host = native_host.native_host(program)
    apply(registrar.plan_install(host, [BROWSERS["firefox"]]))
    values = winreg.values()
    assert [one.state for one in check_browsers(registrar, host)] == [State.OK]
    winreg.keys.clear()
    (found,) = check_browsers(registrar, host)
    assert (found.state, "registry does not lead" in found.told) == (State.BROKEN, True)
    assert mend([found]) == [(found, None)]
    assert winreg.values() == values


def test_extension_of_another_version_is_named(monkeypatch: Any) -> None:
    assert [one.state for one in host_checks.check_versions()] == [State.OK]
    monkeypatch.setattr(host_checks.fawkes_host, "__version__", "9.9.9")
    (found,) = host_checks.check_versions()
    assert found.state is State.BROKEN
    assert "host 9.9.9" in found.told

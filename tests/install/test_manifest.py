"""What is found wrong with a manifest, and how one that has lost its program is healed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fawkes_host.protocol.greeting import NATIVE_HOST
from fawkes_host.system import native_host
from fawkes_install import manifest
from fawkes_install.browsers import BROWSERS, Family
from fawkes_install.machine import Machine, System
from fawkes_install.manifest import NativeHost, Trouble
from fawkes_install.plan import apply
from fawkes_install.registration import Registrar


@pytest.fixture
def host(tmp_path: Path) -> NativeHost:
    program = tmp_path / "bin" / "fawkes-native"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return native_host.native_host(program)


@pytest.fixture
def registrar(tmp_path: Path) -> Registrar:
    return Registrar(Machine(System.LINUX, tmp_path / "home"), NATIVE_HOST)


@pytest.fixture
def path(registrar: Registrar, host: NativeHost) -> Path:
    """The manifest of Firefox, in order."""
    apply(registrar.plan_install(host, [BROWSERS["firefox"], BROWSERS["chromium"]]))
    (place,) = registrar.places([BROWSERS["firefox"]])
    return place.path


def change(path: Path, fields: dict[str, Any]) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_manifest_in_order_has_no_troubles(path: Path, host: NativeHost) -> None:
    assert manifest.examine(path, host, Family.GECKO) == []


@pytest.mark.parametrize(
    ("fields", "trouble"),
    [
        ({"path": "/nowhere/fawkes-native"}, Trouble.PROGRAM_GONE),
        ({"path": "fawkes-native"}, Trouble.PROGRAM_GONE),
        ({"path": 7}, Trouble.PROGRAM_GONE),
        ({"name": "org.example"}, Trouble.OTHER_HOST),
        ({"type": "pipe"}, Trouble.OTHER_HOST),
        ({"allowed_extensions": ["other@example.org"]}, Trouble.NOT_ALLOWED),
        ({"allowed_extensions": "fawkes@fawkes.org"}, Trouble.NOT_ALLOWED),
        ({"allowed_extensions": [7]}, Trouble.NOT_ALLOWED),
    ],
)
def test_wrong_field_is_named(
    path: Path, host: NativeHost, fields: dict[str, Any], trouble: Trouble
) -> None:
    change(path, fields)
    assert manifest.examine(path, host, Family.GECKO) == [trouble]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null"])
def test_corrupt_manifest_is_named(path: Path, host: NativeHost, content: bytes) -> None:
    path.write_bytes(content)
    assert manifest.examine(path, host, Family.GECKO) == [Trouble.CORRUPT]


def test_wrong_rights_are_named(path: Path, host: NativeHost) -> None:
    path.chmod(0o666)
    assert manifest.examine(path, host, Family.GECKO) == [Trouble.OPEN_TO_OTHERS]
    path.chmod(0o044)
    assert Trouble.NOT_READABLE in manifest.examine(path, host, Family.GECKO)
    path.chmod(0o644)
    host.program.chmod(0o644)
    assert manifest.examine(path, host, Family.GECKO) == [Trouble.PROGRAM_NOT_EXECUTABLE]
    host.program.chmod(0o777)
    assert manifest.examine(path, host, Family.GECKO) == [Trouble.PROGRAM_OPEN_TO_OTHERS]
    path.unlink()
    assert manifest.examine(path, host, Family.GECKO) == [Trouble.MISSING]


def test_manifest_of_the_other_family_allows_nobody(path: Path, host: NativeHost) -> None:
    assert manifest.examine(path, host, Family.CHROMIUM) == [Trouble.NOT_ALLOWED]


def test_program_that_moved_is_found_again(
    path: Path, host: NativeHost, registrar: Registrar, tmp_path: Path
) -> None:
    assert registrar.heal(host) == []
    moved = host.program.rename(tmp_path / "moved")
    healed = registrar.heal(native_host.native_host(moved))
    assert len(healed) == 2
    assert path in healed
    assert json.loads(path.read_text())["path"] == str(moved)
    assert registrar.heal(native_host.native_host(moved)) == []


def test_program_that_is_there_is_somebodys_choice(
    path: Path, registrar: Registrar, tmp_path: Path
) -> None:
    before = path.read_bytes()
    assert registrar.heal(native_host.native_host(tmp_path / "another")) == []
    assert path.read_bytes() == before


def test_manifest_of_another_host_and_a_corrupt_one_are_not_healed(
    path: Path, host: NativeHost, registrar: Registrar
) -> None:
    host.program.unlink()
    change(path, {"name": "org.example"})
    chromium = next(place.path for place in registrar.registered() if place.path != path)
    chromium.write_text("{")
    assert registrar.heal(native_host.native_host(Path("/new"))) == []


@pytest.mark.parametrize("ours", [["fawkes@fawkes.org"], []])
def test_manifest_that_allows_extensions_besides_ours_is_not_healed(
    path: Path, host: NativeHost, registrar: Registrar, ours: list[str]
) -> None:
    assert manifest.strangers(path, host, Family.GECKO) == []
    change(path, {"allowed_extensions": [*ours, "mine@example.org", "no identity"]})
    before = path.read_bytes()
    host.program.unlink()
    assert len(registrar.heal(native_host.native_host(Path("/new")))) == 1  # that of Chromium
    assert path.read_bytes() == before
    assert manifest.strangers(path, host, Family.GECKO) == ["mine@example.org", "no identity"]


def test_identities_of_both_families_can_be_added(host: NativeHost) -> None:
    gecko = "{01234567-89ab-cdef-0123-456789abcdef}"
    more = host.allowing(("a" * 32, gecko, "x@y.org", "a" * 32))
    assert more.allowed(Family.CHROMIUM)[1:] == [f"chrome-extension://{'a' * 32}/"]
    assert more.allowed(Family.GECKO)[1:] == [gecko, "x@y.org"]
    for wrong in ("", "a" * 31, "q" * 32, "*", "chrome-extension://x/", "a b@c"):
        with pytest.raises(ValueError, match=r".*"):
            host.allowing((wrong,))


def test_names_beyond_ascii_survive(tmp_path: Path) -> None:
    program = tmp_path / "Ünïcode folder" / "fawkes-native"
    content = manifest.content(native_host.native_host(program), Family.GECKO)
    assert json.loads(content.decode("utf-8"))["path"] == str(program)

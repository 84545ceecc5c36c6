"""The lock file: everything that is installed, and nothing without a checksum."""

from __future__ import annotations

import re
import tomllib
from typing import NamedTuple

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.person import ROOT

LOCK = (ROOT / "install" / "requirements.lock").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

PYTHONS = ("3.11", "3.12", "3.13")


class Pin(NamedTuple):
    version: str
    marker: Marker | None
    hashes: tuple[str, ...]


def pins() -> dict[str, list[Pin]]:
    found: dict[str, list[Pin]] = {}
    lines = "\n".join(line for line in LOCK.splitlines() if not line.startswith("#"))
    for entry in lines.replace("\\\n", " ").splitlines():
        words, *hashes = re.split(r"\s+--hash=", entry.strip())
        requirement = Requirement(words)
        (pin,) = requirement.specifier
        assert pin.operator == "==", words
        found.setdefault(canonicalize_name(requirement.name), []).append(
            Pin(pin.version, requirement.marker, tuple(hashes))
        )
    return found


def test_everything_is_pinned_with_checksums() -> None:
    found = pins()
    assert len(found) > 40
    for name, versions in found.items():
        for version in versions:
            assert version.hashes, name
            assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in version.hashes), name


def test_pins_are_what_the_project_asks_for_on_every_python() -> None:
    found = pins()
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    for requirement in map(Requirement, [*wanted, "editables"]):
        for python in PYTHONS:
            environment = {"python_version": python, "python_full_version": f"{python}.1"}
            (pin,) = (
                pin
                for pin in found[canonicalize_name(requirement.name)]
                if pin.marker is None or pin.marker.evaluate(environment)
            )
            assert requirement.specifier.contains(pin.version), requirement


def test_no_place_on_the_network_is_named() -> None:
    assert "://" not in LOCK
    assert "--index" not in LOCK

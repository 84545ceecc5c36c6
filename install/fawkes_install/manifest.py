"""The native messaging manifest: what a browser is told about the host, and what can be wrong."""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from fawkes_install.browsers import Family

CHROMIUM_ID = re.compile(r"[a-p]{32}")
GECKO_ID = re.compile(r"\{[0-9a-fA-F-]{36}\}|[\w.-]*@[\w.-]+")

_READABLE_BY_OWNER = stat.S_IRUSR
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True)
class NativeHost:
    """The program that browsers may start, under ``name``, and the extensions that may ask."""

    name: str
    description: str
    program: Path
    chromium_ids: tuple[str, ...]
    gecko_ids: tuple[str, ...]

    def allowing(self, identities: tuple[str, ...]) -> NativeHost:
        """The same, with more extensions; raises ValueError for what is no identity."""
        chromium, gecko = list(self.chromium_ids), list(self.gecko_ids)
        for identity in identities:
            if CHROMIUM_ID.fullmatch(identity):
                chromium.append(identity)
            elif GECKO_ID.fullmatch(identity):
                gecko.append(identity)
            else:
                raise ValueError(identity)
        return replace(
            self,
            chromium_ids=tuple(dict.fromkeys(chromium)),
            gecko_ids=tuple(dict.fromkeys(gecko)),
        )

    def is_program(self, path: Path) -> bool:
        """Whether a path leads to this host's program."""
        try:
            return path.samefile(self.program)
        except OSError:
            return path == self.program

    def allowed(self, family: Family) -> list[str]:
        """The extensions, as manifests of this family spell them."""
        if family is Family.GECKO:
            return list(self.gecko_ids)
        return [_origin(identity) for identity in self.chromium_ids]


class Trouble(StrEnum):
    """What can be wrong with a manifest or with the program that it names."""

    MISSING = "missing"
    NOT_READABLE = "not_readable"
    OPEN_TO_OTHERS = "open_to_others"
    FOLDER_OPEN_TO_OTHERS = "folder_open_to_others"
    CORRUPT = "corrupt"
    OTHER_HOST = "other_host"
    PROGRAM_GONE = "program_gone"
    PROGRAM_NOT_EXECUTABLE = "program_not_executable"
    PROGRAM_OPEN_TO_OTHERS = "program_open_to_others"
    NOT_ALLOWED = "not_allowed"


def content(host: NativeHost, family: Family) -> bytes:
    """The manifest of ``host`` for browsers of ``family``."""
    key = _allowed_key(family)
    manifest = {
        "name": host.name,
        "description": host.description,
        "path": str(host.program),
        "type": "stdio",
        key: host.allowed(family),
    }
    return (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()


def read(path: Path) -> dict[str, Any] | None:
    """The manifest in ``path``; None where there is none that can be understood."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def program_of(manifest: dict[str, Any]) -> Path | None:
    """The program that a manifest names."""
    path = manifest.get("path")
    return Path(path) if isinstance(path, str) and path else None


def strangers(path: Path, host: NativeHost, family: Family) -> list[str]:
    """The extensions besides ours that the manifest in ``path`` allows, as it names them.

    Whether somebody has asked for them (``install --extension-id``) or planted them, a manifest
    does not tell: so they are named, and no manifest is written that allows them by itself.
    """
    return sorted(set(_named(read(path) or {}, family)) - set(host.allowed(family)))


def examine(path: Path, host: NativeHost, family: Family) -> list[Trouble]:
    """What keeps browsers from starting ``host`` by the manifest in ``path``, or is unsafe.

    Modes are looked at as they are, since the administrator may read anything.
    """
    if not path.exists():
        return [Trouble.MISSING]
    found = []
    mode = path.stat().st_mode
    if os.name == "posix" and not mode & _READABLE_BY_OWNER:
        found.append(Trouble.NOT_READABLE)
    if os.name == "posix" and mode & _WRITABLE_BY_OTHERS:
        found.append(Trouble.OPEN_TO_OTHERS)
    if os.name == "posix" and path.parent.stat().st_mode & _WRITABLE_BY_OTHERS:
        found.append(Trouble.FOLDER_OPEN_TO_OTHERS)
    manifest = read(path)
    if manifest is None:
        return found if Trouble.NOT_READABLE in found else [*found, Trouble.CORRUPT]
    if manifest.get("name") != host.name or manifest.get("type") != "stdio":
        found.append(Trouble.OTHER_HOST)
    if not set(host.allowed(family)) <= set(_named(manifest, family)):
        found.append(Trouble.NOT_ALLOWED)
    return found + _examine_program(program_of(manifest))


def _examine_program(program: Path | None) -> list[Trouble]:
    if program is None or not program.is_absolute() or not program.is_file():
        return [Trouble.PROGRAM_GONE]
    found = []
    if not os.access(program, os.X_OK):
        found.append(Trouble.PROGRAM_NOT_EXECUTABLE)
    if os.name == "posix" and program.stat().st_mode & _WRITABLE_BY_OTHERS:
        found.append(Trouble.PROGRAM_OPEN_TO_OTHERS)
    return found


def _named(manifest: dict[str, Any], family: Family) -> list[str]:
    named = manifest.get(_allowed_key(family))
    return [one for one in named if isinstance(one, str)] if isinstance(named, list) else []


def _allowed_key(family: Family) -> str:
    return "allowed_extensions" if family is Family.GECKO else "allowed_origins"


def _origin(identity: str) -> str:
    return f"chrome-extension://{identity}/"

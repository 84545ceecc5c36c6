"""What the user can set: defaults, then the file, then the environment, then flags."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from fawkes_host.protocol.errors import BadSetting
from fawkes_host.system import folders

FILE_NAME: Final = "settings.json"
ENVIRONMENT_PREFIX: Final = "FAWKES_"


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of the service; the environment spells them ``FAWKES_IDLE_MINUTES``."""

    device: Literal["auto", "cpu", "gpu"] = "auto"
    """What the engine runs on."""

    idle_minutes: Annotated[float, Meta(gt=0, le=10080)] = 15.0
    """The service leaves after so many minutes without a photo: long enough for an
    evening of uploads, short enough that its memory is given back."""

    cache: bool = True
    """Keep cloaked photos (never originals), so that the same photo is ready at once."""

    cache_mib: Annotated[int, Meta(ge=1)] = 512
    """The size of that cache."""

    queue_photos: Annotated[int, Meta(ge=2)] = 256
    """How many photos may wait; one client may hold half of them."""

    queue_mib: Annotated[int, Meta(ge=200)] = 512
    """How much memory photos may hold; one client may hold half of it, so that 200 is
    the least in which a photo of 100 MiB fits."""

    max_clients: Annotated[int, Meta(ge=1)] = 32
    """How many connections are served at once."""

    tcp_port: Annotated[int, Meta(ge=0, le=65535)] | None = None
    """Also listen on this port of 127.0.0.1 (0: any free one), for those who know its token."""

    log_level: Literal["debug", "info", "warning"] = "info"
    """How much the log tells."""


def load(flags: Mapping[str, Any] | None = None, file: Path | None = None) -> Settings:
    """The settings in force; ``flags`` that are None are not set.  Raises BadSetting."""
    path = file or folders.config_folder() / FILE_NAME
    merged: dict[str, Any] = {
        **_from_file(path),
        **_from_environment(),
        **{name: value for name, value in (flags or {}).items() if value is not None},
    }
    for name, value in merged.items():
        _check(name, value)
    return msgspec.convert(merged, Settings, strict=False)


def _from_file(path: Path) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError, UnicodeError) as fault:
        raise BadSetting(name=path.name, detail=str(fault)[:200]) from None
    if not isinstance(found, dict):
        raise BadSetting(name=path.name, detail="it is not a JSON object")
    return {name: value for name, value in found.items() if name in Settings.__struct_fields__}


def _from_environment() -> dict[str, str]:
    found = {
        name: os.environ.get(ENVIRONMENT_PREFIX + name.upper())
        for name in Settings.__struct_fields__
    }
    return {name: value for name, value in found.items() if value}


def _check(name: str, value: Any) -> None:
    """Names the setting at fault, which converting all of them at once would not."""
    try:
        msgspec.convert({name: value}, Settings, strict=False)
    except msgspec.ValidationError as fault:
        raise BadSetting(name=name, detail=str(fault).split(" - at")[0]) from None

"""What this host is to browsers: its name, its program, and the extensions it listens to."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import Final

from fawkes_host.protocol.errors import ProgramMissing
from fawkes_host.protocol.greeting import NATIVE_HOST
from fawkes_install.machine import Machine
from fawkes_install.manifest import NativeHost
from fawkes_install.registration import Registrar

CHROMIUM_ID: Final = "lkicofbnhpdlobohdcnecjglabpoelff"
"""From the fixed ``key`` of the extension's manifest; a test computes it."""

GECKO_ID: Final = "fawkes@fawkes.org"

PROGRAM: Final = "fawkes-native"


def native_host(program: Path | None = None) -> NativeHost:
    """The host as manifests describe it; raises ProgramMissing.

    ``program`` takes the place of this installation's ``fawkes-native``.
    """
    return NativeHost(
        name=NATIVE_HOST,
        description="Cloaks the faces in photos before they are uploaded",
        program=program or installed_program(),
        chromium_ids=(CHROMIUM_ID,),
        gecko_ids=(GECKO_ID,),
    )


def own_program() -> Path:
    """Where ``fawkes-native`` lies beside this Python, or would.

    Not by way of links: a virtual environment's Python is one, and its programs lie beside it.
    """
    return Path(sys.executable).parent / (f"{PROGRAM}.exe" if os.name == "nt" else PROGRAM)


def installed_program() -> Path:
    """The ``fawkes-native`` of this installation; raises ProgramMissing."""
    own = own_program()
    user_scheme = sysconfig.get_preferred_scheme("user")
    for path in (
        own,
        Path(sysconfig.get_path("scripts"), own.name),
        Path(sysconfig.get_path("scripts", user_scheme), own.name),
    ):
        if path.is_file():
            return path
    found = shutil.which(own.name)
    if found is None:
        raise ProgramMissing(program=own.name, folder=str(own.parent))
    return Path(found).absolute()


def registrar(machine: Machine | None = None) -> Registrar:
    """Who makes this host known to the browsers of ``machine``."""
    return Registrar(machine or Machine.here(), NATIVE_HOST)

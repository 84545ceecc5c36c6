"""The day on which a browser last had a photo cloaked: that of an empty file.

Who has removed the extension has not removed the program; ``doctor`` tells by this.
"""

from __future__ import annotations

import contextlib
import os
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from fawkes_host.protocol.errors import FawkesError
from fawkes_host.system import folders

LONG: Final = timedelta(days=60)
"""Longer than a holiday: after so long nobody may be there to ask any more."""

_FILE: Final = "last-photo"


def path() -> Path:
    """Where it is kept."""
    return folders.config_folder() / _FILE


def record() -> None:
    """Sets it to now; that it cannot is no reason to keep a photo back."""
    with contextlib.suppress(OSError, FawkesError):
        file = folders.make_private(folders.config_folder()) / _FILE
        file.touch(0o600)
        os.utime(file)


def long_ago() -> date | None:
    """The day, if that is long ago; else None.  A clock that has jumped costs a wrong hint."""
    try:
        day = date.fromtimestamp(path().stat().st_mtime)
    except (OSError, OverflowError, ValueError):
        return None
    return day if date.today() - day > LONG else None

"""Where the service keeps its files, each folder for the user alone.

Part of the relay's way to its first answer, so that what may wait is imported late.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from fawkes_host.system import files

_APP = "fawkes-host"


def runtime_folder() -> Path:
    """Lock, socket and state; gone after a restart of the machine."""
    given = os.environ.get("XDG_RUNTIME_DIR", "").strip()
    if sys.platform == "linux" and given:
        return Path(given, _APP)  # What platformdirs would say, but for its time to import.
    import warnings

    import platformdirs

    with warnings.catch_warnings():
        # Where a session has no such folder, people can do nothing about it; ``make_private``
        # sees to it that the one in its place is theirs.
        warnings.simplefilter("ignore")
        return platformdirs.user_runtime_path(_APP, appauthor=False)


def config_folder() -> Path:
    """Settings and secrets."""
    import platformdirs

    return platformdirs.user_config_path(_APP, appauthor=False)


def cache_folder() -> Path:
    """Cloaked photos and what libraries keep, all of which can be made again."""
    import platformdirs

    return platformdirs.user_cache_path(_APP, appauthor=False)


def log_folder() -> Path:
    """The log of the service."""
    import platformdirs

    return platformdirs.user_log_path(_APP, appauthor=False)


def data_folder() -> Path:
    """The secret of this installation, from which the engine's randomness comes."""
    import platformdirs

    return platformdirs.user_data_path(_APP, appauthor=False)


def outer(folder: Path) -> Path:
    """The folder above everything of ours that holds ``folder``; not ours itself."""
    return folder.parent.parent if folder.parent.name == _APP else folder.parent


def make_private(folder: Path) -> Path:
    """Makes ``folder`` with mode 0700, or checks that it is the user's own and closes it.

    Raises UnsafeFolder where another user owns it, or could move it away.
    """
    from fawkes_host.protocol.errors import UnsafeFolder

    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise UnsafeFolder(folder=str(folder), detail=str(fault.strerror)) from fault
    if os.name == "nt":
        return folder  # The profile's access list admits the user and the system only.
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise UnsafeFolder(folder=str(folder), detail="it is a link")
    if found.st_uid != os.geteuid():
        raise UnsafeFolder(folder=str(folder), detail="another user owns it")
    above = folder.parent.stat()
    shared = above.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not above.st_mode & stat.S_ISVTX
    if shared or above.st_uid not in (os.geteuid(), 0):
        raise UnsafeFolder(folder=str(folder), detail="another user can replace it")
    if stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(0o700)
    return folder


def secret(name: str) -> bytes:
    """The 32 random bytes of this installation kept under ``name``, made on first use."""
    path = make_private(config_folder()) / name
    for _ in range(2):
        try:
            kept = bytes.fromhex(path.read_text("ascii").strip())
        except (FileNotFoundError, ValueError):
            kept = b""
        if len(kept) == 32:
            return kept
        files.write_private(path, os.urandom(32).hex().encode("ascii"))
    from fawkes_host.protocol.errors import UnsafeFolder

    raise UnsafeFolder(folder=str(path), detail="it does not keep what is written to it")

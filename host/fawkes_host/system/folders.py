"""Where the service keeps its files, each folder for the user alone.

Part of the relay's way to its first answer, so that what may wait is imported late.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

from fawkes_host.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from fawkes_host.protocol.errors import FawkesError

_APP = "fawkes-host"

_MOST_LINKS = 40
"""What Linux follows on one path."""


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
    """Makes ``folder``, and those above it, with mode 0700 whatever the umask; checks it as
    ``check_private`` does.  Raises UnsafeFolder.
    """
    if check_private(folder):
        return folder
    try:
        for path in (*reversed(folder.parents), folder):
            if not path.exists():
                path.mkdir(0o700, exist_ok=True)
    except OSError as fault:
        raise _unsafe(folder, str(fault.strerror)) from fault
    check_private(folder)
    return folder


def check_private(folder: Path, close: bool = True) -> bool:
    """Whether ``folder`` is there, the user's own, and closed to others.

    What is ours and stands open is closed, unless ``close`` is False.  Raises UnsafeFolder where
    another user owns it, or could put another in its place: whoever owns a folder above it, or
    may write to one, can.
    """
    if os.name == "nt":
        return folder.is_dir()  # The profile's access list admits the user and the system only.
    me = os.geteuid()
    above = outer(folder)
    try:
        for path, found in _way_to(above):
            if found.st_uid not in (me, 0) or _others_write(found):
                raise _unsafe(folder, f"another user can replace what is in {path}")
        for path in (folder,) if folder.parent == above else (folder.parent, folder):
            found = path.lstat()
            if not stat.S_ISDIR(found.st_mode):
                linked = stat.S_ISLNK(found.st_mode)
                raise _unsafe(folder, "it is a link" if linked else "it is no folder")
            if found.st_uid != me:
                raise _unsafe(folder, "another user owns it")
            if close and stat.S_IMODE(found.st_mode) & 0o077:
                path.chmod(0o700)
    except FileNotFoundError:
        return False
    except OSError as fault:
        raise _unsafe(folder, str(fault.strerror)) from fault
    return True


def changeable(path: Path) -> Path | None:
    """What others than root may change of a program's path: itself, or a folder that leads to it.

    None where nothing is, and on Windows.  Raises ``OSError``.
    """
    if os.name == "nt":
        return None
    for at, found in _way_to(path):
        if found.st_uid != 0 or _others_write(found):
            return at
    return None


def _way_to(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Every folder and link that leads to ``folder``, from the root on.  Raises ``OSError``."""
    folder = folder.absolute()
    at = Path(folder.anchor)
    yield at, at.lstat()
    left = list(reversed(folder.parts[1:]))
    links = 0
    while left:
        name = left.pop()
        if name == "..":
            at = at.parent
            continue
        found = (at / name).lstat()
        yield at / name, found
        if not stat.S_ISLNK(found.st_mode):
            at = at / name
            continue
        links += 1
        if links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        to = (at / name).readlink()
        at = Path(to.anchor) if to.anchor else at
        left += reversed(to.parts[1:] if to.anchor else to.parts)


def _others_write(found: os.stat_result) -> bool:
    """Whether others than its owner may rename what is in a folder."""
    mode = found.st_mode
    if stat.S_ISLNK(mode) or mode & stat.S_ISVTX:
        return False
    return bool(mode & stat.S_IWOTH or (mode & stat.S_IWGRP and not _alone_in_group(found)))


def _alone_in_group(found: os.stat_result) -> bool:
    """Whether the owner is the only one in the group, as where each user has one of their own.

    There the umask is often 002, which leaves every folder open to a group of one.
    """
    import grp
    import pwd

    try:
        user, group = pwd.getpwuid(found.st_uid), grp.getgrgid(found.st_gid)
    except KeyError:
        return False
    own = group.gr_gid == user.pw_gid and group.gr_name == user.pw_name
    return own and set(group.gr_mem) <= {user.pw_name}


def _unsafe(folder: Path, detail: str) -> FawkesError:
    from fawkes_host.protocol.errors import UnsafeFolder

    return UnsafeFolder(folder=str(folder), detail=detail)


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
    raise _unsafe(path, "it does not keep what is written to it")

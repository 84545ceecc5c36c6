"""One service a user: the lock that makes it so, and how it is started."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

from fawkes_host.protocol.errors import (
    BY_CODE,
    AlreadyRunning,
    FawkesError,
    InternalError,
    ServiceUnavailable,
)
from fawkes_host.service.endpoint import Endpoint
from fawkes_host.system import child, files, folders

START_SECONDS: Final = 20.0
"""How long a service may take until it listens.  It takes 0.3 s on an idle machine; the
rest is for one that is swapping."""

_POLL_SECONDS: Final = 0.02

_SEEN_ALIVE: Final = 10
"""Polls in a row after which a service that listens is believed to live."""

_SERVICE_LOCK: Final = "service.lock"
_START_LOCK: Final = "start.lock"
_FAILURE_NAME: Final = "failure.json"


class FileLock:
    """A lock that the operating system drops with its holder, however that one dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def acquire(self) -> bool:
        """Takes the lock unless another process holds it; never waits."""
        file = open(self._path, "ab")  # noqa: SIM115, PTH123 - held open on purpose
        try:
            _lock(file)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def service_lock(endpoint: Endpoint) -> Iterator[None]:
    """Held by the service for as long as it lives; raises AlreadyRunning.

    Waits for a service that is just leaving, but not for one that listens.
    """
    lock = FileLock(folders.make_private(endpoint.folder) / _SERVICE_LOCK)
    give_up = time.monotonic() + START_SECONDS / 2
    seen = 0
    while not lock.acquire():
        # One that was killed seems to listen until the system has closed its socket.
        seen = seen + 1 if endpoint.alive() else 0
        if seen > _SEEN_ALIVE or time.monotonic() > give_up:
            raise AlreadyRunning
        time.sleep(_POLL_SECONDS)
    try:
        _failure_path(endpoint).unlink(missing_ok=True)
        yield
    finally:
        lock.release()


def ensure_running(endpoint: Endpoint) -> bool:
    """Starts the service unless one listens; True if this call started it.

    Any number of processes may call this at once: one starts it, the others wait.
    Raises what kept the service from starting, or ServiceUnavailable.
    """
    if endpoint.alive():
        return False
    lock = FileLock(folders.make_private(endpoint.folder) / _START_LOCK)
    give_up = time.monotonic() + START_SECONDS
    while not lock.acquire():
        if endpoint.alive():
            return False
        if time.monotonic() > give_up:
            raise ServiceUnavailable(detail="another program is starting it, without end")
        time.sleep(_POLL_SECONDS)
    try:
        if endpoint.alive():
            return False
        _failure_path(endpoint).unlink(missing_ok=True)
        process = _spawn()
        while not endpoint.alive():
            if process.poll() is not None and not endpoint.alive():
                raise _reason(endpoint, process.returncode)
            if time.monotonic() > give_up:
                process.kill()
                raise ServiceUnavailable(detail=f"it did not listen within {START_SECONDS:.0f} s")
            time.sleep(_POLL_SECONDS)
    finally:
        lock.release()
    # A service that leaves before its starter would stay behind as a zombie.
    threading.Thread(target=process.wait, daemon=True).start()
    return True


def _spawn() -> subprocess.Popen[bytes]:
    """The service as a process that neither the browser nor the relay takes with it."""
    try:
        return _start_apart()
    except OSError as fault:
        raise ServiceUnavailable(detail=str(fault)[:200]) from fault


if sys.platform == "win32":

    def _start_apart() -> subprocess.Popen[bytes]:
        apart = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS
        try:
            # Firefox keeps its hosts in a job object and ends all of it with the browser.
            return _start(creationflags=apart | subprocess.CREATE_BREAKAWAY_FROM_JOB)
        except PermissionError:  # This job lets nobody go.
            return _start(creationflags=apart)

else:

    def _start_apart() -> subprocess.Popen[bytes]:
        return _start(start_new_session=True)


def _start(**options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        child.command("fawkes_host.service"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(sys.executable).anchor,  # The browser's folder may be one to unmount.
        close_fds=True,
        **options,
    )


def _failure_path(endpoint: Endpoint) -> Path:
    return endpoint.folder / _FAILURE_NAME


def leave_failure(endpoint: Endpoint, error: FawkesError) -> None:
    """Tells whoever started this service why it does not run."""
    content = {"code": error.code, "parameters": error.parameters}
    with contextlib.suppress(OSError):
        files.write_private(_failure_path(endpoint), json.dumps(content).encode())


def _reason(endpoint: Endpoint, status: int) -> FawkesError:
    try:
        content = json.loads(files.read_own(_failure_path(endpoint)))
        return BY_CODE.get(content["code"], InternalError)(**content["parameters"])
    except (OSError, ValueError, KeyError, TypeError):
        return ServiceUnavailable(detail=f"it ended at once with status {status}")


def address_left(endpoint: Endpoint) -> bool:
    """Whether a service that is gone did not live to take its address away."""
    return not endpoint.alive() and endpoint.path.exists()


def wait_until_gone(endpoint: Endpoint, timeout_s: float) -> bool:
    """Whether the service has left within ``timeout_s`` seconds."""
    give_up = time.monotonic() + timeout_s
    lock = FileLock(folders.make_private(endpoint.folder) / _SERVICE_LOCK)
    while not lock.acquire():
        if time.monotonic() > give_up:
            return False
        time.sleep(_POLL_SECONDS)
    lock.release()
    return True

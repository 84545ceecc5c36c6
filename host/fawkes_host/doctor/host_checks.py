"""What ``doctor`` asks about the host itself: its parts, the relay, the service, the disk.

Nothing here imports TensorFlow: whether it works, the engine tells (``check_engine``).
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import platform
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import fawkes_host
from fawkes_host.protocol.errors import FawkesError
from fawkes_host.protocol.greeting import PROTOCOL
from fawkes_host.protocol.limits import MIB
from fawkes_host.service import endpoint
from fawkes_host.system import files, folders, last_photo, native_host, packages
from fawkes_install import extension_files, manifest
from fawkes_install.browser_checks import check_browsers, check_loaded, check_sandboxes
from fawkes_install.checks import Check, Finding, State
from fawkes_install.manifest import NativeHost
from fawkes_install.registration import Registrar, Scope

OLDEST_PYTHON: Final = (3, 11)
REINSTALL: Final = "Install fawkes-host again: pipx reinstall fawkes-host, or in a checkout"
REINSTALL_ADVICE: Final = f"{REINSTALL} python3 install/bootstrap.py"

HANDSHAKE_SECONDS: Final = 20.0
"""A relay answers in 0.1 s; the rest is for a machine that is swapping."""

ENGINE_SECONDS: Final = 240.0
"""TensorFlow and all networks, read from a slow disk for the first time."""

_CLOSE_ADVICE: Final = (
    "Take the right to write away from others (chmod go-w), or name another folder in the "
    "variable that leads there (XDG_RUNTIME_DIR, XDG_CONFIG_HOME, …)."
)

_SANDBOX_ADVICE: Final = (
    "Linux has Landlock since 5.13, and seccomp; some containers switch them off, and other "
    "systems have neither. Cloak only photos of people whom you trust."
)

FREE_BYTES: Final = 512 * MIB
"""Room for the cache at its default size."""


def checks(registrar: Registrar, host: NativeHost, engine: bool) -> list[Check]:
    """All checks, in the order of the way from Python to the browsers."""
    found = [
        Check("python", check_python),
        Check("packages", check_packages),
        Check("networks", check_networks),
        Check("codecs", check_codecs),
        Check("program", lambda: check_program(host)),
        Check("browsers", lambda: check_browsers(registrar, host)),
        Check("handshake", lambda: check_handshakes(registrar, host)),
        Check("folders", check_folders),
        Check("service", check_service),
        Check("cache", check_cache),
        Check("disk", check_disk),
        Check("last photo", lambda: check_last_photo(registrar)),
        Check("sandboxes", lambda: check_sandboxes(registrar)),
        Check("versions", check_versions),
        Check("versions", lambda: check_loaded(registrar, host, fawkes_host.__version__)),
    ]
    return [*found, Check("engine", check_engine)] if engine else found


def check_python() -> Iterator[Finding]:
    """Whether Python is new enough."""
    version = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        yield Finding("python", State.BROKEN, f"Python {version} is too old", f"Use {wanted}.")
    else:
        yield Finding("python", State.OK, f"Python {version} at {sys.executable}")


def check_packages() -> Iterator[Finding]:
    """Whether everything is installed that this distribution asks for, TensorFlow above all."""
    try:
        found = packages.find_packages()
    except importlib.metadata.PackageNotFoundError:
        yield Finding("packages", State.WARNING, "fawkes-host runs without being installed")
        return
    missing = packages.missing(found)
    if missing:
        told = f"not installed: {', '.join(missing)}"
        yield Finding("packages", State.BROKEN, told, REINSTALL_ADVICE)
    if tensorflow := found.get("tensorflow"):
        told = f"TensorFlow {tensorflow}, {len(found) - len(missing)} of {len(found)} packages"
        yield Finding("packages", State.OK, told)


def check_networks() -> Iterator[Finding]:
    """Whether every weight file is there, and is the one that was published."""
    from fawkes_models import registry, store

    whole = 0
    for file in registry.WEIGHT_FILES:
        try:
            store.read_checked(file, store.WEIGHTS_FOLDER)
            whole += 1
        except (store.WeightsMissing, store.WeightsCorrupt, OSError) as fault:
            path = store.WEIGHTS_FOLDER / file.name
            yield Finding("networks", State.BROKEN, f"{fault} ({path})", REINSTALL_ADVICE)
    if whole == len(registry.WEIGHT_FILES):
        told = f"{whole} weight files, their checksums are right"
        yield Finding("networks", State.OK, told)


def check_codecs() -> Iterator[Finding]:
    """Whether the codec process is a sandbox on this machine: started, and let try."""
    from fawkes_host.photo.sandbox.client import CodecProcess

    codecs = CodecProcess()
    try:
        probed = codecs.probe()
    except FawkesError as fault:
        yield Finding("codecs", State.BROKEN, str(fault), REINSTALL_ADVICE)
        return
    finally:
        codecs.close()
    layers = {f"Landlock {probed.landlock}": probed.landlock > 0, "seccomp": probed.seccomp}
    by = " and ".join(name for name, there in layers.items() if there) or "nothing"
    told = f"a hostile photo's decoder is confined by {by}"
    if probed.possible:
        told += f", and could still {', '.join(probed.possible)}"
    if probed.possible or not all(layers.values()):
        yield Finding("codecs", State.WARNING, told, _SANDBOX_ADVICE)
    else:
        yield Finding("codecs", State.OK, f"{told}, and gets at nothing")


def check_program(host: NativeHost) -> Iterator[Finding]:
    """Whether this installation has the program that browsers start."""
    if host.program.is_file():
        yield Finding("program", State.OK, f"browsers start {host.program}")
        return
    yield Finding(
        "program",
        State.BROKEN,
        f"{host.program} is not there",
        REINSTALL_ADVICE,
        _repair(host.program),
    )


def check_handshakes(registrar: Registrar, host: NativeHost) -> Iterator[Finding]:
    """A real greeting through our own program, as a browser does it; others are named, not run."""
    programs = {
        manifest.program_of(manifest.read(place.path) or {})
        for scope in Scope
        for place in registrar.registered(scope)
    }
    # What cannot be started at all is named with its manifest already.
    able = {one for one in programs if one and one.is_file() and os.access(one, os.X_OK)}
    for program in sorted(able or {host.program}):
        if host.is_program(program):
            yield check_handshake(program)
            continue
        told = f"browsers start {program}, which is not of this installation; it was not tried"
        yield Finding("handshake", State.WARNING, told, "Run: fawkes-host install")


def check_handshake(program: Path) -> Finding:
    """A real greeting through one program."""
    started = time.monotonic()
    try:
        hello = greet(program)
    except (OSError, ValueError, subprocess.SubprocessError) as fault:
        told = f"{program} does not answer: {_plainly(fault)}"
        return Finding("handshake", State.BROKEN, told, REINSTALL_ADVICE, _repair(program))
    seconds = time.monotonic() - started
    if hello.get("protocol") != PROTOCOL or hello.get("version") != fawkes_host.__version__:
        told = (
            f"{program} is another version ({hello.get('version')}, protocol "
            f"{hello.get('protocol')}; this is {fawkes_host.__version__}, protocol {PROTOCOL})"
        )
        return Finding("handshake", State.BROKEN, told, "Run: fawkes-host install")
    return Finding("handshake", State.OK, f"{program} answered in {seconds:.2f} s")


def greet(program: Path) -> dict[str, Any]:
    """What ``program`` answers to a ``hello`` that wakes nothing.

    Raises OSError, ValueError or SubprocessError where it is not what a host says.
    """
    body = json.dumps({"type": "hello", "protocol": PROTOCOL, "wake": False}).encode()
    origin = f"chrome-extension://{native_host.CHROMIUM_ID}/"
    done = subprocess.run(
        [program, origin],
        input=struct.pack("=I", len(body)) + body,
        capture_output=True,
        timeout=HANDSHAKE_SECONDS,
        check=False,
    )
    if len(done.stdout) < 4:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise ValueError(last[0] if last else f"it ended with status {done.returncode}")
    (size,) = struct.unpack("=I", done.stdout[:4])
    hello = json.loads(done.stdout[4 : 4 + size])
    if not isinstance(hello, dict) or hello.get("type") != "hello":
        raise ValueError("it does not greet")
    return hello


def _plainly(fault: Exception) -> str:
    if isinstance(fault, subprocess.TimeoutExpired):
        return f"not within {HANDSHAKE_SECONDS:.0f} s"
    return fault.strerror or str(fault) if isinstance(fault, OSError) else str(fault)


def _repair(program: Path) -> Callable[[], None] | None:
    """Mends our own script: it is gone, or its first line names a Python that has moved."""
    if os.name == "nt" or program != native_host.own_program():
        return None
    return lambda: rewrite_scripts(program.parent)


def rewrite_scripts(folder: Path) -> None:
    """Writes the programs of this distribution anew for the Python that runs now."""
    entries = importlib.metadata.distribution(packages.DISTRIBUTION).entry_points
    for entry in entries.select(group="console_scripts"):
        path = folder / entry.name
        # Through a shell: the first line of a script has no room for long paths or spaces.
        text = (
            f"#!/bin/sh\n'''exec' \"{sys.executable}\" \"$0\" \"$@\"\n' '''\n"
            f"import sys\nfrom {entry.module} import {entry.attr}\nsys.exit({entry.attr}())\n"
        )
        files.write_atomically(path, text.encode(), mode=0o755)


def check_folders() -> Iterator[Finding]:
    """Whether other users are kept out of what is kept here, asked as the service itself asks."""
    kept = {
        endpoint.default().folder,
        folders.config_folder(),
        folders.data_folder(),
        folders.log_folder(),
    }
    refused = False
    for folder in sorted(kept):
        try:
            folders.check_private(folder, close=False)
        except FawkesError as fault:
            refused = True
            yield Finding("folders", State.BROKEN, str(fault), _CLOSE_ADVICE)
    if not refused:
        yield Finding("folders", State.OK, "no other user can get at what is kept here")


def check_service() -> Iterator[Finding]:
    """Whether the service runs, answers and is this version; or could be started."""
    from fawkes_host.service import client, lifecycle, settings, stop

    place = endpoint.default()
    try:
        wanted = settings.load()
    except FawkesError as fault:
        path = folders.config_folder() / settings.FILE_NAME
        yield Finding("service", State.BROKEN, str(fault), f"Correct or remove {path}.")
        return
    try:
        alive = place.alive()
    except FawkesError as fault:
        yield Finding("service", State.BROKEN, str(fault), _CLOSE_ADVICE)
        return
    if not alive:
        if lifecycle.address_left(place):
            yield Finding(
                "service",
                State.BROKEN,
                "it died, and its address is still there",
                "The next photo starts another.",
                lambda: stop.forget(place),
            )
        else:
            told = f"not running; the next photo starts it, on device {wanted.device}"
            yield Finding("service", State.OK, told)
        return
    try:
        with client.Link(place.connect(), wake=False) as link:
            status = client.ServiceClient(link).status()
    except (FawkesError, TimeoutError) as fault:
        yield Finding(
            "service",
            State.BROKEN,
            f"it does not answer ({fault})",
            "End it; the next photo starts another.",
            lambda: _end(place),
        )
        return
    if status.version != fawkes_host.__version__:
        yield Finding(
            "service",
            State.BROKEN,
            f"version {status.version} still runs, and {fawkes_host.__version__} is installed",
            "Run: fawkes-host stop",
            lambda: _end(place),
        )
        return
    device = f" on {', '.join(status.devices)}" if status.devices else ""
    told = f"runs (pid {status.pid}), engine {status.engine}{device}"
    if status.problem:
        advice = "Run: fawkes-host doctor --engine"
        yield Finding("service", State.WARNING, f"{told}, last problem {status.problem}", advice)
    else:
        yield Finding("service", State.OK, told)


def _end(place: endpoint.Endpoint) -> None:
    from fawkes_host.service import stop

    if not stop.end(place):
        raise OSError("the service does not leave")


def check_cache() -> Iterator[Finding]:
    """Whether cloaked photos can be kept, and how many are."""
    from fawkes_host.service import settings

    folder = folders.cache_folder() / "photos"
    with contextlib.suppress(FawkesError):
        if not settings.load().cache:
            yield Finding("cache", State.OK, "switched off")
            return
    try:
        there = folders.check_private(folder, close=False)
    except FawkesError as fault:
        yield Finding("cache", State.BROKEN, str(fault), _CLOSE_ADVICE)
        return
    photos = [path for path in folder.iterdir() if path.is_file()] if there else []
    size = sum(path.stat().st_size for path in photos)
    yield Finding("cache", State.OK, f"{len(photos)} photos, {size / MIB:.1f} MiB in {folder}")


def check_disk() -> Iterator[Finding]:
    """Whether there is room for the cache and for photos."""
    folder = folders.cache_folder()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    told = f"{free / (1 << 30):.1f} GiB free at {folder}"
    if free < FREE_BYTES:
        yield Finding("disk", State.WARNING, told, f"Free {FREE_BYTES // MIB} MiB.")
    else:
        yield Finding("disk", State.OK, told)


def check_last_photo(registrar: Registrar) -> Iterator[Finding]:
    """Whether a browser still has photos cloaked; says nothing while one does."""
    day = last_photo.long_ago()
    if day is not None and registrar.registered(Scope.USER):
        told = f"no browser has had a photo cloaked since {day}"
        advice = "If you have removed the extension, remove the program: fawkes-host uninstall"
        yield Finding("last photo", State.WARNING, told, advice)


def check_versions() -> Iterator[Finding]:
    """Whether the host and the extension that ships with it are one version."""
    try:
        extension = extension_files.manifest()["version"]
    except (OSError, ValueError, KeyError):
        told = f"the extension is not in {extension_files.folder()}"
        yield Finding("versions", State.BROKEN, told, REINSTALL_ADVICE)
        return
    told = f"host {fawkes_host.__version__}, extension {extension}, protocol {PROTOCOL}"
    if extension != fawkes_host.__version__:
        yield Finding("versions", State.BROKEN, told + " do not fit", REINSTALL_ADVICE)
    else:
        yield Finding("versions", State.OK, told)


def check_engine() -> Iterator[Finding]:
    """Starts the service and its engine, and waits until it is warm: seconds to minutes."""
    from fawkes_host.protocol.messages import EngineNews, HostHello
    from fawkes_host.service import client

    started = time.monotonic()
    try:
        with client.connect() as link:
            news: Any = link.hello
            while news.engine != "ready":
                left = started + ENGINE_SECONDS - time.monotonic()
                if left <= 0 or (news.engine == "cold" and news.problem):
                    break
                with contextlib.suppress(TimeoutError):
                    message = link.receive(min(left, 1.0))
                    news = message if isinstance(message, EngineNews | HostHello) else news
    except FawkesError as fault:
        yield Finding("engine", State.BROKEN, str(fault), REINSTALL_ADVICE)
        return
    seconds = time.monotonic() - started
    if news.engine == "ready":
        told = f"ready on {', '.join(news.devices)} after {seconds:.1f} s"
        yield Finding("engine", State.OK, told)
    else:
        told = f"does not start ({news.problem or f'not ready after {seconds:.0f} s'})"
        advice = f"See the log in {folders.log_folder()}."
        yield Finding("engine", State.BROKEN, told, advice)

"""Runs the service in this process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import fawkes_host
from fawkes_host.engine import MAKERS, installation
from fawkes_host.protocol.errors import ServiceUnavailable
from fawkes_host.protocol.limits import MIB
from fawkes_host.service import lifecycle
from fawkes_host.service.cache import PhotoCache, engine_fingerprint
from fawkes_host.service.endpoint import Endpoint
from fawkes_host.service.log import open_log
from fawkes_host.service.server import Service
from fawkes_host.service.settings import Settings
from fawkes_host.system import folders, native_host

log = logging.getLogger(__name__)


def serve(
    settings: Settings,
    endpoint: Endpoint,
    log_to_stderr: bool = False,
    listening: Callable[[list[str]], None] | None = None,
) -> None:
    """Serves until stopped; raises AlreadyRunning, ServiceUnavailable, UnsafeFolder.

    ``listening`` is called with the addresses of the stand-alone mode once they are open.
    """
    with lifecycle.service_lock(endpoint):
        open_log(settings.log_level, log_to_stderr)
        _heal_manifests()
        service = Service(settings, endpoint, open_cache(settings))
        try:
            asyncio.run(_run(service, listening))
        except OSError as fault:
            raise ServiceUnavailable(detail=str(fault)[:200]) from fault


def _heal_manifests() -> None:
    """Browsers that were led to a program that has moved since find it again."""
    try:
        for path in native_host.registrar().heal(native_host.native_host()):
            log.info("the program has moved: %s leads to it again", path)
    except Exception as fault:
        # Whoever has started this service can do without.
        log.warning("manifests were not looked at: %s", fault)


async def _run(service: Service, listening: Callable[[list[str]], None] | None) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Loops take no handlers on Windows; there `asyncio.run` cancels this task at Ctrl+C.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, service.stop, True)
    await service.run(listening)


def open_cache(settings: Settings) -> PhotoCache | None:
    """The cache that the settings ask for; switched off, what it held is removed."""
    folder = folders.cache_folder() / "photos"
    limit_bytes = settings.cache_mib * MIB
    if not settings.cache:
        if folder.is_dir():
            PhotoCache(folder, limit_bytes, b"", "").clear()
        return None
    specs = (find_spec(package) for package in MAKERS)
    roots = [
        Path(place) for spec in specs if spec for place in spec.submodule_search_locations or []
    ]
    version = engine_fingerprint(fawkes_host.__version__, roots)
    return PhotoCache(folder, limit_bytes, installation.secret(), version)

"""One user: a home folder for both browsers, and the relay, service and engine that run in it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
from enum import Enum
from pathlib import Path
from typing import Any

from tests.browser.marks import LOG_SUFFIX
from tests.browser.registration import register, unregister
from tests.browser.tab import wait_until
from tests.support.processes import SITE
from tests.support.running import running

ROOT = Path(__file__).parents[2]
FOLDERS = ("host", "models", "install")

RELAY = "fawkes_host.relay.main"
SERVICE = "fawkes_host.service"
ENGINE = "fawkes_host.service.engine.worker"


class Host(Enum):
    """What a browser of this user starts."""

    MARKING = "marking"
    """The real relay and service, with an engine that marks pixels."""

    REAL = "real"
    """Real relay, service and engine."""

    STANDIN = "standin"
    """A small program that does wrong what none of the real ones does."""


class User:
    """``home`` and everything in it; nothing of the machine's own user is touched."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.behaviour = home / "behaviour.json"
        self.environment = {
            name: value
            for name, value in os.environ.items()
            # Folders follow from the home.
            if not name.startswith(("XDG_", "FAWKES_"))
        } | {
            "HOME": str(home),
            "PYTHONPATH": os.pathsep.join(
                [*(str(ROOT / name) for name in FOLDERS), str(ROOT), str(SITE)]
            ),
            "FAWKES_BEHAVIOUR": str(self.behaviour),
            "FAWKES_IDLE_MINUTES": "30",
            "FAWKES_DEVICE": "cpu",
            # The same photo is chosen again and again, and has to take its time each time.
            "FAWKES_CACHE": "false",
            **self._own(Host.MARKING),
        }
        relay = [sys.executable, "-m", RELAY]
        self._write(Host.MARKING, relay)
        self._write(Host.REAL, relay)
        self._write(Host.STANDIN, [sys.executable, "-m", "tests.browser.standin_host"])

    def _own(self, host: Host) -> dict[str, str]:
        """What each host has for itself: a service, and the engine behind it."""
        run = self.home / f"run-{host.value}"
        run.mkdir(mode=0o700, exist_ok=True)
        marking = "tests.browser.marking_engine:make" if host is Host.MARKING else ""
        return {"XDG_RUNTIME_DIR": str(run), "FAKE_ENGINE": marking}

    def _write(self, host: Host, command: list[str]) -> None:
        exports = [f"export {name}={shlex.quote(value)}" for name, value in self._own(host).items()]
        program = self.home / host.value
        program.write_text("\n".join(["#!/bin/sh", *exports, f"exec {shlex.join(command)}", ""]))
        program.chmod(0o755)

    def use(self, host: Host) -> None:
        register(self.home, self.home / host.value)

    def remove_host(self) -> None:
        unregister(self.home)

    def behave(self, mode: str = "mark", **wish: Any) -> None:
        """How the tests' engines treat the next photos."""
        scratch = self.behaviour.with_suffix(".new")
        scratch.write_text(json.dumps({"mode": mode, **wish}))
        scratch.replace(self.behaviour)

    def log(self) -> list[str]:
        """What those engines did."""
        log = self.behaviour.with_suffix(LOG_SUFFIX)
        return log.read_text().splitlines() if log.exists() else []

    def photos_begun(self) -> int:
        return sum(line.startswith("photo") for line in self.log())

    def forget_log(self) -> None:
        self.behaviour.with_suffix(LOG_SUFFIX).unlink(missing_ok=True)

    def processes(self, module: str) -> list[int]:
        """The running ones of this user."""
        return running(module, "FAWKES_BEHAVIOUR", str(self.behaviour))

    def kill(self, module: str) -> None:
        """As an impatient user or a system short of memory does."""
        victims = self.processes(module)
        assert victims, f"no {module} runs"
        for pid in victims:
            os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        for pid in self.processes(SERVICE):
            os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not self.processes(SERVICE) + self.processes(ENGINE), patience_s=20)

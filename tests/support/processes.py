"""Real processes of the service and the relay, each test's in folders of its own."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import queue
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from fawkes_host.protocol.chunks import Assembly, split
from fawkes_host.protocol.messages import (
    Chunk,
    Cloak,
    End,
    Error,
    HostHello,
    HostMessage,
    Progress,
    Result,
)
from fawkes_host.service.client import Link, ServiceClient
from fawkes_host.service.endpoint import UnixEndpoint, default
from tests.support.running import running

ROOT = Path(__file__).parents[2]

SITE = Path(__file__).with_name("site")
"""In PYTHONPATH, it lets FAKE_ENGINE name an engine."""
WAIT_S = 180.0


def until(true, timeout_s: float = WAIT_S):
    """Waits for something that is bound to happen."""
    give_up = time.monotonic() + timeout_s
    while not (found := true()):
        assert time.monotonic() < give_up, f"never happened: {true}"
        time.sleep(0.01)
    return found


class World:
    """One user's folders, and the processes started in them."""

    def __init__(self, folder: Path, monkeypatch) -> None:
        self.folder = folder
        self.monkeypatch = monkeypatch
        self.relays: list[Relay] = []
        self.services: list[subprocess.Popen] = []
        self.links: list[Talk] = []
        self._codecs: set[psutil.Process] = set()
        self.set(**{name: None for name in os.environ if name.startswith(("FAWKES_", "FAKE_"))})
        self.set(
            HOME=str(self._made("home")),  # In which a service looks after manifests.
            XDG_RUNTIME_DIR=str(self._made("run")),
            XDG_CONFIG_HOME=str(self._made("config")),
            XDG_CACHE_HOME=str(self._made("cache")),
            XDG_DATA_HOME=str(self._made("data")),
            XDG_STATE_HOME=str(self._made("state")),
            FAKE_ENGINE="tests.support.fake_engine:make",
            FAWKES_IDLE_MINUTES="5",
            PYTHONPATH=os.pathsep.join(
                [
                    *(str(ROOT / name) for name in ("host", "models", "install")),
                    str(ROOT),
                    str(SITE),
                ]
            ),
            PYTHONDEVMODE=None,
        )

    def _made(self, name: str) -> Path:
        made = self.folder / name
        made.mkdir(mode=0o700)
        return made

    def set(self, **variables: str | None) -> None:
        """Sets variables for this process and for those started from now on."""
        for name, value in variables.items():
            if value is None:
                self.monkeypatch.delenv(name, raising=False)
            else:
                self.monkeypatch.setenv(name, value)

    @property
    def endpoint(self) -> UnixEndpoint:
        found = default()
        assert isinstance(found, UnixEndpoint)
        return found

    def log(self) -> str:
        found = list((self.folder / "state").rglob("service.log*"))
        return "".join(path.read_text() for path in found)

    def serve(self) -> subprocess.Popen:
        """A service that listens."""
        process = subprocess.Popen([sys.executable, "-m", "fawkes_host.service"], cwd=self.folder)
        self.services.append(process)
        until(lambda: self.endpoint.alive() or process.poll() is not None)
        assert process.poll() is None, self.log()
        return process

    def link(self) -> Talk:
        link = Talk(self.endpoint.connect())
        self.links.append(link)
        return link

    def hello(self) -> HostHello:
        """What the service says to a client that hangs up again."""
        with self.link() as link:
            return link.hello

    def client(self) -> ServiceClient:
        return ServiceClient(self.link())

    def relay(self, *arguments: str, script: str | None = None) -> Relay:
        relay = Relay(arguments, self.folder, script)
        self.relays.append(relay)
        return relay

    def service_pids(self) -> list[int]:
        """Every process of a service of this world, engines not included."""
        return self._pids("fawkes_host.service")

    def engine_pids(self) -> list[int]:
        return self._pids("fawkes_host.service.engine.worker")

    def codec_pids(self) -> list[int]:
        """Every process that decodes for an engine of this world."""
        # Their environment says nothing; but each was an engine's child when it was first seen.
        for engine in self.engine_pids():
            with contextlib.suppress(psutil.NoSuchProcess):
                self._codecs.update(psutil.Process(engine).children())
        self._codecs = {one for one in self._codecs if one.is_running()}
        return [one.pid for one in self._codecs if one.status() != psutil.STATUS_ZOMBIE]

    def _pids(self, module: str) -> list[int]:
        return running(module, "XDG_RUNTIME_DIR", os.environ["XDG_RUNTIME_DIR"])

    def close(self) -> None:
        for link in self.links:
            link.close()
        for relay in self.relays:
            relay.close()
        self.codec_pids()
        for pid in self.service_pids():
            os.kill(pid, signal.SIGTERM)
        for process in self.services:
            process.wait(WAIT_S)
        until(lambda: not self.service_pids() and not self.engine_pids() and not self.codec_pids())


class Talk(Link):
    """A client of the service that keeps what it was not waiting for."""

    def __init__(self, connection) -> None:
        self.kept: list[HostMessage] = []
        super().__init__(connection)

    def send_photo(self, data: bytes, photo: str = "a", **fields: Any) -> None:
        self.send(order(data, photo, **fields))
        for index, piece in split(data):
            self.send(Chunk(id=photo, index=index, data=bytes(piece)))
        self.send(End(id=photo))

    def expect(self, kind: type, photo: str | None = None) -> Any:
        """The next message of this type, and about this photo."""

        def fits(message: HostMessage) -> bool:
            return isinstance(message, kind) and photo in (None, getattr(message, "id", None))

        for message in self.kept:
            if fits(message):
                self.kept.remove(message)
                return message
        while not fits(message := self.receive(WAIT_S)):
            self.kept.append(message)
        return message

    def expect_running(self, photo: str = "a") -> None:
        """Waits until the engine works on a photo."""
        while self.expect(Progress, photo).stage != "cloak":
            pass

    def error(self, photo: str | None = "a") -> Error:
        return self.expect(Error, photo)

    def expect_photo(self, photo: str = "a") -> tuple[Result | Error, bytes]:
        """The result of a photo and its bytes, or its error and nothing."""
        result = self.expect(Result | Error, photo)
        if isinstance(result, Error):
            return result, b""
        assembly = Assembly(result.size, result.sha256)
        while isinstance(message := self.expect(Chunk | End | Error, photo), Chunk):
            assembly.add(message.index, message.data)
        if isinstance(message, Error):  # Broken off.
            return message, b""
        return result, assembly.finish()


def order(data: bytes, photo: str = "a", **fields: Any) -> Cloak:
    return Cloak(id=photo, size=len(data), sha256=hashlib.sha256(data).hexdigest(), **fields)


class Relay:
    """A relay as a browser sees it."""

    def __init__(self, arguments, folder: Path, script: str | None) -> None:
        code = ["-c", script] if script else ["-m", "fawkes_host.relay.main"]
        self.started = time.perf_counter()
        with (folder / "relay.err").open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, *code, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=folder,
            )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._backlog: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        stream = self.process.stdout
        while head := stream.read(4):
            (size,) = struct.unpack("=I", head)
            assert size <= 1 << 20, "a browser would cut the port"
            self.messages.put(json.loads(stream.read(size)))
        self.messages.put(None)

    def send_bytes(self, data: bytes) -> None:
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, **message: Any) -> None:
        body = json.dumps(message).encode()
        self.send_bytes(struct.pack("=I", len(body)) + body)

    def send_photo(self, photo: str, data: bytes, **fields: Any) -> None:
        sha256 = hashlib.sha256(data).hexdigest()
        self.send(**{"type": "cloak", "id": photo, "size": len(data), "sha256": sha256, **fields})
        for index, piece in split(data):
            text = base64.b64encode(piece).decode()
            self.send(type="chunk", id=photo, index=index, data=text)
        self.send(type="end", id=photo)

    def receive(self, *types: str, **fields: Any) -> dict[str, Any]:
        """The next message of one of ``types`` with these fields; others are kept for later."""

        def fits(message: dict[str, Any]) -> bool:
            return message["type"] in types and all(message.get(k) == v for k, v in fields.items())

        for message in self._backlog:
            if fits(message):
                self._backlog.remove(message)
                return message
        while True:
            message = self.messages.get(timeout=WAIT_S)
            assert message is not None, f"the relay left before {types} {fields}"
            if fits(message):
                return message
            self._backlog.append(message)

    def receive_photo(self, photo: str) -> tuple[dict[str, Any], bytes]:
        """The result of a photo and its bytes, or its error and nothing."""
        first = self.receive("result", "error", id=photo)
        if first["type"] == "error":
            return first, b""
        assembly = Assembly(first["size"], first["sha256"])
        while (message := self.receive("chunk", "end", "error", id=photo))["type"] == "chunk":
            assembly.add(message["index"], base64.b64decode(message["data"]))
        if message["type"] == "error":  # Broken off.
            return message, b""
        return first, assembly.finish()

    def hello(self, **fields: Any) -> dict[str, Any]:
        self.send(type="hello", protocol=1, **fields)
        return self.receive("hello")

    def ready(self) -> Relay:
        """Greets, and waits until the engine is warm."""
        if self.hello()["engine"] != "ready":
            self.receive("engine", engine="ready")
        return self

    def close(self) -> int:
        if not self.process.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        status = self.process.wait(WAIT_S)
        self._reader.join(WAIT_S)
        self.process.stdout.close()
        return status


@pytest.fixture
def world(short_path, monkeypatch):
    """One user's folders, with an engine that needs no networks; all processes end with it."""
    made = World(short_path, monkeypatch)
    yield made
    made.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A world whose service runs and is warm, for tests that leave it that way."""
    with pytest.MonkeyPatch.context() as patch:
        made = World(tmp_path_factory.mktemp("served"), patch)
        made.serve()
        made.relay().ready()
        yield made
        assert len(made.service_pids()) == 1
        assert len(made.engine_pids()) == 1
        made.close()

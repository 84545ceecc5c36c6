"""A web server that serves pages and remembers every byte that is uploaded to it."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.browser.patience import NeverHappened

NODE_MODULES = Path(__file__).parents[2] / "node_modules"

TYPES = {".js": "text/javascript", ".css": "text/css"}


@dataclass(frozen=True)
class Upload:
    """One file that arrived, as part of a form or as a body of its own."""

    field: str
    filename: str
    content_type: str
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass
class Recorder:
    """What a test can ask afterwards."""

    uploads: list[Upload] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def clear(self) -> None:
        with self.arrived:
            self.uploads.clear()
            self.bodies.clear()

    def add(self, body: bytes, uploads: list[Upload]) -> None:
        with self.arrived:
            self.bodies.append(body)
            self.uploads.extend(uploads)
            self.arrived.notify_all()

    def wait_for(self, count: int, timeout_s: float = 15.0) -> list[Upload]:
        """The files that arrived, as soon as there are ``count`` of them."""
        with self.arrived:
            there = self.arrived.wait_for(lambda: len(self.uploads) >= count, timeout_s)
            if not there:
                raise NeverHappened(f"{len(self.uploads)} of {count} files arrived")
            return list(self.uploads)

    def wait_for_body(self, timeout_s: float = 15.0) -> bytes:
        with self.arrived:
            if not self.arrived.wait_for(lambda: bool(self.bodies), timeout_s):
                raise NeverHappened("nothing arrived")
            return self.bodies[-1]


class Server(ThreadingHTTPServer):
    """Serves a folder of pages on a free port of the loopback interface.

    What lies in ``node_modules`` is at ``/npm/``.  In the pages HOME stands for the server's origin, and OTHER for a second one.
    """

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.pages: dict[str, tuple[str, dict[str, str]]] = {}
        self.recorder = Recorder()
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    def page(self, path: str, html: str, **headers: str) -> str:
        """Serves a page of the test's own from now on; returns its address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = ("<!doctype html><meta charset=utf-8>" + html, named)
        return self.url(path)

    def content(self, path: str) -> tuple[str, dict[str, str]]:
        if path in self.pages:
            return self.pages[path]
        if path.startswith("/npm/"):
            package = NODE_MODULES / path.removeprefix("/npm/")
            return package.read_text(encoding="utf-8"), {"Content-Type": TYPES[package.suffix]}
        name = Path(path).name
        file = self.folder / (name if "." in name else f"{name}.html")
        if not file.is_file():
            return "", {}
        text = file.read_text(encoding="utf-8")
        if file.suffix in TYPES:
            return text, {"Content-Type": TYPES[file.suffix]}
        text = text.replace("HOME", self.url("")).replace("OTHER", self.url("", host="localhost"))
        return "<!doctype html><meta charset=utf-8>" + text, {}

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_port}{path}"

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self.thread.join()


class Handler(BaseHTTPRequestHandler):
    """Pages by GET, uploads by POST."""

    server: Server

    def do_GET(self) -> None:
        text, headers = self.server.content(urlsplit(self.path).path)
        body = text.encode()
        self.send_response(200 if body else 404)
        if "Content-Type" not in headers:
            self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        # A file of its own says its name in the path: `/upload/NAME`.
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        content_type = self.headers.get("Content-Type", "")
        if content_type.startswith("multipart/form-data"):
            uploads = files_of(content_type, body)
        elif body and self.path.startswith("/upload"):
            uploads = [Upload("", Path(self.path).name, content_type, body)]
        else:
            uploads = []
        self.server.recorder.add(body, uploads)
        answer = b"<!doctype html><title>received</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_PUT = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Stays silent."""


def files_of(content_type: str, body: bytes) -> list[Upload]:
    """The parts of a form that are files; an input without a file sends an empty one."""
    whole = f"Content-Type: {content_type}\r\n\r\n".encode() + body
    message = BytesParser(policy=HTTP).parsebytes(whole)
    found = []
    for part in message.iter_parts():
        filename = part.get_filename()
        if filename:
            data = part.get_payload(decode=True)
            name = part.get_param("name", header="content-disposition")
            found.append(Upload(str(name), filename, part.get_content_type(), bytes(data)))
    return found

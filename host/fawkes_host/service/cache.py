"""Cloaked photos on disk, so that the same photo is ready at once; never originals."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import logging
import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from fawkes_host.protocol.messages import Receipt
from fawkes_host.system import files, folders

log = logging.getLogger(__name__)

_MAGIC: Final = b"fawkes-cache-1\n"


class Entry(Struct, frozen=True):
    """A cloaked photo as it was answered."""

    data: bytes
    sha256: str
    receipt: Receipt


class PhotoCache:
    """At most ``limit_bytes`` in ``folder``; what was used least recently goes first.

    An entry's name is an HMAC under a secret of this installation, so that a copy of the
    folder does not tell which photos were cloaked.  Safe to use from several threads.
    """

    def __init__(self, folder: Path, limit_bytes: int, secret: bytes, engine_version: str) -> None:
        self._folder = folders.make_private(folder)
        self._limit_bytes = limit_bytes
        self._secret = secret
        self._engine_version = engine_version
        self._lock = threading.Lock()
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._bytes = 0
        self.hits = 0
        self._scan()

    @property
    def photos(self) -> int:
        return len(self._sizes)

    @property
    def bytes(self) -> int:
        return self._bytes

    def name(self, order: str) -> str:
        """The name of the entry for an order, given as the engine's ``fingerprint`` of it."""
        what = f"{order}\0{self._engine_version}"
        return hmac.new(self._secret, what.encode(), hashlib.sha256).hexdigest()

    def get(self, name: str) -> Entry | None:
        """The entry, or None where there is none or it is damaged."""
        with self._lock:
            if name not in self._sizes:
                return None
            path = self._folder / name
            try:
                content = path.read_bytes()
                if not content.startswith(_MAGIC):
                    raise ValueError("not an entry")
                entry = msgspec.msgpack.decode(memoryview(content)[len(_MAGIC) :], type=Entry)
                if hashlib.sha256(entry.data).hexdigest() != entry.sha256:
                    raise ValueError("SHA-256 differs")
                os.utime(path)
            except (OSError, ValueError, msgspec.MsgspecError) as fault:
                log.warning("dropped a cache entry: %s", fault)
                self._drop(name)
                return None
            self._sizes.move_to_end(name)
            self.hits += 1
            return entry

    def put(self, name: str, entry: Entry) -> None:
        """Keeps ``entry``; a full disk or a lost folder costs the entry and nothing else."""
        content = _MAGIC + msgspec.msgpack.encode(entry)
        if len(content) > self._limit_bytes:
            return
        with self._lock:
            self._drop(name)
            while self._sizes and self._bytes + len(content) > self._limit_bytes:
                self._drop(next(iter(self._sizes)))
            try:
                files.write_private(self._folder / name, content)
            except OSError as fault:
                log.warning("could not keep a cloaked photo: %s", fault.strerror)
                return
            self._sizes[name] = len(content)
            self._bytes += len(content)

    def clear(self) -> None:
        """Removes every entry."""
        with self._lock:
            for name in list(self._sizes):
                self._drop(name)

    def _drop(self, name: str) -> None:
        size = self._sizes.pop(name, None)
        if size is not None:
            self._bytes -= size
            with contextlib.suppress(OSError):
                (self._folder / name).unlink(missing_ok=True)

    def _scan(self) -> None:
        found = []
        for item in os.scandir(self._folder):
            if item.name.startswith("."):  # The draft of a service that was killed.
                with contextlib.suppress(OSError):
                    Path(item.path).unlink()
                continue
            about = item.stat(follow_symlinks=False)
            found.append((about.st_mtime_ns, item.name, about.st_size))
        for _, name, size in sorted(found):
            self._sizes[name] = size
            self._bytes += size
        while self._sizes and self._bytes > self._limit_bytes:
            self._drop(next(iter(self._sizes)))


def engine_fingerprint(version: str, roots: list[Path]) -> str:
    """Changes whenever a file of the engine or of its networks does.

    Sizes and times of the files are enough: they are installed, not edited in secret.
    """
    digest = hashlib.sha256(version.encode())
    for root in roots:
        for path in sorted(root.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                about = path.stat()
                line = f"{path.relative_to(root)}\0{about.st_size}\0{about.st_mtime_ns}\n"
                digest.update(os.fsencode(line))
    return digest.hexdigest()

"""Photos in pieces: cutting, checking and putting together, and the binary frame of a piece."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Final

from fawkes_host.protocol import limits
from fawkes_host.protocol.errors import BadMessage, TransferDamaged
from fawkes_host.protocol.messages import Chunk

_CHUNK: Final = 1
_ID = re.compile(rb"[A-Za-z0-9_-]{1,64}")


def to_binary(photo: str, index: int, data: bytes | memoryview) -> bytes:
    """The WebSocket frame of a chunk: 1, length of the id, id, index (big-endian), data."""
    name = photo.encode("ascii")
    return b"".join((bytes((_CHUNK, len(name))), name, index.to_bytes(4, "big"), data))


def from_binary(frame: bytes) -> Chunk:
    """The chunk in a WebSocket frame; raises BadMessage."""
    if len(frame) < 2 or frame[0] != _CHUNK:
        raise BadMessage(detail="a binary frame is not a chunk")
    start = 2 + frame[1]
    name = frame[2:start]
    if not _ID.fullmatch(name):
        raise BadMessage(detail="a chunk has no id")
    size = len(frame) - start - 4
    if not 0 < size <= limits.CHUNK_BYTES:
        raise BadMessage(detail=f"a chunk has {size} bytes")
    index = int.from_bytes(frame[start : start + 4], "big")
    return Chunk(id=name.decode("ascii"), index=index, data=frame[start + 4 :])


def split(data: bytes) -> Iterator[tuple[int, memoryview]]:
    """The chunks of ``data`` with their indices, without copying."""
    view = memoryview(data)
    for index, start in enumerate(range(0, len(view), limits.CHUNK_BYTES)):
        yield index, view[start : start + limits.CHUNK_BYTES]


class Assembly:
    """A photo that is arriving, hashed as it comes; never more than ``size`` bytes."""

    def __init__(self, size: int, sha256: str) -> None:
        self._data = bytearray()
        self._chunks = 0
        self._size = size
        self._sha256 = sha256
        self._hash = hashlib.sha256()

    def add(self, index: int, data: bytes) -> None:
        """Takes the next chunk; raises TransferDamaged."""
        if index != self._chunks:
            raise TransferDamaged(detail=f"chunk {index} instead of {self._chunks}")
        if len(self._data) + len(data) > self._size:
            raise TransferDamaged(detail="more bytes than announced")
        self._chunks += 1
        self._data += data
        self._hash.update(data)

    def finish(self) -> bytearray:
        """The whole photo; raises TransferDamaged if it is not what was announced."""
        if len(self._data) != self._size:
            raise TransferDamaged(detail=f"{len(self._data)} of {self._size} bytes")
        if self._hash.hexdigest() != self._sha256:
            raise TransferDamaged(detail="SHA-256 differs")
        return self._data

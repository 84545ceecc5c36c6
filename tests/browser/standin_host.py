"""A small native host that marks pixels instead of cloaking, and fails on demand.

It speaks ``host/PROTOCOL.md`` and is used to provoke what the real host does not do when asked:
crashes, silence, wrong bytes, another protocol.  ``marks.py`` has how it is told to behave.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
import sys
import threading
import time
from typing import Any

from tests.browser.marks import behaviour, marked, note, receipt

CHUNK_BYTES = 512 * 1024
WRITING = threading.Lock()


def send(message: dict[str, Any]) -> None:
    frame = json.dumps(message).encode()
    with WRITING:
        sys.stdout.buffer.write(struct.pack("=I", len(frame)) + frame)
        sys.stdout.buffer.flush()


def receive() -> dict[str, Any] | None:
    head = sys.stdin.buffer.read(4)
    if len(head) < 4:
        return None
    (length,) = struct.unpack("=I", head)
    return dict(json.loads(sys.stdin.buffer.read(length)))


class Photo:
    """One photo in flight."""

    def __init__(self, message: dict[str, Any]) -> None:
        self.message = message
        self.data = bytearray()
        self.cancelled = threading.Event()

    def answer(self) -> None:
        wish = behaviour()
        photo = self.message["id"]
        note("photo")
        send({"type": "progress", "id": photo, "stage": "detect", "fraction": 0.1, "faces": 0})
        end = time.monotonic() + float(wish.get("delay_s", 0))
        while time.monotonic() < end:
            fraction = 0.9 - 0.7 * (end - time.monotonic()) / float(wish["delay_s"])
            send(
                {
                    "type": "progress",
                    "id": photo,
                    "stage": "cloak",
                    "fraction": fraction,
                    "faces": 1,
                }
            )
            if self.cancelled.wait(0.1):
                note("cancelled")
                send({"type": "error", "id": photo, "code": "cancelled", "parameters": {}})
                return
        mode = wish.get("mode", "mark")
        if mode == "crash":
            os._exit(9)
        if mode == "silent":
            return
        if mode == "error":
            parameters = wish.get("parameters", {})
            send({"type": "error", "id": photo, "code": wish["code"], "parameters": parameters})
            return
        data = bytes(self.data) if mode == "no_face" else marked(bytes(self.data))
        digest = hashlib.sha256(data).hexdigest()
        send(
            {
                "type": "result",
                "id": photo,
                "status": "no_face" if mode == "no_face" else "cloaked",
                "size": len(data),
                "sha256": digest if mode != "damage" else "0" * 64,
                "receipt": receipt(
                    self.message["level"], self.message["policy"], int(mode != "no_face")
                ),
            }
        )
        for index, start in enumerate(range(0, len(data), CHUNK_BYTES)):
            piece = base64.b64encode(data[start : start + CHUNK_BYTES]).decode()
            send({"type": "chunk", "id": photo, "index": index, "data": piece})
        send({"type": "end", "id": photo})


def main() -> None:
    note("started")
    photos: dict[str, Photo] = {}
    while (message := receive()) is not None:
        kind = message["type"]
        if kind == "hello":
            note(f"hello wake={message.get('wake', True)}")
            wish = behaviour()
            if wish.get("mode") == "mute":
                continue
            send(
                {
                    "type": "hello",
                    "protocol": wish.get("protocol", 1),
                    "version": "0.0-standin",
                    "engine": wish.get("engine", "ready"),
                    "devices": ["CPU"],
                    "problem": None,
                    "levels": ["low", "mid", "high"],
                    "policies": ["strip-location", "keep", "strip"],
                    "limits": {"photo_bytes": 100 << 20, "window_chunks": 4},
                }
            )
        elif kind == "cloak":
            note(f"cloak {message['level']} {message['policy']} {message['size']}")
            photos[message["id"]] = Photo(message)
        elif kind == "chunk":
            photo = photos[message["id"]]
            photo.data += base64.b64decode(message["data"])
            send({"type": "ack", "id": message["id"], "index": message["index"]})
        elif kind == "end":
            photo = photos[message["id"]]
            assert len(photo.data) == photo.message["size"]
            assert hashlib.sha256(photo.data).hexdigest() == photo.message["sha256"]
            threading.Thread(target=photo.answer, daemon=True).start()
        elif kind == "cancel" and message["id"] in photos:
            photos[message["id"]].cancelled.set()
    note("left")
    os._exit(0)


if __name__ == "__main__":
    main()

"""A small native host that marks pixels instead of cloaking, and fails on demand.

It speaks ``host/PROTOCOL.md`` and is used to provoke what the real host does not do when asked:
slow answers, crashes, silence, wrong bytes.  The file named by ``FAWKES_STANDIN`` says how to
behave, and is read again for every photo.
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
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

MARK = (255, 0, 255)
MARK_SIZE = 48
CHUNK_BYTES = 512 * 1024

STATE = Path(os.environ.get("FAWKES_STANDIN", "standin.json"))
LOG = STATE.with_suffix(".log")
WRITING = threading.Lock()


def behaviour() -> dict[str, Any]:
    """``mode``: mark, no_face, error, crash, silent, damage; ``delay_s``, ``code``."""
    try:
        return dict(json.loads(STATE.read_text()))
    except (OSError, ValueError):
        return {}


def note(event: str) -> None:
    with LOG.open("a") as log:
        log.write(event + "\n")


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


def marked(data: bytes) -> bytes:
    """The same photo with a square of one colour in its corner."""
    with Image.open(BytesIO(data)) as photo:
        picture = photo.convert("RGB")
        picture.paste(MARK, (0, 0, MARK_SIZE, MARK_SIZE))
        out = BytesIO()
        picture.save(out, format=photo.format, quality=92)
    return out.getvalue()


def is_marked(data: bytes) -> bool:
    with Image.open(BytesIO(data)) as photo:
        red, green, blue = photo.convert("RGB").getpixel((MARK_SIZE // 2, MARK_SIZE // 2))
    return red > 200 and green < 60 and blue > 200


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
                "receipt": receipt(self.message) if mode != "no_face" else receipt(self.message, 0),
            }
        )
        for index, start in enumerate(range(0, len(data), CHUNK_BYTES)):
            piece = base64.b64encode(data[start : start + CHUNK_BYTES]).decode()
            send({"type": "chunk", "id": photo, "index": index, "data": piece})
        send({"type": "end", "id": photo})


def receipt(message: dict[str, Any], faces: int = 1) -> dict[str, Any]:
    face = {
        "box": [180, 70, 110, 140],
        "ssimulacra2": 88.4,
        "dssim": 0.0067,
        "psnr": 38.1,
        "linf": 11.0,
        "seconds": 1.3,
        "similarity": {"dlib_resnet": 0.21, "mobilefacenet": 0.12, "faceres": 0.17},
    }
    return {
        "level": message.get("level", "mid"),
        "policy": message.get("policy", "strip-location"),
        "seconds": 1.4,
        "engine": "stand-in",
        "faces": [face] * faces,
    }


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

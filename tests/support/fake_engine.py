"""An engine without networks, for tests of what happens around it.

A photo is text: words of the form ``name=value`` before a blank, then anything.
``steps=10`` and ``step_s=0.05`` make it take its time; ``fate=...`` provokes a fault, ``look=...``
one while it is looked at.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from typing import Any

from fawkes_host.protocol.errors import Cancelled, DamagedImage


def cloaked(
    data: bytes, level: str = "mid", policy: str = "strip-location", accept: tuple[str, ...] = ()
) -> bytes:
    """What this engine makes of ``data``: longer, and telling by whose order."""
    return " ".join(("cloaked", level, policy, *accept, "")).encode() + data[::-1]


@dataclass
class FakeOutcome:
    data: bytes
    status: str
    receipt: dict[str, Any]


class FakeEngine:
    def __init__(self, device: str) -> None:
        self.device = device
        self.enrolled = 0

    def warm_up(self) -> None:
        time.sleep(float(os.environ.get("FAKE_WARM_UP_S", "0")))
        if os.environ.get("FAKE_WARM_UP_FATE") == "die":
            os._exit(7)
        if os.environ.get("FAKE_WARM_UP_FATE") == "weights":
            from fawkes_host.protocol.errors import WeightsMissing

            raise WeightsMissing(network="dlib_resnet")
        print("a library that prints to stdout")

    def devices(self) -> tuple[str, ...]:
        return ("Fake",)

    def enrol(self, data) -> None:
        self.enrolled += 1
        if data.startswith(b"look=die"):
            os.kill(os.getpid(), signal.SIGKILL)
        if data.startswith(b"look=damaged"):
            raise DamagedImage(detail="cut off")

    def cloak(self, data, level, policy, accept, progress, cancelled, remember) -> FakeOutcome:
        words = data[:200].split(b" ", 1)[0].decode("latin-1")
        orders = dict(word.split("=", 1) for word in words.split(",") if "=" in word)
        steps = int(orders.get("steps", 1))
        for step in range(steps):
            progress("cloak", step / steps, 1)
            time.sleep(float(orders.get("step_s", 0)))
            if cancelled() and orders.get("fate") != "deaf":
                raise Cancelled
        match orders.get("fate"):
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "damaged":
                raise DamagedImage(detail="cut off")
            case "bug":
                raise RuntimeError("secret text of the photo")
            case "memory":
                raise MemoryError
        status = "no_face" if orders.get("fate") == "no_face" else "cloaked"
        faces = (
            []
            if status == "no_face"
            else [{"box": [1, 2, 3, 4], "similarity": {"a": 0.5}, "other_photos": self.enrolled}]
        )
        receipt = {
            "level": level,
            "policy": policy,
            "seconds": 0.01,
            "engine": "fake" if remember else "fake, without memory",
            "faces": faces,
            "notices": ["layers_removed"] if faces else [],
        }
        made = data if status == "no_face" else cloaked(data, level, policy, accept)
        return FakeOutcome(made, status, receipt)


def make(device: str) -> FakeEngine:
    return FakeEngine(device)

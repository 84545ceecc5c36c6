"""An engine for the real service that marks pixels instead of cloaking, at the pace it is told."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from marks import behaviour, marked, note, receipt

from fawkes_host.protocol.errors import BY_CODE, Cancelled


@dataclass
class Outcome:
    data: bytes
    status: str
    receipt: dict[str, Any]


class MarkingEngine:
    def warm_up(self) -> None:
        note("warm")

    def devices(self) -> tuple[str, ...]:
        return ("CPU",)

    def cloak(self, data, level, policy, progress, cancelled) -> Outcome:
        wish = behaviour()
        mode = wish.get("mode", "mark")
        delay_s = float(wish.get("delay_s", 0))
        progress("detect", 0.1, 0)
        note(f"photo {level} {policy} {len(data)}")
        end = time.monotonic() + delay_s
        while (left_s := end - time.monotonic()) > 0:
            progress("cloak", 0.9 - 0.7 * left_s / delay_s, 1)
            if cancelled():
                note("cancelled")
                raise Cancelled
            time.sleep(0.03)
        if mode == "error":
            raise BY_CODE[wish["code"]](**wish.get("parameters", {}))
        if mode == "no_face":
            return Outcome(data, "no_face", receipt(level, policy, 0))
        begun = time.monotonic()
        photo = marked(data)
        note(f"marked in {time.monotonic() - begun:.4f}")
        told = receipt(level, policy, wish.get("faces", 1), wish.get("notices"))
        return Outcome(photo, "cloaked", told)


def make(device: str) -> MarkingEngine:
    return MarkingEngine()

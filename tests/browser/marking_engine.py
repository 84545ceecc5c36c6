"""An engine for the real service that marks pixels instead of cloaking, at the pace it is told."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from fawkes_host.protocol.errors import BY_CODE, AnimatedImage, Cancelled, NotAnImage
from tests.browser.marks import MARK, MARK_SIZE, behaviour, marked, note, receipt


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

    def enrol(self, data) -> None:
        note("look")

    def cloak(self, data, level, policy, accept, progress, cancelled, remember) -> Outcome:
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
        notices = wish.get("notices") or []
        if is_animated(data):
            return Outcome(data, "no_face", receipt(level, policy, 0, ["animation_untouched"]))
        if data[4:8] == b"ftyp" or data[:4] in (b"RIFF", b"GIF8"):
            photo, notices = marked_by_real_codecs(data, policy, accept)
        else:
            photo = marked(data)
        note(f"marked in {time.monotonic() - begun:.4f}")
        return Outcome(photo, "cloaked", receipt(level, policy, wish.get("faces", 1), notices))


def is_animated(data: bytes) -> bool:
    """By the real codecs, which count the frames."""
    from fawkes_host.photo.decode import decode

    if data[:3] == b"\xff\xd8\xff":
        return False
    try:
        decode(data)
    except AnimatedImage:
        return True
    except NotAnImage:
        return False
    return False


def marked_by_real_codecs(data: bytes, policy: str, accept: tuple[str, ...]) -> Any:
    """Formats that Pillow alone does not write, or not whole, in the format the page wants."""
    from fawkes_host.photo.containers import sniff
    from fawkes_host.photo.convert import to_jpeg
    from fawkes_host.photo.decode import decode
    from fawkes_host.photo.encode import Encoded, encode_with_notices
    from fawkes_host.photo.media_types import replaced_by_jpeg
    from fawkes_host.photo.metadata import Policy

    source = Encoded(data)
    if sniff.identify(data) in replaced_by_jpeg(accept):
        source = to_jpeg(decode(data), Policy(policy))
    photo = decode(source.data)
    pixels = photo.pixels.copy()
    pixels[:MARK_SIZE, :MARK_SIZE] = MARK
    encoded = encode_with_notices(photo, pixels, Policy(policy))
    return encoded.data, [*source.notices, *encoded.notices]


def make(device: str) -> MarkingEngine:
    return MarkingEngine()

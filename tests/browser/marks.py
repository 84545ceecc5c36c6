"""A mark in the corner instead of a cloak: made by the tests' engines, and looked for in what
arrives.

The file named by ``FAWKES_BEHAVIOUR`` says how those engines behave, and is read again for every
photo; what they did lies beside it.
"""

from __future__ import annotations

import json
import os
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

MARK = (255, 0, 255)
MARK_SIZE = 48

BEHAVIOUR = Path(os.environ.get("FAWKES_BEHAVIOUR", "behaviour.json"))
LOG_SUFFIX = ".log"


def behaviour() -> dict[str, Any]:
    """``mode`` (mark, no_face, error with ``code`` and ``parameters``, …) and ``delay_s``."""
    try:
        return dict(json.loads(BEHAVIOUR.read_text()))
    except (OSError, ValueError):
        return {}


def note(event: str) -> None:
    with BEHAVIOUR.with_suffix(LOG_SUFFIX).open("a") as log:
        log.write(event + "\n")


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


def receipt(level: str, policy: str, faces: int = 1, notices: list[str] | None = None) -> Any:
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
        "level": level,
        "policy": policy,
        "seconds": 1.4,
        "engine": "marks",
        "faces": [face] * faces,
        "notices": notices or [],
    }

"""The encoders that are programs of their own, where they are installed."""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

import pytest

CANDIDATES = {
    # Debian has had each of the first three; the last may be another program of that name.
    "convert": ("magick", "convert-im7.q16", "convert-im6.q16", "convert"),
    "exiftool": ("exiftool",),
    "cjpeg": ("cjpeg",),
    "cwebp": ("cwebp",),
}
PACKAGES = {
    "convert": "imagemagick",
    "exiftool": "libimage-exiftool-perl",
    "cjpeg": "libjpeg-turbo-progs",
    "cwebp": "webp",
}


@lru_cache
def find(program: str) -> str | None:
    """Return the path of a program, or None."""
    return next((path for name in CANDIDATES[program] if (path := shutil.which(name))), None)


def run(program: str, *arguments: str | Path, stdin: bytes = b"") -> bytes:
    """Run a program, and return what it prints; skip the test where there is none."""
    path = find(program)
    if path is None:
        pytest.skip(f"{program} is not installed (Debian's package {PACKAGES[program]})")
    command = [path, *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, (command, done.stderr.decode("utf-8", "replace"))
    return done.stdout

"""Sends mixed photos through the real service, and looks for what piles up.

    python -m tests.photo.corpus.soak --photos 2000

Every photo of the corpus, photos without a face, animations, and files that are damaged, huge or
no photos at all, in random order.  Ends with status 1 where an answer was wrong, a file was left
behind, or memory grew.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import skimage.data
from PIL import Image

from fawkes_host.protocol.errors import FawkesError
from fawkes_host.service import endpoint
from fawkes_host.service.client import Link, ServiceClient
from fawkes_host.system.memory import resident_bytes
from tests.photo.corpus.specimens import animations, specimens
from tests.photo.saving import save

ROOT = Path(__file__).resolve().parents[3]
LARGEST_GROWTH = 1.1
"""Of the memory held, from the end of the first fifth to the end of the run."""

LOOK_EVERY = 10
"""Photos between two looks at the memory."""


def kinds() -> dict[str, tuple[bytes, str]]:
    """Return every file with the status or error code that is right for it."""
    files = {specimen.name: (specimen.data(), "cloaked") for specimen in specimens()}
    for name, data in animations().items():
        files[name] = (data, "no_face")
    for name in ("page", "brick", "coffee", "moon", "text"):
        picture = Image.fromarray(getattr(skimage.data, name)())
        files[f"{name}.jpg"] = (save(picture, "JPEG", quality=88), "no_face")
    whole = files["2x2.jpg"][0]
    header = whole.index(b"\xff\xc0") + 5
    files["half.jpg"] = (whole[: len(whole) // 2], "damaged_image")
    files["huge.jpg"] = (
        whole[:header] + b"\xff\xff\xff\xff" + whole[header + 4 :],
        "too_many_pixels",
    )
    files["letter.txt"] = (b"Dear photo,\n" * 99, "not_an_image")
    files["drawing.svg"] = (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_an_image")
    files["paper.pdf"] = (b"%PDF-1.7\n" + bytes(999), "not_an_image")
    noise = np.random.default_rng(3).integers(0, 256, 20_000, np.uint8).tobytes()
    files["noise.png"] = (b"\x89PNG\r\n\x1a\n" + noise, "damaged_image")
    return files


def resident_mib(root: int) -> dict[str, int]:
    """Return the memory of the service, its engine and its codecs in MiB."""
    sizes: dict[str, int] = {}
    service = psutil.Process(root)
    for process in (service, *service.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            line = process.cmdline()
            for name in ("fawkes_host.service", "engine.worker", "sandbox.worker"):
                if any(part.endswith(name) for part in line):
                    sizes[name] = resident_bytes(process.pid) >> 20
    return sizes


def files_in(folder: Path) -> set[str]:
    """Return the files that a run should not add to, beside log, state, lock and secret."""
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {name for name in names if not name.endswith((".log", ".json", ".lock", "secret"))}


def soak(photos: int, minutes: float, seed: int, level: str) -> Iterator[str]:
    """Run, and give a line for everything that is wrong."""
    chosen = random.Random(seed)
    files = kinds()
    with tempfile.TemporaryDirectory(prefix="fawkes-soak-") as name:
        folder = Path(name)
        for kind in ("runtime", "config", "cache", "data", "state"):
            (folder / kind).mkdir(mode=0o700)
            suffix = "DIR" if kind == "runtime" else "HOME"
            os.environ[f"XDG_{kind.upper()}_{suffix}"] = str(folder / kind)
        (folder / "tmp").mkdir()
        os.environ |= {
            "TMPDIR": str(folder / "tmp"),
            "FAWKES_CACHE": "false",
            "FAWKES_DEVICE": "cpu",
            "PYTHONPATH": os.pathsep.join(
                str(ROOT / part) for part in ("host", "models", "install")
            ),
        }
        service = subprocess.Popen([sys.executable, "-m", "fawkes_host.service"])
        try:
            yield from _send(service, files, photos, minutes, chosen, level, folder)
        finally:
            service.terminate()
            service.wait(60)
        left = files_in(folder)
        if left:
            yield f"left behind: {sorted(left)}"


def _send(
    service: subprocess.Popen[bytes],
    files: dict[str, tuple[bytes, str]],
    photos: int,
    minutes: float,
    chosen: random.Random,
    level: str,
    folder: Path,
) -> Iterator[str]:
    while not endpoint.default().alive():
        assert service.poll() is None, "the service does not start"
        time.sleep(0.1)
    client = ServiceClient(Link(endpoint.default().connect()))
    held: list[dict[str, int]] = []
    counts: Counter[str] = Counter()
    started = time.monotonic()
    order: list[str] = []
    for number in range(photos):
        if time.monotonic() - started > minutes * 60:
            break
        if not order:
            order = sorted(files)
            chosen.shuffle(order)
        name = order.pop()
        data, expected = files[name]
        policy = chosen.choice(("strip-location", "keep", "strip"))
        # HEIC and AVIF become JPEG for the latter.
        accept = chosen.choice(((), ("image/jpeg", "image/png")))
        try:
            status = client.cloak(data, level, policy, accept=accept).status  # type: ignore[arg-type]
        except FawkesError as error:
            status = error.code
        counts[status] += 1
        if status != expected:
            yield f"{name}: {status} instead of {expected}"
        if number % LOOK_EVERY == LOOK_EVERY - 1:
            held.append(resident_mib(service.pid))
            print(
                f"{number + 1} photos, {time.monotonic() - started:.0f} s, {held[-1]}", flush=True
            )
    print(dict(counts))
    in_tmp = files_in(folder / "tmp")
    if in_tmp:
        yield f"temporary files while idle: {sorted(in_tmp)}"
    early, late = held[len(held) // 5], held[-1]
    for name, before in early.items():
        if late.get(name, 0) > before * LARGEST_GROWTH + 20:
            yield f"{name} grew from {before} to {late[name]} MiB"


def main() -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--level", choices=("low", "mid", "high"), default="low")
    arguments = parser.parse_args()
    wrong = 0
    for fault in soak(arguments.photos, arguments.minutes, arguments.seed, arguments.level):
        print(f"WRONG: {fault}", flush=True)
        wrong += 1
    print("all right" if not wrong else f"{wrong} faults")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())

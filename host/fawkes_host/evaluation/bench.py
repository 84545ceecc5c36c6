"""How fast the engine is and how much memory it takes, on this machine.

What depends on a fresh process (imports, the first photo, peak memory) is measured in processes of
its own; the rest warm, in this one.  Fawkes 1.0's optimiser runs in the same process on the same
surrogates, so the ratio to it means something on any machine.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fawkes_host.evaluation.portrait import draw_group, draw_portrait

REPEATS = 8
GROUP = 4
DETECTION_SIZES = {"1 Mpx": (1152, 864), "3 Mpx": (2000, 1500), "12 Mpx": (4000, 3000)}
PORTRAIT_PX = 640
"""Its face crop is about 320 px wide: a face that fills a third of a screen photo."""

_FRESH = """
import io, json, resource, sys, time
started = time.perf_counter()
import fawkes_host.tensors.runtime as runtime
runtime.start(runtime.Device({device!r}))
imported = time.perf_counter()
from fawkes_host.engine.pipeline import Engine
from fawkes_host.engine.levels import MID
from fawkes_host.evaluation.portrait import draw_group
from PIL import Image
engine = Engine.load(runtime.Device({device!r}))
loaded = time.perf_counter()
file = io.BytesIO()
Image.fromarray(draw_group({width}, {height}, {faces})).save(file, "JPEG", quality=92)
drawn = time.perf_counter()
result = engine.cloak(file.getvalue(), MID)
done = time.perf_counter()
unit = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
print(json.dumps({{
    "import_s": imported - started,
    "load_s": loaded - imported,
    "cloak_s": done - drawn,
    "total_s": done - started - (drawn - loaded),
    "faces": len(result.receipt.faces),
    "peak_bytes": peak,
}}))
"""


def run_bench(device: str, tell: Callable[[str], None]) -> dict[str, Any]:
    """Measure everything; ``tell`` hears what comes next.  Seconds and bytes throughout."""
    report: dict[str, Any] = {"schema": 1, "machine": _machine()}
    tell("First photo in a fresh process")
    report["first_photo"] = _fresh(device, PORTRAIT_PX, PORTRAIT_PX, 1)
    tell(f"12 megapixels with {GROUP} faces in a fresh process")
    report["large_photo"] = _fresh(device, 4000, 3000, GROUP)

    from fawkes_host.engine.pipeline import Engine
    from fawkes_host.tensors import runtime

    engine = Engine.load(runtime.Device(device))
    report["device"] = engine.device
    tell("Warming up")
    engine.warm_up()
    report["detection_s"] = _detection(tell)
    report["levels"] = _levels(engine, tell)
    tell("The optimiser of Fawkes 1.0 on the same surrogates")
    report["fawkes_1_0"] = _fawkes(engine, report["levels"])
    return report


def _machine() -> dict[str, Any]:
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
    }


def _fresh(device: str, width: int, height: int, faces: int) -> dict[str, Any]:
    code = _FRESH.format(device=device, width=width, height=height, faces=faces)
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    return {key: round(value, 3) for key, value in measured.items()}


def _detection(tell: Callable[[str], None]) -> dict[str, float]:
    from fawkes_host.engine.detect import detect

    seconds = {}
    for name, (width, height) in DETECTION_SIZES.items():
        tell(f"Detection at {name}")
        photo = draw_group(width, height, 2)
        detect(photo)
        seconds[name] = round(float(np.median(_times(partial(detect, photo), 3))), 3)
    return seconds


def _levels(engine: Any, tell: Callable[[str], None]) -> dict[str, Any]:
    """Time a face from pixels to a merged cloak within its budget: batches of 1 and of 4."""
    from fawkes_host.engine.levels import LEVELS

    measured: dict[str, Any] = {}
    single = draw_portrait(PORTRAIT_PX)
    group = draw_group(PORTRAIT_PX * GROUP, PORTRAIT_PX, GROUP)
    for level in LEVELS.values():
        measured[level.name] = {}
        for name, photo, faces in (("batch_1", single, 1), ("batch_4", group, GROUP)):
            tell(f"Level {level.name}, {faces} face{'s' if faces > 1 else ''} at a time")
            engine.cloak_pixels(photo, level)
            times: NDArray[np.float64] = np.array(
                _times(partial(engine.cloak_pixels, photo, level), REPEATS)
            )
            measured[level.name][name] = {
                "median_s_per_face": round(float(np.median(times)) / faces, 3),
                "p95_s_per_face": round(float(np.percentile(times, 95)) / faces, 3),
            }
    return measured


def _fawkes(engine: Any, levels: dict[str, Any]) -> dict[str, Any]:
    from PIL import Image

    from fawkes_host.evaluation.attacks.fawkes1 import FAWKES_LEVELS, Fawkes1
    from fawkes_host.evaluation.attacks.fawkes1_merge import CHIP_PX

    fawkes = Fawkes1(engine.networks)
    portrait = Image.fromarray(draw_portrait(PORTRAIT_PX)).resize((CHIP_PX, CHIP_PX))
    chips = np.asarray(portrait, np.float32)[None]
    measured = {}
    for level in FAWKES_LEVELS.values():
        fawkes.optimise(chips, level, steps=2)
        seconds = float(np.median(_times(partial(fawkes.optimise, chips, level), 2)))
        ours = levels[level.name]["batch_1"]["median_s_per_face"]
        measured[level.name] = {"s_per_face": round(seconds, 3), "ratio": round(seconds / ours, 2)}
    return measured


def _times(action: Callable[[], Any], repeats: int) -> list[float]:
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - started)
    return seconds

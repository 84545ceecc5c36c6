"""What the extension costs: time for a photo beyond the engine's, script on a page without inputs, and
shadow roots beside the browser's own.

A large photo is set beside a small one, whose cost is that of the conversation alone, and the way
in which browsers hand a whole file to the background beside that in chunks of base64, which all
had before and older ones still have.

Run by hand, from the root of the checkout: ``python -m tests.browser.bench``.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.chromium import Chromium, ChromiumTab
from tests.browser.extension_build import build
from tests.browser.firefox import Firefox
from tests.browser.server import Server
from tests.browser.tab import Tab, wait_for
from tests.browser.user import Host, User

PHOTO_BYTES = {"large": 5_000_000, "small": 50_000}
PHOTOS = 7
LOADS = 40
TURNS = 8

UPLOAD = """<input type="file" id="f"><script>
window.changes = [];
f.onchange = () => {
  if (!f.files.length) return;
  changes.push(Date.now());
  f.value = "";  // or the same photo could not be chosen again
};
</script>"""

ROOTS = """<title>roots</title><script>
window.perRoot = () => {
  const hosts = Array.from({ length: 5000 }, () => document.createElement("div"));
  const begun = performance.now();
  for (const host of hosts) host.attachShadow({ mode: "open" });
  return (performance.now() - begun) / hosts.length;
};
</script>"""

PLAIN = (
    """<title>plain</title><script>
window.begun = performance.now();
const [load] = performance.getEntriesByType("navigation");
window.sinceAnswer = begun - load.responseStart;
</script><main>"""
    + "<p>Some text</p>" * 300
)


def photo_of(size: int, path: Path) -> Path:
    """A JPEG of about this size: noise that an encoder cannot do much about."""
    noise = np.random.default_rng(1).integers(0, 256, (2000, 2000, 3), np.uint8)
    for side in range(100, 2001, 20):
        Image.fromarray(noise[:side, :side]).save(path, quality=97)
        if path.stat().st_size >= size:
            return path
    raise AssertionError("the noise does not suffice")


def seconds_to_change(tab: Tab, photo: Path) -> float:
    """From the choice to the page's own ``change`` listener."""
    tab.goto(tab.js("return location.href"))  # a page remembers what was chosen on it
    before = len(tab.js("return changes"))
    begun = time.time()
    tab.pick("document.querySelector('#f')", [photo])
    wait_for(tab, "return changes.length > arguments[0]", before, patience_s=60)
    return float(tab.js("return changes.at(-1)")) / 1_000 - begun


def cpu_ms(user: User) -> float:
    """What browser and host have computed so far, in milliseconds.

    On a machine that does other things, it tells two ways apart where the clock cannot.
    """
    mark = f"FAWKES_BEHAVIOUR={user.behaviour}".encode()
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it may end at any time
            if mark in (process / "environ").read_bytes():
                stat = (process / "stat").read_text().rpartition(")")[2].split()
                ticks += int(stat[11]) + int(stat[12])
    return 1_000 * ticks / os.sysconf("SC_CLK_TCK")


def photo_overhead(tab: Tab, user: User, server: Server, photo: Path) -> dict[str, float]:
    """Seconds: medians without protection, with it, in the engine, and what is left; the least of
    that too, which a machine that does other things spoils less, and what was computed for it."""
    times: dict[str, list[float]] = {"off": [], "on": [], "engine": []}
    computed: dict[str, float] = {}
    for level, name in (("off", "off"), ("mid", "on")):
        tab.set_level(level)
        tab.goto(server.page("/upload-bench", UPLOAD))
        seconds_to_change(tab, photo)  # warm
        computed[name] = -cpu_ms(user)
        for _ in range(PHOTOS):
            user.forget_log()
            times[name].append(seconds_to_change(tab, photo))
            if level != "off":
                (line,) = (line for line in user.log() if line.startswith("marked in"))
                times["engine"].append(float(line.split()[-1]))
        computed[name] += cpu_ms(user)
    overheads = [on - engine for on, engine in zip(times["on"], times["engine"], strict=True)]
    return {
        **{name: statistics.median(values) for name, values in times.items()},
        "overhead": statistics.median(overheads) - statistics.median(times["off"]),
        "least overhead": min(overheads) - min(times["off"]),
        "computed": (computed["on"] - computed["off"]) / PHOTOS / 1_000,
    }


def transfer(
    browser: Chromium | Firefox, user: User, server: Server, photos: dict[str, Path], home: Path
) -> dict[str, Any]:
    """Seconds beyond the engine's by way and size, and those that the large photo takes more."""
    seconds: dict[str, dict[str, dict[str, float]]] = {}
    for way in ("in chunks", "as a file"):
        browser.install(build(home / f"{browser.name} {way}", clones=way == "as a file"))
        tab = browser.open_tab()
        seconds[way] = {
            size: photo_overhead(tab, user, server, photo) for size, photo in photos.items()
        }
        tab.close()
    of_size = {
        what: {way: by["large"][what] - by["small"][what] for way, by in seconds.items()}
        for what in ("overhead", "least overhead", "computed")
    }
    return {
        "photo_bytes": {size: photo.stat().st_size for size, photo in photos.items()},
        "photo_s": seconds,
        "large_beyond_small_s": of_size,
        "as a file / in chunks": {
            what: by["as a file"] / by["in chunks"] for what, by in of_size.items()
        },
    }


def script_cost(browser: Chromium | Firefox, server: Server) -> dict[str, float]:
    """Milliseconds on a page that the extension covers, beyond one that it does not.

    In Chromium the script's time on its thread, so that other work on the machine counts little;
    in Firefox, which tells no such thing, the time from the server's answer to the page's first
    script.
    """
    server.page("/plain", PLAIN)
    times: dict[tuple[str, str], list[float]] = {}
    for host in ("127.0.0.1", "plain.test"):
        tab = browser.open_tab()
        measures: dict[str, Callable[[], float]] = {
            "to the first script": lambda tab=tab: float(tab.js("return sinceAnswer")),
        }
        if isinstance(tab, ChromiumTab):
            tab.session.send("Performance.enable", {"timeDomain": "threadTicks"})
            measures["script"] = lambda tab=tab: script_ms(tab)
        for _ in range(LOADS):
            tab.goto(server.url("/plain", host=host))
            wait_for(tab, "return document.readyState === 'complete'")
            for name, measure in measures.items():
                times.setdefault((name, host), []).append(measure())
        tab.close()
    return {
        name: statistics.median(covered) - statistics.median(times[name, "plain.test"])
        for (name, host), covered in times.items()
        if host == "127.0.0.1"
    }


def root_cost(browser: Chromium | Firefox, server: Server) -> dict[str, float]:
    """Milliseconds for a shadow root on a page that is covered, and on one that is not, in turns."""
    server.page("/roots", ROOTS)
    tab = browser.open_tab()
    times: dict[str, list[float]] = {"127.0.0.1": [], "plain.test": []}
    for _ in range(TURNS):
        for host, values in times.items():
            tab.goto(server.url("/roots", host=host))
            values.append(min(float(tab.js("return perRoot()")) for _ in range(3)))
    tab.close()
    covered, plain = (statistics.median(values) for values in times.values())
    return {"covered": covered, "plain": plain, "ratio": covered / plain}


def script_ms(tab: ChromiumTab) -> float:
    metrics = tab.session.send("Performance.getMetrics")["metrics"]
    return 1_000 * float(next(m["value"] for m in metrics if m["name"] == "ScriptDuration"))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        server = Server(Path(__file__).with_name("pages"))
        user = User(home)
        user.behave("mark")
        user.use(Host.MARKING)
        photos = {name: photo_of(size, home / f"{name}.jpg") for name, size in PHOTO_BYTES.items()}
        reading, writing = os.pipe()
        screen = subprocess.Popen(
            [shutil.which("Xvfb") or "Xvfb", "-displayfd", str(writing), "-nolisten", "tcp"],
            pass_fds=[writing],
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        with os.fdopen(reading) as pipe:
            display = f":{pipe.readline().strip()}"
        try:
            for name in ("chromium", "firefox"):
                browser: Chromium | Firefox
                if name == "chromium":
                    browser = Chromium(playwright, home, environment=user.environment)
                else:
                    browser = Firefox(home, display, environment=user.environment)
                try:
                    figures = {"browser": name, **transfer(browser, user, server, photos, home)}
                    figures["script_ms"] = script_cost(browser, server)
                    figures["root_ms"] = root_cost(browser, server)
                    print(json.dumps(figures, indent=2), flush=True)
                finally:
                    browser.close()
        finally:
            user.close()
            screen.terminate()
            screen.wait()
            server.close()


if __name__ == "__main__":
    main()

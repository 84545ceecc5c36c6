"""From the first command to the last, with both real browsers and everything that may break.

The program is the wheel in a virtual environment of its own; browsers find it by nothing but
what the README's first command has written.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import fawkes_host
from fawkes_host.evaluation.portrait import draw_portrait
from fawkes_host.protocol.greeting import NATIVE_HOST, PROTOCOL
from tests.browser.chromium import Chromium
from tests.browser.extension_build import LOOPBACK
from tests.browser.firefox import Firefox
from tests.browser.pictures import take
from tests.browser.server import Server
from tests.browser.tab import call_async, wait_for, wait_for_toast
from tests.install.test_bootstrap import load_bootstrap
from tests.support.missing import HOW_TO_INSTALL
from tests.support.person import Person, copy_venv, pip, until

pytestmark = pytest.mark.browser

CHROMIUM = Path(".config/chromium/NativeMessagingHosts/org.fawkes.host.json")
FIREFOX = Path(".mozilla/native-messaging-hosts/org.fawkes.host.json")

GREET = """
const [name, protocol] = arguments;
window.outcome = null;
const port = chrome.runtime.connectNative(name);
port.onMessage.addListener((message) => {
  window.outcome = message;
  port.disconnect();
});
port.onDisconnect.addListener(() => {
  const told = port.error?.message ?? chrome.runtime.lastError?.message;
  window.outcome = {failed: told ?? "it left"};
});
port.postMessage({type: "hello", protocol, wake: false});
"""

LOOK = """
window.outcome = null;
chrome.runtime.sendMessage({type: "look"}).then((host) => { window.outcome = host });
"""


class Browsers:
    """Chromium and Firefox, both running in the same person's home with the extension."""

    def __init__(self, chromium: Chromium, firefox: Firefox) -> None:
        self.both = (chromium, firefox)

    def ask(self, script: str, *given: Any) -> list[dict[str, Any]]:
        """What a page of the extension comes to know, in each browser."""
        answers = []
        for browser in self.both:
            with browser.at_desk() as desk:
                desk.js(script, *given)
                end = time.monotonic() + 30
                while (outcome := desk.js("return window.outcome")) is None:
                    assert time.monotonic() < end, f"{browser.name} says nothing"
                    time.sleep(0.05)
                answers.append(dict(outcome))
        return answers

    def greet(self) -> None:
        """A new port to the host in each browser, and the host's answer."""
        for hello in self.ask(GREET, NATIVE_HOST, PROTOCOL):
            assert (hello.get("type"), hello.get("version")) == (
                "hello",
                fawkes_host.__version__,
            ), hello

    def fail_to_greet(self) -> None:
        for answer in self.ask(GREET, NATIVE_HOST, PROTOCOL):
            assert "failed" in answer, answer


@pytest.fixture
def newcomer(wheel_venv: Path, short_path: Path) -> Iterator[Person]:
    """Somebody with both browsers, who has not run the README's first command yet."""
    for program in ("chromium", "firefox-esr"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed; {HOW_TO_INSTALL}")
    venv = copy_venv(wheel_venv, short_path / "venv")
    made = Person(short_path / "home", venv / "bin" / "python")
    yield made
    made.close()


def run_first_command(person: Person, monkeypatch: Any) -> None:
    """What it does once the packages are there."""
    bootstrap = load_bootstrap()
    monkeypatch.setattr(bootstrap, "VENV", person.python.parents[1])
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(person.environment)
    try:
        told = bootstrap.register()
    finally:
        os.environ.clear()
        os.environ.update(kept)
    assert str(person.home / CHROMIUM) in told
    assert str(person.home / FIREFOX) in told


@pytest.fixture
def owner(newcomer: Person, monkeypatch: Any) -> Person:
    """Somebody who has just run the README's first command."""
    run_first_command(newcomer, monkeypatch)
    return newcomer


@pytest.fixture
def loaded(newcomer: Person) -> Path:
    """The extension that the program brings, with an empty page for tests."""
    done = newcomer.run("extension", "--output", newcomer.home.parent / "out")
    assert done.returncode == 0, done.stderr
    extension = newcomer.home.parent / "out" / "fawkes"
    (extension / "desk.html").write_text("<!doctype html><title>desk</title>")
    return extension


@pytest.fixture
def browsers(newcomer: Person, loaded: Path, playwright: Any, display: str) -> Iterator[Browsers]:
    chromium = Chromium(playwright, newcomer.home, environment=newcomer.environment)
    chromium.install(loaded)
    firefox = Firefox(newcomer.home, display, environment=newcomer.environment)
    firefox.install(loaded)
    yield Browsers(chromium, firefox)
    chromium.close()
    firefox.close()


def change(path: Path, fields: dict[str, Any]) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def broken(owner: Person) -> dict[str, str]:
    """What doctor names, without changing anything."""
    done = owner.run("doctor", "--json")
    report = json.loads(done.stdout)
    found = {one["check"]: one["told"] for one in report["checks"] if one["state"] == "broken"}
    assert (done.returncode == 0) is (not found)
    return found


def fix(owner: Person) -> None:
    done = owner.run("doctor", "--fix")
    assert done.returncode == 0, done.stdout + done.stderr


def test_from_install_to_uninstall(owner: Person, browsers: Browsers, wheel_venv: Path) -> None:
    home, venv = owner.home, owner.python.parents[1]
    native = venv / "bin" / "fawkes-native"
    for host in browsers.ask(LOOK):
        assert (host["state"], host["version"]) == ("cold", fawkes_host.__version__)
    browsers.greet()
    assert broken(owner) == {}

    # wrong rights
    (home / CHROMIUM).chmod(0o666)
    native.chmod(0o644)
    browsers.fail_to_greet()
    told = broken(owner)
    assert "may not be executed" in told["firefox"]
    assert "chromium" in told
    fix(owner)
    browsers.greet()

    # wrong identity
    change(home / CHROMIUM, {"allowed_origins": [f"chrome-extension://{'a' * 32}/"]})
    change(home / FIREFOX, {"allowed_extensions": ["other@example.org"]})
    browsers.fail_to_greet()
    told = broken(owner)
    assert all("does not allow this extension" in told[name] for name in ("chromium", "firefox"))
    fix(owner)
    browsers.greet()

    # corrupt manifest
    for path in (CHROMIUM, FIREFOX):
        (home / path).write_text((home / path).read_text()[:-9])
    browsers.fail_to_greet()
    told = broken(owner)
    assert all("is not JSON" in told[name] for name in ("chromium", "firefox"))
    fix(owner)
    browsers.greet()

    # dead service
    os.kill(owner.serve(), signal.SIGKILL)
    until(lambda: owner.started.poll() is not None)
    assert "died" in broken(owner)["service"]
    fix(owner)
    browsers.greet()

    # missing weights: nothing here can bring them back, but the remedy it names does
    (weights,) = venv.glob("lib/python*/site-packages/fawkes_models/weights/mobilefacenet*")
    weights.unlink()
    assert str(weights) in broken(owner)["networks"]
    done = owner.run("doctor", "--fix")
    assert (done.returncode, "Install fawkes-host again" in done.stdout) == (1, True)
    (wheel,) = (wheel_venv.parent / "wheel").glob("*.whl")
    pip(
        sys.executable,
        "--python", owner.python, "install", "--force-reinstall", "--no-deps", wheel,
    )  # fmt: skip
    assert broken(owner) == {}
    browsers.greet()

    # moved virtual environment
    moved = venv.rename(venv.with_name("moved here"))
    owner.python = moved / "bin" / "python"
    browsers.fail_to_greet()
    told = broken(owner)
    assert all("which is gone" in told[name] for name in ("chromium", "firefox"))
    fix(owner)
    browsers.greet()

    # by now Chromium has saved what is loaded
    has = f"Chromium has the extension {fawkes_host.__version__} (Default)"
    until(lambda: has in owner.run("doctor").stdout)

    # the end
    owner.serve()
    done = owner.run("uninstall")
    assert done.returncode == 0, done.stderr
    until(lambda: not owner.services())
    assert owner.left() == []
    browsers.fail_to_greet()


WARM_UP_S = 240.0
"""TensorFlow and the networks, read for the first time on a busy machine; then the photo."""

ACTIVE = """
const [tab] = await chrome.tabs.query({active: true, lastFocusedWindow: true});
return tab.id;
"""

PAGE = """<title>Album</title><input type="file" id="f">
<script>f.onchange = () => fetch("/upload", {method: "POST", body: f.files[0]})</script>"""
INPUT = "document.querySelector('#f')"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    made.page("/album", PAGE)
    yield made
    made.close()


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    path = tmp_path / "portrait.jpg"
    Image.fromarray(draw_portrait()).save(path, quality=92)
    return path


@pytest.fixture
def on_loopback(loaded: Path) -> None:
    """The tests' own server is one of the sites that are protected from the start."""
    path = loaded / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["host_permissions"] += LOOPBACK
    for script in manifest["content_scripts"]:
        script["matches"] += LOOPBACK
    path.write_text(json.dumps(manifest))


@pytest.mark.timeout(2 * WARM_UP_S)
def test_first_hour(
    newcomer: Person,
    on_loopback: None,
    browsers: Browsers,
    server: Server,
    portrait: Path,
    monkeypatch: Any,
) -> None:
    """A newcomer's way, by nothing but real parts, with a picture of each station."""
    firsts = []
    for browser in browsers.both:
        first = browser.open_tab()
        first.goto(browser.extension_url("welcome/welcome.html"))
        wait_for(first, "return document.querySelector('#host').dataset.state === 'missing'")
        # What each browser does not show by itself.
        tip = {"chromium": "#pin", "firefox": "#temporary"}[browser.name]
        wait_for(first, f"return !document.querySelector('{tip}').hidden")
        take(browser, first, "hour-1-first-page", (900, 1000))
        firsts.append((browser, first))

    run_first_command(newcomer, monkeypatch)
    done = "return document.querySelector('#step-host').classList.contains('is-done')"
    for browser, first in firsts:
        first.to_front()
        wait_for(first, done)
        first.click("document.querySelector('#levels input[value=low]')")
        # The level that takes the least time.
        wait_for(first, "return document.querySelector('#levels input[value=low]').checked")
        take(browser, first, "hour-2-set-up", (900, 1000))
        first.close()

        album = browser.open_tab()
        album.goto(server.url("/album"))
        album.pick(INPUT, [portrait])
        wait_for_toast(album, "1 face cloaked", patience_s=WARM_UP_S)
        body = server.recorder.wait_for_body()
        assert body[:2] == b"\xff\xd8"
        assert body != portrait.read_bytes()
        album.toast_press("Compare")
        album.toast_press("Receipt")
        told = wait_for_toast(album, "less is better")
        assert "Low" in told
        take(browser, album, "hour-3-receipt")

        server.recorder.clear()
        album.goto(server.url("/album", host="localhost"))
        album.pick(INPUT, [portrait])
        wait_for_toast(album, "1 face cloaked", patience_s=WARM_UP_S)
        assert server.recorder.wait_for_body() == body, "the same photo, the same cloak"
        server.recorder.clear()

        with browser.at_desk() as desk:
            number = call_async(desk, ACTIVE)
        popup = browser.open_tab()
        popup.goto(browser.extension_url(f"popup/popup.html?tab={number}"))
        wait_for(popup, "return document.querySelectorAll('#recents details').length === 2")
        assert "Protect localhost" in popup.js("return document.body.innerText")
        take(browser, popup, "hour-4-second-site", (348, 600))
        popup.click("document.querySelector('#levels input[value=high]')")
        wait_for(popup, "return document.body.innerText.includes('76 to 84')")
        popup.close()
        album.close()

    done_with = newcomer.run("uninstall")
    assert done_with.returncode == 0, done_with.stderr
    assert newcomer.left() == []
    for browser in browsers.both:
        # As long as a browser's connection lasts, it is to what has been there.
        browser.kill_background()
        last = browser.open_tab()
        last.goto(browser.extension_url("welcome/welcome.html"))
        wait_for(last, "return document.querySelector('#host').dataset.state === 'missing'")
        take(browser, last, "hour-5-gone", (900, 1000))

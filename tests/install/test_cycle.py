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

import fawkes_host
from fawkes_host.protocol.greeting import NATIVE_HOST, PROTOCOL
from tests.browser.chromium import Chromium
from tests.browser.firefox import Firefox
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
def owner(wheel_venv: Path, short_path: Path, monkeypatch: Any) -> Iterator[Person]:
    """Somebody who has just run the README's first command."""
    for program in ("chromium", "firefox-esr"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed; {HOW_TO_INSTALL}")
    venv = copy_venv(wheel_venv, short_path / "venv")
    made = Person(short_path / "home", venv / "bin" / "python")
    bootstrap = load_bootstrap()
    monkeypatch.setattr(bootstrap, "VENV", venv)
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(made.environment)
    try:
        told = bootstrap.register()
    finally:
        os.environ.clear()
        os.environ.update(kept)
    assert str(made.home / CHROMIUM) in told
    assert str(made.home / FIREFOX) in told
    yield made
    made.close()


@pytest.fixture
def browsers(owner: Person, playwright: Any, display: str) -> Iterator[Browsers]:
    done = owner.run("extension", "--output", owner.home.parent / "out")
    assert done.returncode == 0, done.stderr
    extension = owner.home.parent / "out" / "fawkes"
    (extension / "desk.html").write_text("<!doctype html><title>desk</title>")
    chromium = Chromium(playwright, owner.home, environment=owner.environment)
    chromium.install(extension)
    firefox = Firefox(owner.home, display, environment=owner.environment)
    firefox.install(extension)
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

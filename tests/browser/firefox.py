"""Firefox under Marionette, with the means to act as a person does."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    # The driver asks for the name of the system in a way that is on its way out.
    warnings.simplefilter("ignore", DeprecationWarning)
    from marionette_driver.addons import Addons
    from marionette_driver.errors import MarionetteException
    from marionette_driver.marionette import ActionSequence, Marionette

from tests.browser.firefox_scripts import (
    CLIPBOARD_HAS_PICTURE,
    COPY,
    DROP,
    PICKER,
    RUN_IN_PAGE,
    TOAST_BUTTONS,
    TOAST_MARKUP,
    TOAST_TEXT,
)
from tests.browser.patience import PATIENCE_S, NeverHappened
from tests.browser.registration import GECKO_ID
from tests.browser.tab import SET_LEVEL, wait_until

START_S = 30.0

PREFERENCES: dict[str, bool | int | str] = {
    "app.update.disabledForTesting": True,
    "browser.aboutwelcome.enabled": False,
    # In `browser.download.dir`, and without a question.
    "browser.download.folderList": 2,
    "browser.download.always_ask_before_handling_new_types": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    # Reading the clipboard asks with a button of its own, which is not what is tested here.
    "dom.events.testing.asyncClipboard": True,
    "datareporting.policy.dataSubmissionEnabled": False,
    # All frames of a tab in one process, where a test can look at them together.
    "fission.webContentIsolationStrategy": 0,
    "intl.accept_languages": "en",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.localDomains": "agreed.test,plain.test,widget.test",
    # Questions for permissions are answered with yes: the click that asks is what is tested.
    "extensions.webextOptionalPermissionPrompts": False,
    # Buttons of questions can be pressed at once.
    "security.dialog_enable_delay": 0,
}


DETACHED_S = 1.0
"""Files are in the page's process by then, where no event tells of it."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Firefox:
    """One Firefox; ``home`` becomes its HOME, with profile and native messaging hosts."""

    name = "firefox"

    def __init__(
        self,
        home: Path,
        display: str,
        *,
        environment: dict[str, str],
        preferences: dict[str, bool | int | str] | None = None,
    ) -> None:
        self.display = display
        self.uuid = str(uuid.uuid4())
        profile = home / "firefox"
        profile.mkdir()
        port = free_port()
        self.downloads = home / "firefox-downloads"
        wanted = {
            **PREFERENCES,
            "browser.download.dir": str(self.downloads),
            "marionette.port": port,
            "extensions.webextensions.uuids": json.dumps({GECKO_ID: self.uuid}),
            **(preferences or {}),
        }
        lines = (f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in wanted.items())
        (profile / "user.js").write_text("".join(lines))
        program = shutil.which("firefox-esr") or shutil.which("firefox") or "firefox"
        self.log = (home / "firefox.log").open("wb")
        self.process = subprocess.Popen(
            [program, "--no-remote", "--profile", str(profile), "--marionette"]
            + ["--remote-allow-system-access", "--width", "1000", "--height", "1180"],
            env={**environment, "DISPLAY": display, "LANG": "en_US.UTF-8"},
            stdout=self.log,
            stderr=self.log,
        )
        self._wait_for(port)
        self.marionette = Marionette(host="127.0.0.1", port=port, socket_timeout=60)
        # Firefox asks whether a whole folder may be uploaded: yes.
        self.marionette.start_session({"unhandledPromptBehavior": "accept"})
        self.marionette.timeout.script = 30

    def _wait_for(self, port: int) -> None:
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                return
            time.sleep(0.05)
        raise TimeoutError("Firefox did not start")

    def install(self, extension: Path) -> None:
        Addons(self.marionette).install(str(extension), temp=True)
        self.open_desk()

    def open_desk(self) -> None:
        """An empty page of the extension; a reload of the extension closes it."""
        self.desk = self.open_tab()
        self.desk.goto(self.extension_url("desk.html"))

    def extension_url(self, path: str) -> str:
        return f"moz-extension://{self.uuid}/{path}"

    def open_tab(self) -> FirefoxTab:
        handle = self.marionette.open(type="tab", focus=True)["handle"]
        self.marionette.switch_to_window(handle)
        return FirefoxTab(self, handle)

    def chrome(self, script: str, *args: Any) -> Any:
        """Runs a function body with the browser's own rights; ``done`` ends it."""
        body = (
            "const [done, ...args] = [arguments[arguments.length - 1],"
            " ...[...arguments].slice(0, -1)];"
            f"(async () => {{ {script} }})().then(done, (error) => done({{failed: String(error)}}));"
        )
        with self.marionette.using_context("chrome"):
            result = self.marionette.execute_async_script(body, script_args=args, sandbox="system")
        if isinstance(result, dict) and "failed" in result:
            raise RuntimeError(result["failed"])
        return result

    def set_colour_scheme(self, scheme: str) -> None:
        """``light``, ``dark``, or ``forced``: colours of the user's own."""
        # 0 is dark, 1 is light; colours of the user's own are forced by 2, and not by 0.
        self.chrome(
            "Services.prefs.setIntPref('layout.css.prefers-color-scheme.content-override', args[0]);"
            "Services.prefs.setIntPref('browser.display.document_color_use', args[1])",
            0 if scheme == "dark" else 1,
            2 if scheme == "forced" else 0,
        )

    @contextlib.contextmanager
    def ask_window(self) -> Iterator[FirefoxTab]:
        """The window in which the extension asks, as soon as there is one; else an error."""
        before = self.marionette.current_window_handle
        address = self.extension_url("ask/ask.html")

        def is_there() -> bool:
            for handle in self.marionette.window_handles:
                self.marionette.switch_to_window(handle, focus=False)
                if self.marionette.get_url().startswith(address):
                    return True
            return False

        try:
            wait_until(is_there)
            yield FirefoxTab(self, self.marionette.current_window_handle)
        finally:
            self.marionette.switch_to_window(before, focus=False)

    def kill_background(self) -> None:
        """Ends the background page as the browser does when it has been idle."""
        self.chrome(
            "const {extension} = WebExtensionPolicy.getByID(args[0]);"
            "await extension.terminateBackground({ignoreDevToolsAttached: true,"
            " disableResetIdleForTest: true});",
            GECKO_ID,
        )

    @contextlib.contextmanager
    def at_desk(self) -> Iterator[FirefoxTab]:
        """An empty page of the extension; the tab in front stays there."""
        before = self.marionette.current_window_handle
        self.marionette.switch_to_window(self.desk.handle, focus=False)
        try:
            yield self.desk
        finally:
            self.marionette.switch_to_window(before, focus=False)

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self.marionette.delete_session()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class FirefoxTab:
    """A tab of Firefox."""

    browser = "firefox"
    driver_error = MarionetteException

    def __init__(self, firefox: Firefox, handle: str) -> None:
        self.firefox = firefox
        self.marionette = firefox.marionette
        self.handle = handle

    def goto(self, url: str) -> None:
        self.marionette.navigate(url)

    def js(self, body: str, *args: Any) -> Any:
        return self.marionette.execute_script(body, script_args=args, sandbox=None)

    def _centre(self, element: str) -> tuple[int, int]:
        x, y = self.js(
            f"const e = {element}; e.scrollIntoView({{block: 'nearest'}});"
            "const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]"
        )
        return int(x), int(y)

    def _press_at(self, x: int, y: int) -> None:
        mouse = ActionSequence(self.marionette, "pointer", "mouse", {"pointerType": "mouse"})
        mouse.pointer_move(x, y).click().perform()

    def click(self, element: str) -> None:
        self._press_at(*self._centre(element))

    def pick(
        self,
        element: str,
        files: Sequence[Path],
        *,
        patience_s: float = PATIENCE_S,
        by: Callable[[], None] | None = None,
    ) -> None:
        self.firefox.chrome(PICKER, [str(path) for path in files])
        by() if by else self.click(element)
        end = time.monotonic() + patience_s
        while not self.firefox.chrome("return window.fawkesPicker.opened"):
            if time.monotonic() >= end:
                raise NeverHappened("no picker opened")
            time.sleep(0.03)
        # An input in no document tells nobody outside.
        last = min(end, time.monotonic() + DETACHED_S)
        while not self.firefox.chrome("return window.fawkesPicker.arrived"):
            if time.monotonic() >= last:
                break
            time.sleep(0.03)
        if any(path.is_dir() for path in files):
            for _ in range(15):  # any command answers the question that Firefox asks
                self.js("return 0")
                time.sleep(0.1)

    def dismiss(self, element: str) -> None:
        self.pick(element, [])

    def drop(
        self, element: str, files: Sequence[Path], texts: Mapping[str, str] | None = None
    ) -> None:
        x, y = self._centre(element)
        paths = [str(path) for path in files]
        self._privileged(DROP, {"x": x, "y": y, "paths": paths, "texts": dict(texts or {})})

    def put_texts_on_clipboard(self, texts: Mapping[str, str], image: Path | None = None) -> None:
        self.firefox.chrome(COPY, dict(texts), image and str(image))

    def put_on_clipboard(self, image: Path) -> None:
        with image.open("rb") as picture:
            subprocess.run(
                ["xclip", "-selection", "clipboard", "-t", "image/png", "-i"],
                stdin=picture,
                env={**os.environ, "DISPLAY": self.firefox.display},
                stdout=subprocess.DEVNULL,
                check=True,
            )
        wait_until(lambda: bool(self.firefox.chrome(CLIPBOARD_HAS_PICTURE)))

    def paste(self, image: Path) -> None:
        self.put_on_clipboard(image)
        self.press_paste()

    def press_paste(self) -> None:
        wait_until(lambda: bool(self.js("return document.hasFocus()")))
        keys = ActionSequence(self.marionette, "key", "keyboard")
        keys.key_down("\ue009").key_down("v").key_up("v").key_up("\ue009").perform()

    def press(self, key: str) -> None:
        code = {"Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004"}.get(key, key)
        ActionSequence(self.marionette, "key", "keyboard").key_down(code).key_up(code).perform()

    @contextlib.contextmanager
    def frame(self, element: str) -> Iterator[None]:
        found = self.marionette.execute_script(f"return {element}", sandbox=None)
        self.marionette.switch_to_frame(found)
        try:
            yield
        finally:
            self.marionette.switch_to_parent_frame()

    def _privileged(self, script: str, given: dict[str, Any]) -> Any:
        return self.firefox.chrome(RUN_IN_PAGE, script, given)

    def set_level(self, level: str) -> None:
        with self.firefox.at_desk() as desk:
            desk.js(SET_LEVEL, level)

    def toast_text(self) -> str:
        return str(self._privileged(TOAST_TEXT, {}))

    def toast_markup(self) -> str:
        return str(self._privileged(TOAST_MARKUP, {}))

    def toast_press(self, label: str) -> None:
        end = time.monotonic() + 10
        while not (places := self._privileged(TOAST_BUTTONS, {"label": label})):
            if time.monotonic() >= end:
                raise NeverHappened(f"no button {label!r} in {self.toast_text()!r}")
            time.sleep(0.05)
        self.press_at(*places[0])

    def toast_places(self, label: str) -> list[tuple[float, float]]:
        return list(self._privileged(TOAST_BUTTONS, {"label": label, "disabledToo": True}))

    def press_at(self, x: float, y: float) -> None:
        self._press_at(int(x), int(y))

    def screenshot(self, path: Path, size: tuple[int, int] | None = None) -> None:
        if size is not None:
            self._resize(*size)
        path.write_bytes(base64.b64decode(self.marionette.screenshot(full=False)))

    def _resize(self, width: int, height: int) -> None:
        self.firefox.chrome(
            "const {style} = gBrowser.selectedBrowser;"
            "style.maxWidth = args[0] + 'px'; style.maxHeight = args[1] + 'px';",
            width,
            height,
        )
        time.sleep(0.3)

    def to_front(self) -> None:
        self.marionette.switch_to_window(self.handle, focus=True)

    def close(self) -> None:
        self.marionette.switch_to_window(self.handle)
        if len(self.marionette.window_handles) > 1:
            self.marionette.close()
            self.marionette.switch_to_window(self.marionette.window_handles[0])

"""Chromium under Playwright's driver, with the means to act as a person does."""

from __future__ import annotations

import base64
import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    BrowserContext,
    CDPSession,
    Error,
    Frame,
    Page,
    Playwright,
    TimeoutError,
)

from tests.browser.patience import PATIENCE_S, NeverHappened
from tests.browser.registration import CHROMIUM_PROFILES, EXTENSION_ID
from tests.browser.tab import SET_LEVEL, wait_until

COPY = """
addEventListener("copy", (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
  for (const [type, text] of Object.entries(arguments[0])) event.clipboardData.setData(type, text);
}, { once: true, capture: true });
"""

WRITE = """
const bytes = Uint8Array.from(atob(arguments[1]), (c) => c.charCodeAt(0));
const items = { "image/png": new Blob([bytes], { type: "image/png" }) };
for (const [type, text] of Object.entries(arguments[0])) items[type] = new Blob([text], { type });
return navigator.clipboard.write([new ClipboardItem(items)]);
"""

PLACE_OF_BUTTON = """function (label, disabledToo) {
  for (const button of this.querySelectorAll("button, summary")) {
    const named = [button.textContent, button.getAttribute("aria-label")].includes(label);
    if (!named || !button.getClientRects().length) continue;
    if (button.disabled && !disabledToo) continue;
    button.scrollIntoView({ block: "nearest" });
    const { x, y, width, height } = button.getBoundingClientRect();
    return [x + width / 2, y + height / 2];
  }
  return null;
}"""


def toast_roots(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The shadow roots of toasts at or below a node of the protocol's document."""
    if "popover" in node.get("attributes", [])[::2]:
        yield from node.get("shadowRoots", [])
    inner = [node["contentDocument"]] if "contentDocument" in node else []
    for child in node.get("children", []) + node.get("shadowRoots", []) + inner:
        yield from toast_roots(child)


class Chromium:
    """One Chromium; ``home`` becomes its HOME, with profile and native messaging hosts."""

    name = "chromium"

    def __init__(
        self,
        playwright: Playwright,
        home: Path,
        *,
        environment: dict[str, str],
        arguments: Sequence[str] = (),
        language: str = "en",
    ) -> None:
        self.scheme = "light"
        self.context: BrowserContext = playwright.chromium.launch_persistent_context(
            home / CHROMIUM_PROFILES,
            executable_path=shutil.which("chromium"),
            headless=True,
            ignore_default_args=["--disable-extensions"],
            args=[
                "--enable-unsafe-extension-debugging",
                "--host-resolver-rules=MAP *.test 127.0.0.1",
                f"--lang={language}",
                *arguments,
            ],
            env={**environment, "LANGUAGE": language},
            viewport={"width": 1000, "height": 700},
        )
        self.context.set_default_timeout(15_000)
        browser = self.context.browser
        assert browser is not None
        self.session = browser.new_browser_cdp_session()
        self.downloads = home / "chromium-downloads"
        self.session.send(
            "Browser.setDownloadBehavior",
            {"behavior": "allow", "downloadPath": str(self.downloads)},
        )

    def install(self, extension: Path) -> None:
        self.session.send("Extensions.loadUnpacked", {"path": str(extension)})
        self.open_desk()

    def open_desk(self) -> None:
        """An empty page of the extension; a reload of the extension closes it."""
        self.desk = self.open_tab()
        self.desk.goto(self.extension_url("desk.html"))

    def extension_url(self, path: str) -> str:
        return f"chrome-extension://{EXTENSION_ID}/{path}"

    def open_tab(self) -> ChromiumTab:
        page = self.context.new_page()
        self._colour(page)
        return ChromiumTab(self, page)

    def _colour(self, page: Page) -> None:
        page.emulate_media(
            color_scheme="dark" if self.scheme == "dark" else "light",
            forced_colors="active" if self.scheme == "forced" else "none",
        )

    def set_colour_scheme(self, scheme: str) -> None:
        """``light``, ``dark``, or ``forced``: colours of the user's own."""
        self.scheme = scheme
        for page in self.context.pages:
            with contextlib.suppress(Error):  # it is being closed
                self._colour(page)

    @contextlib.contextmanager
    def ask_window(self) -> Iterator[ChromiumTab]:
        """The window in which the extension asks, as soon as there is one; else an error."""
        address = self.extension_url("ask/ask.html")

        def found() -> list[Page]:
            self.desk.js("return 0")  # the driver hears of new pages while it is asked something
            return [page for page in self.context.pages if page.url.startswith(address)]

        wait_until(lambda: bool(found()))
        page = found()[0]
        self._colour(page)
        yield ChromiumTab(self, page)

    def kill_background(self) -> None:
        """Ends the service worker as the browser does when it has been idle."""
        self.desk.session.send("ServiceWorker.enable")
        self.desk.session.send("ServiceWorker.stopAllWorkers")
        self.desk.session.send("ServiceWorker.disable")

    @contextlib.contextmanager
    def at_desk(self) -> Iterator[ChromiumTab]:
        """An empty page of the extension."""
        yield self.desk

    def close(self) -> None:
        self.context.close()


class ChromiumTab:
    """A tab of Chromium."""

    browser = "chromium"
    driver_error = Error

    def __init__(self, chromium: Chromium, page: Page) -> None:
        self.chromium = chromium
        self.page = page
        self.frames: list[tuple[Frame, float, float]] = [(page.main_frame, 0.0, 0.0)]
        self.session = chromium.context.new_cdp_session(page)
        self.target = self.session.send("Target.getTargetInfo")["targetInfo"]["targetId"]

    def goto(self, url: str) -> None:
        self.page.goto(url)

    def js(self, body: str, *args: Any) -> Any:
        frame = self.frames[-1][0]
        return frame.evaluate(f"(given) => (function () {{ {body} }}).apply(null, given)", args)

    def _centre(self, element: str) -> tuple[float, float]:
        x, y = self.js(
            f"const e = {element}; e.scrollIntoView({{block: 'nearest'}});"
            "const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]"
        )
        _, left, top = self.frames[-1]
        return x + left, y + top

    def click(self, element: str) -> None:
        place = self._centre(element)
        try:
            self.page.mouse.click(*place)
        except Error:
            if not self.page.is_closed():  # a click may close its own window
                raise

    def pick(
        self,
        element: str,
        files: Sequence[Path],
        *,
        patience_s: float = PATIENCE_S,
        by: Callable[[], None] | None = None,
    ) -> None:
        # A click on a frame or an object is lost until its first picture is there.
        for again in (by is not None or len(self.frames) > 1, False):
            try:
                with self.page.expect_file_chooser(timeout=1_000 * patience_s) as opened:
                    by() if by else self.click(element)
                break
            except TimeoutError as error:
                if not again:
                    raise NeverHappened("no picker opened") from error
        if self.js("return document.contentType") != "text/html":
            # The driver knows inputs in capitals only.
            found = self.session.send("Runtime.evaluate", {"expression": element})
            given = {
                "files": [str(path) for path in files],
                "objectId": found["result"]["objectId"],
            }
            self.session.send("DOM.setFileInputFiles", given)
            return
        if not any(path.is_dir() for path in files):
            opened.value.set_files(list(files))
            return
        # For a folder the driver waits for an event that the extension holds back.
        with contextlib.suppress(TimeoutError):
            opened.value.set_files(files[0], timeout=1_000)

    def dismiss(self, element: str) -> None:
        command = "Page.setInterceptFileChooserDialog"
        self.session.send(command, {"enabled": True, "cancel": True})
        try:
            self.click(element)
        finally:
            self.session.send(command, {"enabled": False})

    def drop(
        self, element: str, files: Sequence[Path], texts: Mapping[str, str] | None = None
    ) -> None:
        x, y = self._centre(element)
        items = [{"mimeType": type_, "data": text} for type_, text in (texts or {}).items()]
        data = {"items": items, "files": [str(path) for path in files], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.session.send(
                "Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": data}
            )

    def paste(self, image: Path) -> None:
        self.put_on_clipboard(image)
        self.press_paste()

    def press_paste(self) -> None:
        self.page.keyboard.press("Control+V")

    def put_texts_on_clipboard(self, texts: Mapping[str, str], image: Path | None = None) -> None:
        self._allow_clipboard()
        if image is None:
            self.js(COPY, dict(texts))
            self.page.keyboard.press("Control+C")
            return
        self.js(WRITE, dict(texts), base64.b64encode(image.read_bytes()).decode())

    def _allow_clipboard(self) -> None:
        self.chromium.context.grant_permissions(
            ["clipboard-read", "clipboard-write"], origin="/".join(self.page.url.split("/")[:3])
        )

    def put_on_clipboard(self, image: Path) -> None:
        """As another program would: from a page that the extension does not know."""
        self._allow_clipboard()
        self.js(
            "const bytes = Uint8Array.from(atob(arguments[0]), (c) => c.charCodeAt(0));"
            "const blob = new Blob([bytes], {type: 'image/png'});"
            "return navigator.clipboard.write([new ClipboardItem({'image/png': blob})])",
            base64.b64encode(image.read_bytes()).decode(),
        )

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    @contextlib.contextmanager
    def frame(self, element: str) -> Iterator[None]:
        outer, left, top = self.frames[-1]
        handle = outer.evaluate_handle(f"() => {element}").as_element()
        assert handle is not None
        inner = handle.content_frame()
        assert inner is not None
        x, y = self.js(
            f"const r = ({element}).getBoundingClientRect();"
            f"return [r.x + ({element}).clientLeft, r.y + ({element}).clientTop]"
        )
        self.frames.append((inner, left + x, top + y))
        try:
            yield
        finally:
            self.frames.pop()

    def _sessions(self) -> Iterator[tuple[CDPSession, float, float]]:
        """The page's session, and that of each frame in a process of its own, with its place."""
        yield self.session, 0.0, 0.0
        for frame in self.page.frames[1:]:
            try:
                session = self.chromium.context.new_cdp_session(frame)
            except Error:
                continue  # in the process of the page
            place = frame.frame_element().bounding_box() or {"x": 0.0, "y": 0.0}
            yield session, place["x"], place["y"]
            session.detach()

    def _in_toasts(self, function: str, *args: Any) -> Iterator[tuple[Any, float, float]]:
        """Calls a function on the root of each toast: the developer tools see closed ones too."""
        for session, x, y in self._sessions():
            document = session.send("DOM.getDocument", {"depth": -1, "pierce": True})["root"]
            for node in toast_roots(document):
                found = session.send("DOM.resolveNode", {"backendNodeId": node["backendNodeId"]})
                answer = session.send(
                    "Runtime.callFunctionOn",
                    {
                        "objectId": found["object"]["objectId"],
                        "functionDeclaration": function,
                        "arguments": [{"value": arg} for arg in args],
                        "returnByValue": True,
                    },
                )
                yield answer["result"].get("value"), x, y

    def set_level(self, level: str) -> None:
        self.chromium.desk.js(SET_LEVEL, level)

    def toast_text(self) -> str:
        with contextlib.suppress(Error):  # it may go while it is read
            texts = self._in_toasts("function () { return this.querySelector('.card').innerText }")
            return "\n".join(str(text) for text, _, _ in texts)
        return ""

    def toast_markup(self) -> str:
        (markup, _, _), *_ = self._in_toasts("function () { return this.innerHTML }")
        return str(markup)

    def toast_press(self, label: str) -> None:
        end = time.monotonic() + 10
        while time.monotonic() < end:
            for place, x, y in self._in_toasts(PLACE_OF_BUTTON, label):
                if place:
                    self.page.mouse.click(place[0] + x, place[1] + y)
                    return
            time.sleep(0.05)
        raise NeverHappened(f"no button {label!r} in {self.toast_text()!r}")

    def toast_places(self, label: str) -> list[tuple[float, float]]:
        found = self._in_toasts(PLACE_OF_BUTTON, label, True)
        return [(place[0] + x, place[1] + y) for place, x, y in found if place]

    def press_at(self, x: float, y: float) -> None:
        self.page.mouse.click(x, y)

    def screenshot(self, path: Path, size: tuple[int, int] | None = None) -> None:
        if size is not None:
            self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.screenshot(path=path)

    def to_front(self) -> None:
        self.page.bring_to_front()

    def close(self) -> None:
        # The driver's own way waits for ever for a page that is on its way to another.
        self.chromium.session.send("Target.closeTarget", {"targetId": self.target})

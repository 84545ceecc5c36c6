"""Chromium under Playwright's driver, with the means to act as a person does."""

from __future__ import annotations

import base64
import contextlib
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Frame, Page, Playwright, Worker

EXTENSION_ID = "lkicofbnhpdlobohdcnecjglabpoelff"
"""From the fixed ``key`` of the manifest; a test of the manifest computes it."""


class Chromium:
    """One Chromium; ``home`` holds its profile and native messaging hosts."""

    name = "chromium"

    def __init__(
        self,
        playwright: Playwright,
        home: Path,
        extension: Path,
        *,
        environment: dict[str, str] | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        self.home = home
        self.profile = home / "profile"
        self.context: BrowserContext = playwright.chromium.launch_persistent_context(
            self.profile,
            executable_path=shutil.which("chromium"),
            headless=True,
            args=[
                f"--disable-extensions-except={extension}",
                f"--load-extension={extension}",
                "--host-resolver-rules=MAP *.test 127.0.0.1",
                "--lang=en",
                *arguments,
            ],
            env={"HOME": str(home), "LANGUAGE": "en", **(environment or {})},
            viewport={"width": 1000, "height": 700},
        )
        self.context.set_default_timeout(20_000)

    @property
    def native_hosts(self) -> Path:
        return self.profile / "NativeMessagingHosts"

    def extension_url(self, path: str) -> str:
        return f"chrome-extension://{EXTENSION_ID}/{path}"

    def open_tab(self) -> ChromiumTab:
        return ChromiumTab(self, self.context.new_page())

    def worker(self) -> Worker:
        workers = self.context.service_workers
        return workers[0] if workers else self.context.wait_for_event("serviceworker")

    def kill_background(self) -> None:
        """Ends the service worker as the browser does when it has been idle."""
        page = self.context.new_page()
        session = self.context.new_cdp_session(page)
        session.send("ServiceWorker.enable")
        session.send("ServiceWorker.stopAllWorkers")
        session.detach()
        page.close()

    def close(self) -> None:
        self.context.close()


class ChromiumTab:
    """A tab of Chromium."""

    browser = "chromium"

    def __init__(self, chromium: Chromium, page: Page) -> None:
        self.chromium = chromium
        self.page = page
        self.frames: list[tuple[Frame, float, float]] = [(page.main_frame, 0.0, 0.0)]
        self.session = chromium.context.new_cdp_session(page)

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
        self.page.mouse.click(*self._centre(element))

    def pick(self, element: str, files: Sequence[Path]) -> None:
        with self.page.expect_file_chooser() as opened:
            self.click(element)
        opened.value.set_files(list(files))

    def drop(self, element: str, files: Sequence[Path]) -> None:
        x, y = self._centre(element)
        data = {"items": [], "files": [str(path) for path in files], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.session.send(
                "Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": data}
            )

    def paste(self, image: Path) -> None:
        self.put_on_clipboard(image)
        self.page.keyboard.press("Control+V")

    def put_on_clipboard(self, image: Path) -> None:
        """As another program would: from a page that the extension does not know."""
        url = self.page.url
        origin = "/".join(url.split("/")[:3])
        self.chromium.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=origin)
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

    def _toast_nodes(self) -> list[dict[str, Any]]:
        """The roots of the toasts: the protocol of the developer tools sees closed ones too."""
        document = self.session.send("DOM.getDocument", {"depth": -1, "pierce": True})["root"]
        found = []

        def visit(node: dict[str, Any]) -> None:
            attributes = node.get("attributes", [])
            if "popover" in attributes[::2]:
                found.extend(node.get("shadowRoots", []))
            for child in node.get("children", []) + node.get("shadowRoots", []):
                visit(child)
            if "contentDocument" in node:
                visit(node["contentDocument"])

        visit(document)
        return found

    def _call(self, node: dict[str, Any], function: str, *args: Any) -> Any:
        resolved = self.session.send("DOM.resolveNode", {"backendNodeId": node["backendNodeId"]})
        answer = self.session.send(
            "Runtime.callFunctionOn",
            {
                "objectId": resolved["object"]["objectId"],
                "functionDeclaration": function,
                "arguments": [{"value": arg} for arg in args],
                "returnByValue": True,
            },
        )
        return answer["result"].get("value")

    def toast_text(self) -> str:
        text = "function () { return this.querySelector('.card').innerText; }"
        with contextlib.suppress(Exception):  # it may go while it is read
            return "\n".join(self._call(node, text) for node in self._toast_nodes())
        return ""

    def toast_press(self, label: str) -> None:
        place = """function (label) {
          for (const button of this.querySelectorAll("button, summary")) {
            const named = [button.textContent, button.getAttribute("aria-label")].includes(label);
            if (!named || button.disabled || !button.getClientRects().length) continue;
            button.scrollIntoView({ block: "nearest" });
            const { x, y, width, height } = button.getBoundingClientRect();
            return [x + width / 2, y + height / 2];
          }
          return null;
        }"""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            for node in self._toast_nodes():
                found = self._call(node, place, label)
                if found:
                    self.page.mouse.click(found[0], found[1])
                    return
            time.sleep(0.05)
        raise AssertionError(f"no button {label!r} in {self.toast_text()!r}")

    def screenshot(self, path: Path) -> None:
        self.page.screenshot(path=path)

    def close(self) -> None:
        self.page.close()

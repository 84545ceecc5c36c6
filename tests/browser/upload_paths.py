"""Every upload path: its page in ``pages/``, and what a person does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.browser.server import Server
from tests.browser.tab import Tab, wait_for, wait_until

PAGES = Path(__file__).with_name("pages")

INPUT = "document.querySelector('#f')"
BUTTON = "document.querySelector('#b')"
HOST = "document.querySelector('#host')"
ZONE = "document.querySelector('#zone')"
FRAME = "document.querySelector('iframe')"

Act = Callable[[Tab, list[Path]], None]


@dataclass(frozen=True)
class UploadPath:
    """One upload path.  ``act`` chooses the files, and does whatever else leads to the upload."""

    name: str
    page: str
    act: Act
    impossible: str = ""
    """Why one browser has no such upload_path, as ``browser: reason``."""
    files: int = 1
    frame: str = ""
    """Where the page's handler runs, if not in the page itself."""
    navigates: bool = False
    """The upload leads to another page, so that nobody can be asked afterwards."""
    clipboard: bool = False
    """The photo comes as a PNG without a name."""

    def open(self, tab: Tab, server: Server) -> None:
        tab.goto(server.url("/" + self.page))

    def is_possible(self, browser: str) -> bool:
        return not self.impossible.startswith(browser)


def pick(element: str = INPUT, *, frame: str = "") -> Act:
    def act(tab: Tab, files: list[Path]) -> None:
        if not frame:
            tab.pick(element, files)
            return
        with tab.frame(frame):
            wait_for(tab, f"return {element} && {element}.getClientRects().length > 0")
            tab.pick(element, files)

    return act


def pick_then(script: str) -> Act:
    """Chooses, and has the page run a script while the photo is being cloaked."""

    def act(tab: Tab, files: list[Path]) -> None:
        tab.pick(INPUT, files)
        wait_until(lambda: bool(tab.toast_text()))
        tab.js(script)

    return act


def pick_then_click(element: str, *, frame: str = "") -> Act:
    def act(tab: Tab, files: list[Path]) -> None:
        pick(frame=frame)(tab, files)
        wait_until(lambda: bool(tab.toast_text()))
        if not frame:
            tab.click(element)
            return
        with tab.frame(frame):
            tab.click(element)

    return act


def click_then_pick(element: str) -> Act:
    def act(tab: Tab, files: list[Path]) -> None:
        tab.click(element)
        wait_for(tab, f"return {INPUT}")
        tab.pick(INPUT, files)

    return act


def drop_on(element: str) -> Act:
    return lambda tab, files: tab.drop(element, files)


def drop_folder(tab: Tab, files: list[Path]) -> None:
    tab.drop(ZONE, [files[0].parent / "folder"])


def pick_folder(tab: Tab, files: list[Path]) -> None:
    tab.pick(INPUT, [files[0].parent / "folder"])


def paste(tab: Tab, files: list[Path]) -> None:
    tab.click(ZONE)
    tab.paste(files[0].with_suffix(".png"))


def read_clipboard(tab: Tab, files: list[Path]) -> None:
    tab.put_on_clipboard(files[0].with_suffix(".png"))
    tab.click(BUTTON)


def read_handle(tab: Tab, files: list[Path]) -> None:
    """Nobody can press a button of the system's picker here; a drop gives the same handles."""
    for level, act in (("off", lambda: tab.drop(ZONE, files)), ("mid", lambda: tab.click(BUTTON))):
        tab.set_level(level)
        time.sleep(0.4)  # the page cannot tell when its scripts have heard of it
        act()
        wait_for(tab, "return Boolean(window.handle)")


UPLOAD_PATHS: tuple[UploadPath, ...] = (
    UploadPath("file input", "file-input", pick()),
    UploadPath("several files", "multiple", pick(), files=3),
    UploadPath("folder input", "folder", pick_folder, files=2),
    UploadPath("capture", "capture", pick()),
    UploadPath("label", "label", pick("document.querySelector('#l')")),
    UploadPath("input by script", "input-by-script", pick(BUTTON)),
    UploadPath("detached input", "detached-input", pick(BUTTON)),
    UploadPath(
        "detached label",
        "detached-label",
        pick(BUTTON),
        impossible="firefox: a label in no document opens no picker",
    ),
    UploadPath(
        "detached label, from within",
        "detached-label-from-within",
        pick(BUTTON),
        impossible="firefox: a label in no document opens no picker",
    ),
    UploadPath("input that changes windows", "input-that-changes-windows", pick(BUTTON)),
    UploadPath("showPicker()", "showpicker", pick(BUTTON)),
    UploadPath("open shadow root", "open-shadow-root", pick(HOST)),
    UploadPath("closed shadow root", "closed-shadow-root", pick(HOST)),
    UploadPath("nested shadow roots", "nested-shadow-roots", pick(HOST)),
    UploadPath("declarative shadow root", "declarative-shadow-root", pick(HOST)),
    UploadPath("shadow root by markup", "markup-shadow-root", pick(HOST)),
    UploadPath("modal dialog", "dialog", pick()),
    UploadPath("same-origin frame", "same-origin-frame", pick(frame=FRAME), frame=FRAME),
    UploadPath("cross-origin frame", "cross-origin-frame", pick(frame=FRAME), frame=FRAME),
    UploadPath(
        "sandboxed frame", "sandboxed-frame", pick(frame=FRAME), frame=FRAME, navigates=True
    ),
    UploadPath(
        "sandboxed frame without scripts",
        "sandboxed-frame-without-scripts",
        pick_then_click("document.querySelector('#go')", frame=FRAME),
        frame=FRAME,
        navigates=True,
    ),
    UploadPath(
        "input of a frame without scripts", "frame-without-scripts-of-its-own", pick(BUTTON)
    ),
    UploadPath("srcdoc frame", "srcdoc-frame", pick(frame=FRAME), frame=FRAME),
    UploadPath("blob: frame", "blob-frame", pick(frame=FRAME), frame=FRAME),
    UploadPath("data: frame", "data-frame", pick(frame=FRAME), frame=FRAME, navigates=True),
    UploadPath("frame that navigates", "frame-that-navigates", pick(frame=FRAME), frame=FRAME),
    UploadPath("about:blank frame", "blank-frame", pick(frame=FRAME)),
    UploadPath("written frame", "written-frame", pick(frame=FRAME), frame=FRAME),
    UploadPath(
        "frame written by its parent",
        "frame-written-by-its-parent",
        pick_then_click("document.querySelector('#go')", frame=FRAME),
        frame=FRAME,
        navigates=True,
    ),
    UploadPath("frame that never loads", "frame-that-never-loads", pick(frame=FRAME)),
    UploadPath("page written by a frame", "page-written-by-a-frame", click_then_pick(BUTTON)),
    UploadPath("document.open()", "document-open", click_then_pick(BUTTON)),
    UploadPath("document.write()", "document-write", click_then_pick(BUTTON)),
    UploadPath(
        "submit while waiting",
        "form",
        pick_then_click("document.querySelector('#go')"),
        navigates=True,
    ),
    UploadPath(
        "required input",
        "required-input",
        pick_then_click("document.querySelector('#go')"),
        navigates=True,
    ),
    UploadPath("form.submit()", "form", pick_then("document.forms[0].submit()"), navigates=True),
    UploadPath(
        "requestSubmit()", "form", pick_then("document.forms[0].requestSubmit()"), navigates=True
    ),
    UploadPath("submit on change", "submit-on-change", pick(), navigates=True),
    UploadPath("XMLHttpRequest", "xmlhttprequest", pick()),
    UploadPath("fetch with the file as body", "raw-body", pick()),
    UploadPath("upload from a worker", "worker", pick()),
    UploadPath("drop on the page", "drop", drop_on(ZONE)),
    UploadPath("drop, by items", "drop-items", drop_on(ZONE)),
    UploadPath(
        "drop of a folder",
        "drop-folder",
        drop_folder,
        files=2,
        impossible="firefox: a folder cannot be dropped by a script",
    ),
    UploadPath("drop on an input", "drop-on-an-input", drop_on(INPUT)),
    UploadPath("drop in a shadow root", "drop-in-a-shadow-root", drop_on(HOST)),
    UploadPath(
        "file handle",
        "file-handle",
        read_handle,
        impossible="firefox: it has no handles of files on disk",
    ),
    UploadPath("paste", "paste", paste, clipboard=True),
    UploadPath("clipboard.read()", "clipboard-read", read_clipboard, clipboard=True),
)

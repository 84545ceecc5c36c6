"""What a test does in a tab of either browser."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from tests.browser.patience import PATIENCE_S, NeverHappened

SET_LEVEL = "return chrome.storage.local.set({settings: {level: arguments[0]}})"
"""Of the extension's own page."""


class Tab(Protocol):
    """Elements are named by a JavaScript expression, so that shadow trees are no hindrance."""

    browser: str
    driver_error: type[Exception]

    def goto(self, url: str) -> None: ...

    def js(self, body: str, *args: Any) -> Any:
        """Runs a function body in the page's own world; ``arguments`` are the ``args``."""

    def click(self, element: str) -> None:
        """Presses the mouse on an element: trusted events, user activation."""

    def pick(
        self,
        element: str,
        files: Sequence[Path],
        *,
        patience_s: float = PATIENCE_S,
        by: Callable[[], None] | None = None,
    ) -> None:
        """Clicks, or does what else opens it, and chooses these files in the picker that opens.

        Raises ``AssertionError``, "no picker opened", where none does.
        """

    def dismiss(self, element: str) -> None:
        """Clicks, and closes the picker that opens without a choice."""

    def drop(
        self, element: str, files: Sequence[Path], texts: Mapping[str, str] | None = None
    ) -> None:
        """Drops files, and strings by their types."""

    def paste(self, image: Path) -> None:
        """Puts a PNG on the clipboard and presses Ctrl+V."""

    def put_on_clipboard(self, image: Path) -> None:
        """Puts a PNG on the clipboard, for the page to read."""

    def put_texts_on_clipboard(self, texts: Mapping[str, str], image: Path | None = None) -> None:
        """Puts strings on the clipboard by their types, and a PNG beside them."""

    def press_paste(self) -> None:
        """Presses Ctrl+V."""

    def press(self, key: str) -> None: ...

    def frame(self, element: str) -> AbstractContextManager[None]:
        """Works within a frame."""

    def set_level(self, level: str) -> None:
        """What the popup's switch does."""

    def toast_text(self) -> str:
        """All visible text of the toast, or nothing where there is none."""

    def toast_markup(self) -> str:
        """What is in the root of the toast, as HTML."""

    def toast_press(self, label: str) -> None:
        """Presses a button of the toast."""

    def toast_places(self, label: str) -> list[tuple[float, float]]:
        """Where buttons of the toast are, be they ready to be pressed or not."""

    def press_at(self, x: float, y: float) -> None:
        """Presses the mouse there, whatever is there."""

    def screenshot(self, path: Path, size: tuple[int, int] | None = None) -> None:
        """The visible part; ``size`` is that of the page, in pixels."""

    def to_front(self) -> None: ...

    def close(self) -> None: ...


def wait_for(tab: Tab, body: str, *args: Any, patience_s: float = PATIENCE_S) -> Any:
    """The first true value of a function body in the page, which may be on its way elsewhere."""
    end = time.monotonic() + patience_s
    trouble: Exception | None = None
    while time.monotonic() < end:
        try:
            value = tab.js(body, *args)
        except tab.driver_error as error:
            trouble, value = error, None
        if value:
            return value
        time.sleep(0.03)
    raise NeverHappened(f"never true: {body}") from trouble


def wait_until(condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    end = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() >= end:
            raise NeverHappened("never so")
        time.sleep(0.05)


def press_till(tab: Tab, label: str, done: Callable[[], bool]) -> None:
    """Presses a button of the toast until that has its effect.

    A question that moves to the page around its frame takes its buttons along: a press on the way
    is lost, as a person's would be.
    """
    end = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() >= end:
            raise NeverHappened(f"pressing {label!r} had no effect, at {tab.toast_text()!r}")
        if tab.toast_places(label):
            tab.toast_press(label)
        again = time.monotonic() + 3
        while not done() and time.monotonic() < again:
            time.sleep(0.03)


def wait_for_toast(tab: Tab, text: str, patience_s: float = PATIENCE_S) -> str:
    end = time.monotonic() + patience_s
    shown = ""
    while time.monotonic() < end:
        shown = tab.toast_text()
        if text in shown:
            return shown
        time.sleep(0.05)
    raise NeverHappened(f"the toast never said {text!r}, but: {shown!r}")


def call_async(tab: Tab, body: str, *args: Any, patience_s: float = 20) -> Any:
    """Runs an asynchronous function body in a page and waits for what it returns."""
    tab.js(
        "const given = [...arguments]; window.outcome = null;"
        f"(async (...args) => {{ {body} }})(...given).then((value) => {{ window.outcome = {{value}} }},"
        " (error) => { window.outcome = {error: String(error)} }); return true;",
        *args,
    )
    end = time.monotonic() + patience_s
    while (outcome := tab.js("return window.outcome")) is None:
        if time.monotonic() >= end:
            raise NeverHappened(f"never settled: {body}")
        time.sleep(0.02)
    assert "error" not in outcome, outcome["error"]
    return outcome.get("value")

"""What people see, light and dark, in both browsers: pictures to look at, and axe finds no fault."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.browser.accessibility import AXE, faults, toast_faults
from tests.browser.conftest import Running
from tests.browser.server import Server
from tests.browser.tab import Tab, wait_for, wait_for_toast
from tests.browser.test_asking import press
from tests.browser.test_keeping import TRUSTED_ALONE
from tests.support.missing import HOW_TO_INSTALL_NPM

FOLDER = Path(os.environ.get("FAWKES_SCREENSHOTS", Path(__file__).with_name("screenshots")))
SEVERAL = '<title>Album</title><input type="file" id="f" multiple>'
READY = {
    **dict.fromkeys(
        ("popup", "options", "welcome"), "return document.querySelector('.host').dataset.state"
    ),
    "help": "return document.querySelector('#report').value",
}
INPUT = "document.querySelector('#f')"

schemes = pytest.mark.parametrize("scheme", ["light", "dark", "forced"])

pytestmark = pytest.mark.skipif(
    not AXE.is_file(), reason=f"axe-core is not installed; {HOW_TO_INSTALL_NPM}"
)


@schemes
def test_toast(running: Running, tab: Tab, server: Server, photos: Path, scheme: str) -> None:
    running.browser.set_colour_scheme(scheme)
    FOLDER.mkdir(exist_ok=True)
    toasts = {}
    try:
        running.user.behave("mark", delay_s=1.5)
        tab.goto(server.url("/gallery"))
        tab.pick(INPUT, [photos / "astronaut.jpg", photos / "second.jpg"])
        wait_for_toast(tab, "Cloaking …")
        time.sleep(0.6)
        tab.screenshot(FOLDER / f"toast-working-{running.name}-{scheme}.png")
        toasts["working"] = tab.toast_markup()
        wait_for_toast(tab, "1 face cloaked")
        wait_for(tab, "return window.handled.length")
        tab.toast_press("Compare")
        tab.toast_press("Receipt")
        time.sleep(0.5)
        tab.screenshot(FOLDER / f"toast-done-{running.name}-{scheme}.png")
        toasts["done"] = tab.toast_markup()

        running.remove_host()
        tab.goto(server.url("/gallery"))
        tab.pick(INPUT, [photos / "astronaut.jpg"])
        wait_for_toast(tab, "not installed")
        time.sleep(0.6)
        tab.screenshot(FOLDER / f"toast-question-{running.name}-{scheme}.png")
        toasts["question"] = tab.toast_markup()
        found = {name: toast_faults(tab, markup, server) for name, markup in toasts.items()}
        assert not any(found.values()), found
    finally:
        running.browser.set_colour_scheme("light")


@schemes
def test_toast_of_many_photos_and_of_what_is_not_taken(
    running: Running, tab: Tab, server: Server, photos: Path, many: list[Path], scheme: str
) -> None:
    running.browser.set_colour_scheme(scheme)
    FOLDER.mkdir(exist_ok=True)
    toasts = {}

    def keep(name: str) -> None:
        time.sleep(0.6)
        tab.screenshot(FOLDER / f"toast-{name}-{running.name}-{scheme}.png")
        toasts[name] = tab.toast_markup()

    try:
        running.user.behave("mark", delay_s=0.4)
        tab.goto(server.page("/many", SEVERAL))
        tab.pick(INPUT, many)
        wait_for_toast(tab, " of 20")
        tab.toast_press("Each photo")
        keep("many")
        running.user.behave("mark")
        tab.goto(server.page("/trusted", TRUSTED_ALONE))
        tab.pick(INPUT, [photos / "astronaut.jpg"])
        wait_for_toast(tab, "did not take")
        keep("untaken")
        running.remove_host()
        tab.goto(server.page("/many", SEVERAL))
        tab.pick(INPUT, many)
        wait_for_toast(tab, "about 20 photos")
        keep("many-question")
        tab.js("document.documentElement.style.zoom = 0.1; return true")
        with running.browser.ask_window() as window:
            wait_for(window, "return document.querySelectorAll('button').length === 4")
            time.sleep(0.6)
            window.screenshot(FOLDER / f"ask-{running.name}-{scheme}.png", size=(440, 400))
            asked = faults(window)
            press(window, "Don’t upload")
        found = {name: toast_faults(tab, markup, server) for name, markup in toasts.items()}
        assert not any(found.values()), found
        assert not asked, asked
    finally:
        running.browser.set_colour_scheme("light")


@schemes
@pytest.mark.parametrize("page", ["popup", "options", "welcome", "help"])
def test_page(
    page: str, running: Running, tab: Tab, server: Server, photos: Path, scheme: str
) -> None:
    running.browser.set_colour_scheme(scheme)
    FOLDER.mkdir(exist_ok=True)
    try:
        tab.goto(server.url("/gallery"))
        tab.pick(INPUT, [photos / "astronaut.jpg"])
        wait_for(tab, "return window.handled.length")
        running.in_extension(
            "await chrome.storage.local.set({settings: {sites: {'example.com': 'off', 'photos.example.org': 'high'}}})"
        )
        for host in ("ready", "missing"):
            if host == "missing":
                running.remove_host()
            opened = running.browser.open_tab()
            number = running.in_extension(
                "const [tab] = await chrome.tabs.query({url: 'http://127.0.0.1/*'}); return tab.id"
            )
            opened.goto(running.browser.extension_url(f"{page}/{page}.html?tab={number}"))
            wait_for(opened, READY[page])
            time.sleep(0.4)
            size = (348, 560) if page == "popup" else (900, 1000)
            opened.screenshot(FOLDER / f"{page}-{host}-{running.name}-{scheme}.png", size=size)
            found = faults(opened)
            opened.close()
            assert not found, found
    finally:
        running.browser.set_colour_scheme("light")


@schemes
def test_popup_of_a_page_with_frames_of_other_sites(
    running: Running, tab: Tab, server: Server, scheme: str
) -> None:
    running.browser.set_colour_scheme(scheme)
    FOLDER.mkdir(exist_ok=True)
    try:
        widget = server.url("/inner", host="plain.test")
        tab.goto(
            server.page("/with-a-widget", f'<title>page</title><iframe src="{widget}"></iframe>')
        )
        tab.to_front()
        number = running.in_extension(
            "const [tab] = await chrome.tabs.query({active: true, lastFocusedWindow: true});"
            "return tab.id"
        )
        opened = running.browser.open_tab()
        opened.goto(running.browser.extension_url(f"popup/popup.html?tab={number}"))
        wait_for(opened, "return document.querySelector('#uncovered button')")
        size = (348, 600)
        opened.screenshot(FOLDER / f"popup-frames-{running.name}-{scheme}.png", size=size)
        found = faults(opened)
        opened.close()
        assert not found, found
    finally:
        running.browser.set_colour_scheme("light")

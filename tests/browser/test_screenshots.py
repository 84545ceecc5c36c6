"""What people see, in each scheme, in both browsers: pictures to look at, and axe finds no fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.accessibility import AXE, faults, toast_faults
from tests.browser.conftest import Running
from tests.browser.pictures import FOLDER, SCHEMES, in_each_scheme, take
from tests.browser.server import Server
from tests.browser.tab import Tab, wait_for, wait_for_toast
from tests.browser.test_asking import press
from tests.browser.test_keeping import TRUSTED_ALONE
from tests.support.missing import HOW_TO_INSTALL_NPM

SEVERAL = '<title>Album</title><input type="file" id="f" multiple>'
READY = {
    **dict.fromkeys(
        ("popup", "options", "welcome"), "return document.querySelector('.host').dataset.state"
    ),
    "help": "return document.querySelector('#report').value.includes('Doctor')",
}
INPUT = "document.querySelector('#f')"

NARROW = (320, 640)
"""What is left of 1280 pixels at 400 %: nothing may be cut off, nor need sideways scrolling."""

CUT_OFF = """
const root = document.documentElement;
return [...document.querySelectorAll("body *")]
  .filter((element) => element.checkVisibility() && !element.closest(".visually-hidden"))
  .filter((element) => {
    const { left, right } = element.getBoundingClientRect();
    const scrolls = element.parentElement.closest(".command code");
    return !scrolls && (left < -1 || right > root.clientWidth + 1);
  })
  .map(({ outerHTML }) => outerHTML.slice(0, 120));
"""

pytestmark = pytest.mark.skipif(
    not AXE.is_file(), reason=f"axe-core is not installed; {HOW_TO_INSTALL_NPM}"
)


def look(running: Running, tab: Tab, name: str, size: tuple[int, int]) -> None:
    """Pictures of a page of the extension, in which axe finds nothing in any scheme."""
    FOLDER.mkdir(exist_ok=True)
    for scheme in in_each_scheme(running.browser, tab):
        tab.screenshot(
            FOLDER / f"{name}-{running.name}-{scheme}.png",
            size=size if scheme == SCHEMES[0] else None,
        )
        found = faults(tab)
        assert not found, (scheme, found)


def judge(running: Running, tab: Tab, toasts: dict[str, str], server: Server) -> None:
    """Axe finds nothing in any of these toasts, in any scheme."""
    found: dict[tuple[str, str], list[Any]] = {}
    for name, markup in toasts.items():
        for scheme in in_each_scheme(running.browser, tab):
            found[name, scheme] = toast_faults(tab, markup, server)
    assert not any(found.values()), found


def test_toast(running: Running, tab: Tab, server: Server, photos: Path) -> None:
    toasts = {}

    def keep(name: str) -> None:
        toasts[name] = tab.toast_markup()
        take(running.browser, tab, f"toast-{name}")

    running.user.behave("mark", delay_s=2.5)
    tab.goto(server.url("/gallery"))
    tab.pick(INPUT, [photos / "astronaut.jpg", photos / "second.jpg"])
    wait_for_toast(tab, "Cloaking …")
    keep("working")
    wait_for_toast(tab, "1 face cloaked")
    wait_for(tab, "return window.handled.length")
    tab.toast_press("Compare")
    wait_for_toast(tab, "Show the original")
    tab.toast_press("Show the original")
    assert "Show the cloaked photo" in tab.toast_text()
    tab.toast_press("Show the cloaked photo")
    tab.toast_press("+")
    tab.toast_press("Receipt")
    keep("done")

    running.remove_host()
    tab.goto(server.url("/gallery"))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    wait_for_toast(tab, "not installed")
    keep("question")
    judge(running, tab, toasts, server)


def test_toast_of_many_photos_and_of_what_is_not_taken(
    running: Running, tab: Tab, server: Server, photos: Path, many: list[Path]
) -> None:
    toasts = {}

    def keep(name: str) -> None:
        toasts[name] = tab.toast_markup()
        take(running.browser, tab, f"toast-{name}")

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
        look(running, window, "ask", (440, 460))
        press(window, "Don’t upload")
    judge(running, tab, toasts, server)


@pytest.mark.parametrize("page", ["popup", "options", "welcome", "help"])
def test_page(page: str, running: Running, tab: Tab, server: Server, photos: Path) -> None:
    tab.goto(server.url("/gallery"))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    wait_for(tab, "return window.handled.length")
    running.in_extension(
        "await chrome.storage.local.set({settings: {sites:"
        " {'example.com': 'off', 'a-rather-long-name-of-a.photos.example.org': 'high'}}})"
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
        look(running, opened, f"{page}-{host}", (348, 600) if page == "popup" else (900, 1000))
        if page != "popup" and host == "ready":
            take(running.browser, opened, f"{page}-narrow", NARROW)
            assert opened.js(CUT_OFF) == []
        opened.close()


def test_popup_of_a_page_with_frames_of_other_sites(
    running: Running, tab: Tab, server: Server
) -> None:
    widget = server.url("/inner", host="plain.test")
    tab.goto(server.page("/with-a-widget", f'<title>page</title><iframe src="{widget}"></iframe>'))
    tab.to_front()
    number = running.in_extension(
        "const [tab] = await chrome.tabs.query({active: true, lastFocusedWindow: true});"
        "return tab.id"
    )
    opened = running.browser.open_tab()
    opened.goto(running.browser.extension_url(f"popup/popup.html?tab={number}"))
    wait_for(opened, "return document.querySelector('#uncovered button')")
    look(running, opened, "popup-frames", (348, 600))
    opened.click("document.querySelector('#decoy-on')")
    wait_for(opened, "return !document.querySelector('#decoy-hint').hidden")
    look(running, opened, "popup-decoys", (348, 600))
    opened.close()

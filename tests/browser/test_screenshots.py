"""What people see, light and dark, in both browsers: pictures to look at, and that all is there."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from .conftest import Running
from .server import Server
from .tab import Tab, wait_for, wait_for_toast
from .user import Host

FOLDER = Path(os.environ.get("FAWKES_SCREENSHOTS", Path(__file__).with_name("screenshots")))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages(running: Running, tab: Tab, server: Server, photos: Path, scheme: str) -> None:
    running.browser.set_colour_scheme(scheme)
    FOLDER.mkdir(exist_ok=True)
    name = f"{running.name}-{scheme}"
    try:
        running.user.behave("mark", delay_s=1.5)
        tab.goto(server.url("/gallery"))
        tab.pick("document.querySelector('#f')", [photos / "astronaut.jpg", photos / "second.jpg"])
        wait_for_toast(tab, "Cloaking …")
        time.sleep(0.6)
        tab.screenshot(FOLDER / f"toast-working-{name}.png")
        wait_for_toast(tab, "1 face cloaked")
        wait_for(tab, "return window.handled.length")
        tab.toast_press("Compare")
        time.sleep(0.5)
        tab.screenshot(FOLDER / f"toast-done-{name}.png")

        running.user.remove_host()
        running.browser.kill_background()
        tab.goto(server.url("/gallery"))
        tab.pick("document.querySelector('#f')", [photos / "astronaut.jpg"])
        wait_for_toast(tab, "not installed")
        time.sleep(0.6)
        tab.screenshot(FOLDER / f"toast-question-{name}.png")

        for page in ("popup", "options", "welcome"):
            for host in ("ready", "missing"):
                if host == "ready":
                    running.user.use(Host.MARKING)
                else:
                    running.user.remove_host()
                running.browser.kill_background()
                opened = running.browser.open_tab()
                number = running.in_extension(
                    "const [tab] = await chrome.tabs.query({url: 'http://127.0.0.1/*'}); return tab.id"
                )
                opened.goto(running.browser.extension_url(f"{page}/{page}.html?tab={number}"))
                wait_for(opened, "return document.querySelector('.host').dataset.state")
                time.sleep(0.4)
                size = (348, 560) if page == "popup" else (900, 1000)
                opened.screenshot(FOLDER / f"{page}-{host}-{name}.png", size=size)
                opened.close()
    finally:
        running.browser.set_colour_scheme("light")

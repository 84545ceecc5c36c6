"""Many photos at once: one line, one Cancel, and one question for all that fail alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Running
from tests.browser.marks import is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab, wait_for_toast, wait_until
from tests.browser.upload_paths import INPUT
from tests.browser.user import Host

PAGE = """<script src="/spy.js"></script><input type="file" id="f" multiple>
<script>uploadOnChange(f)</script>"""


def test_many_photos_have_one_line(
    running: Running, tab: Tab, server: Server, many: list[Path]
) -> None:
    running.user.behave("mark", delay_s=0.2)
    tab.goto(server.page("/many", PAGE))
    tab.pick(INPUT, many)
    shown = wait_for_toast(tab, "20 photos")
    assert "1.jpg" not in shown
    assert tab.toast_markup().count('role="status"') == 1, "one voice for all"
    wait_for_toast(tab, " of 20")
    tab.toast_press("Each photo")
    assert "20.jpg" in wait_for_toast(tab, "20.jpg")
    uploads = server.recorder.wait_for(20, timeout_s=60)
    assert all(is_marked(upload.data) for upload in uploads)
    wait_for_toast(tab, "20 cloaked")


def test_one_cancel_gives_up_many_photos(
    running: Running, tab: Tab, server: Server, many: list[Path]
) -> None:
    running.user.behave("mark", delay_s=20)
    tab.goto(server.page("/many", PAGE))
    tab.pick(INPUT, many)
    wait_until(lambda: running.user.photos_begun() >= 1)
    tab.toast_press("Cancel")
    wait_until(lambda: tab.toast_text() == "")
    assert not server.recorder.bodies


@pytest.mark.parametrize("answer", ["Don’t upload", "Upload the original", "Try again"])
def test_photos_that_fail_alike_are_asked_about_once(
    answer: str, running: Running, tab: Tab, server: Server, many: list[Path]
) -> None:
    running.remove_host()
    tab.goto(server.page("/many", PAGE))
    tab.pick(INPUT, many)
    wait_for_toast(tab, "about 20 photos")
    if answer == "Try again":
        running.user.use(Host.MARKING)
    assert len(tab.toast_places(answer)) == 1
    tab.toast_press(answer)
    if answer == "Don’t upload":
        wait_until(lambda: tab.toast_text() == "")
        assert not server.recorder.bodies
        return
    uploads = server.recorder.wait_for(20, timeout_s=60)
    assert {is_marked(upload.data) for upload in uploads} == {answer == "Try again"}

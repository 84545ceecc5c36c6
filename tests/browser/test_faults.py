"""A host that does what it should not, and what people can then decide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Running
from tests.browser.marks import is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab, wait_for_toast, wait_until
from tests.browser.test_upload_paths import assert_unseen
from tests.browser.upload_paths import INPUT, UPLOAD_PATHS
from tests.browser.user import Host

CLOSE_FIRST_PAGE = """
const tabs = await chrome.tabs.query({url: chrome.runtime.getURL("welcome/welcome.html")});
for (const {id} of tabs) await chrome.tabs.remove(id);
return tabs.length;
"""

PLAIN = next(upload_path for upload_path in UPLOAD_PATHS if upload_path.name == "file input")


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"mode": "crash"}, "stopped while it worked"),
        ({"mode": "damage"}, "did not arrive whole"),
        ({"mode": "mark", "protocol": 0}, "too old"),
        ({"mode": "error", "code": "engine_crashed"}, "engine stopped"),
    ],
    ids=["crash", "damaged bytes", "other protocol", "error"],
)
def test_host_that_fails_lets_nothing_out_and_may_be_tried_again(
    wish: dict[str, Any], words: str, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.use(Host.STANDIN)
    running.user.behave(**wish)
    tab.goto(server.url("/file-input"))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    wait_for_toast(tab, words)
    assert not server.recorder.bodies
    assert_unseen(PLAIN, tab, server, photos)
    running.user.behave("mark")
    tab.toast_press("Try again")
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert_unseen(PLAIN, tab, server, photos)


def test_original_goes_up_by_the_users_own_decision_only(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.remove_host()
    tab.goto(server.url("/file-input"))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    wait_for_toast(tab, "not installed")
    assert not server.recorder.bodies
    tab.toast_press("Upload the original")
    (upload,) = server.recorder.wait_for(1)
    assert upload.data == (photos / "astronaut.jpg").read_bytes()


def test_settings_can_forbid_the_original_without_a_host(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.remove_host()
    running.in_extension("await chrome.storage.local.set({settings: {hostMissing: 'block'}})")
    tab.goto(server.url("/file-input"))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    assert "Upload the original" not in wait_for_toast(tab, "not installed")
    tab.toast_press("Set up")
    wait_until(lambda: bool(running.in_extension(CLOSE_FIRST_PAGE)))
    tab.to_front()
    assert "not installed" in tab.toast_text(), "the question still stands"
    tab.toast_press("Don’t upload")
    wait_until(lambda: tab.toast_text() == "")
    assert not server.recorder.bodies
    assert_unseen(PLAIN, tab, server, photos)

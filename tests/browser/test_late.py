"""Pages that were there before the extension, or that outlive it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.conftest import BROWSERS, Running, start
from tests.browser.extension_build import build
from tests.browser.marks import is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab, wait_for, wait_for_toast, wait_until
from tests.browser.test_upload_paths import assert_unseen
from tests.browser.upload_paths import BUTTON, FRAME, HOST, INPUT, UPLOAD_PATHS, pick
from tests.browser.user import Host, User

PLAIN = next(upload_path for upload_path in UPLOAD_PATHS if upload_path.name == "file input")

PAGE = """<script src="/spy.js"></script>
<input type="file" id="f"><button id="b">Photo</button>
<div id="host" style="display: inline-block"></div>
<script>
  uploadOnChange(f);
  const root = host.attachShadow({ mode: "closed" });
  root.innerHTML = "<svg width=1 height=1></svg><input type=file>";
  uploadOnChange(root.lastChild);
  const kept = [f];
  inputs = () => kept;
  b.onclick = () => {
    const input = Object.assign(document.createElement("input"), { type: "file" });
    kept.push(input);
    uploadOnChange(input);
    input.click();
  };
</script>
<iframe src="/inner" width="600" height="300"></iframe>"""

FORM = """<form method="post" action="/upload" enctype="multipart/form-data">
<input type="file" id="f" name="photo"><button id="go">Send</button></form>"""


FIRST = """<script>
  const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "files");
  const bytes = Uint8Array.from(atob("PHOTO"), (c) => c.charCodeAt(0));
  const holding = () => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "mine.jpg", { type: "image/jpeg" }));
    const input = Object.assign(document.createElement("input"), { type: "file" });
    set.call(input, transfer.files);
    return input;
  };
  addEventListener("fawkes:bus", (event) => {
    window.bus = event.relatedTarget;
    event.stopImmediatePropagation();
    event.preventDefault();
    // By itself: what a driver has a page do counts as the user's.
    setTimeout(() => { window.did = { asks: asks() }; pretends(); }, 0);
  });
  const asks = () => {
    const parcel = holding();
    bus.addEventListener("answer", () => (window.answered = true));
    const targetRanges = [new StaticRange(
      { startContainer: parcel, startOffset: 0, endContainer: parcel, endOffset: 0 })];
    const data = JSON.stringify({ data: "", addresses: [[]] });
    return !bus.dispatchEvent(new InputEvent("cloak", { cancelable: true, data, targetRanges }));
  };
  const pretends = () => {
    const input = document.body.appendChild(holding());
    input.click();
    input.dispatchEvent(new Event("change", { bubbles: true }));
    const form = document.body.appendChild(document.createElement("form"));
    Object.assign(form, { target: "away", method: "post", enctype: "multipart/form-data" });
    form.append(holding());
    form.requestSubmit();
  };
</script><button id="b" onclick="window.later = asks()">Nothing</button>
<iframe name="away"></iframe>"""


@dataclass
class Late:
    running: Running
    tab: Tab
    form: Tab
    """Another such tab: there a photo had been chosen already."""

    first: Tab
    """Another one, whose page lies in wait for the extension."""


@pytest.fixture(scope="module", params=BROWSERS)
def late(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    server: Server,
    photos: Path,
) -> Iterator[Late]:
    """A browser with tabs that were open before the extension was installed."""
    user = User(tmp_path_factory.mktemp("late"))
    browser = start(request.param, user, request)
    try:
        user.behave("mark")
        user.use(Host.MARKING)
        form = browser.open_tab()
        form.goto(server.page("/form-before", FORM))
        form.pick(INPUT, [photos / "astronaut.jpg"])
        first = browser.open_tab()
        photo = base64.b64encode((photos / "second.jpg").read_bytes()).decode()
        first.goto(server.page("/first", FIRST.replace("PHOTO", photo)))
        tab = browser.open_tab()
        tab.goto(server.page("/before", PAGE))
        browser.install(build(tmp_path_factory.mktemp("extension") / "extension"))
        running = Running(browser, user)
        await_entry(running, tab)
        yield Late(running, tab, form, first)
    finally:
        browser.close()
        user.close()


def await_entry(running: Running, tab: Tab) -> None:
    """Until the background has been through the open tabs."""
    wait_until(
        lambda: running.in_extension("return (await chrome.storage.session.get('entered')).entered")
    )
    tab.to_front()


def install_anew(running: Running, tab: Tab, extension: Path) -> None:
    """As after an update: another copy of the extension takes over, and the old one is gone."""
    running.browser.install(extension)
    await_entry(running, tab)


def assert_protected(element: str, running: Running, tab: Tab, server: Server, photo: Path) -> None:
    server.recorder.clear()
    tab.pick(element, [photo])
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)


def test_page_that_was_there_first_has_nothing_cloaked_without_the_user(
    late: Late, server: Server, photos: Path
) -> None:
    """Be it by the bus, which it took, or by a selection or a form that nobody has sent."""
    running, tab, first = late.running, late.tab, late.first
    assert_protected(INPUT, running, tab, server, photos / "astronaut.jpg")
    assert running.user.photos_begun() == 1
    first.to_front()
    assert wait_for(first, "return window.did") == {"asks": False}
    first.click(BUTTON)
    wait_for(first, "return window.later && window.answered")
    tab.to_front()


def test_tab_from_before_the_install_is_protected(late: Late, server: Server, photos: Path) -> None:
    running, tab = late.running, late.tab
    for element in (INPUT, BUTTON, HOST):
        assert_protected(element, running, tab, server, photos / "astronaut.jpg")
    assert_unseen(PLAIN, tab, server, photos)
    server.recorder.clear()
    pick(frame=FRAME)(tab, [photos / "second.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)


def test_photo_chosen_before_the_install_is_cloaked_when_it_is_sent(
    late: Late, server: Server, photos: Path
) -> None:
    server.recorder.clear()
    late.form.to_front()
    late.form.click("document.querySelector('#go')")
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    late.tab.to_front()


def test_photo_under_way_at_an_update_stays_back(
    late: Late, server: Server, photos: Path, tmp_path: Path
) -> None:
    """And the tab lets none through afterwards: Chromium's old scripts are dead, but on guard."""
    running, tab = late.running, late.tab
    running.user.forget_log()
    server.recorder.clear()
    running.user.behave("mark", delay_s=20)
    tab.pick(INPUT, [photos / "second.jpg"])  # the other one would be answered from memory
    wait_until(lambda: running.user.photos_begun() == 1)
    wait_until(lambda: 'class="thumb"><canvas' in tab.toast_markup())
    running.user.behave("mark")
    install_anew(running, tab, build(tmp_path / "extension"))
    if running.name == "chromium":
        assert "switched off or removed" in wait_for_toast(tab, "Reload this page")
        tab.toast_press("Don’t upload")
    wait_until(lambda: tab.toast_text() == "", patience_s=15)
    assert not server.recorder.uploads
    assert_unseen(PLAIN, tab, server, photos)

    tab.pick(INPUT, [photos / "second.jpg"])
    if running.name == "chromium":
        wait_for_toast(tab, "Reload this page")
        assert not server.recorder.uploads
    else:
        (upload,) = server.recorder.wait_for(1)
        assert is_marked(upload.data)
    assert_unseen(PLAIN, tab, server, photos)

    server.recorder.clear()
    tab.goto(server.page("/after", PAGE))
    for element in (INPUT, BUTTON):
        assert_protected(element, running, tab, server, photos / "astronaut.jpg")
    assert_unseen(PLAIN, tab, server, photos)

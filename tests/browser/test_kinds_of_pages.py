"""Pages that are no tab with a document from a server: windows, plug-in elements, a worker's answer."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import ChromiumTab
from tests.browser.conftest import Running
from tests.browser.firefox import FirefoxTab
from tests.browser.marks import is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab, call_async, wait_for, wait_until
from tests.browser.test_upload_paths import assert_unseen
from tests.browser.upload_paths import BUTTON, INPUT, UPLOAD_PATHS

UPLOAD = (
    '<script src="/spy.js"></script><input type="file" id="f"><script>uploadOnChange(f)</script>'
)

PICTURE_IN_PICTURE = """<script src="/spy.js"></script><button id="b">Small</button><script>
b.onclick = async () => {
  const small = await documentPictureInPicture.requestWindow({ width: 300, height: 200 });
  const input = small.document.createElement("input");
  Object.assign(input, { type: "file", id: "f" });
  small.document.body.append(input);
  inputs = () => [input];
  uploadOnChange(input);
};
</script>"""

WRITTEN = r"""<button id="b">Open</button><script>
b.onclick = () => {
  const written = open("", "written");
  written.document.write(`<!doctype html><script>home = "HOME"<\/script>
    <script src="HOME/spy.js"><\/script><input type="file" id="f">
    <script>uploadOnChange(f);
    requestAnimationFrame(() => setTimeout(() => (opener.location = "/inner")))<\/script>`);
  written.document.close();
};
</script>"""


def opened_by(tab: Tab) -> Tab:
    """The window in which a page has put an input, as soon as it is there."""
    found: list[Tab] = []

    def look() -> bool:
        with contextlib.suppress(tab.driver_error):  # it may be on its way elsewhere
            tab.js("return 0")  # one driver hears of new pages while it is asked something
        for window in windows_beside(tab):
            with contextlib.suppress(tab.driver_error):
                if window.js(f"return {INPUT} !== null"):
                    found.append(window)
        return bool(found)

    wait_until(look)
    return found[0]


def windows_beside(tab: Tab) -> Iterator[Tab]:
    if isinstance(tab, ChromiumTab):
        for page in tab.chromium.context.pages:
            if page is not tab.page:
                yield ChromiumTab(tab.chromium, page)
        return
    assert isinstance(tab, FirefoxTab)
    for handle in tab.marionette.window_handles:
        if handle != tab.handle:
            tab.marionette.switch_to_window(handle, focus=False)
            yield FirefoxTab(tab.firefox, handle)
    tab.marionette.switch_to_window(tab.handle, focus=False)


def test_window_whose_opener_is_gone_gets_the_cloaked_photo(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(server.page("/opener", WRITTEN.replace("HOME", server.url(""))))
    tab.click(BUTTON)
    written = opened_by(tab)
    try:
        wait_for(tab, "return location.pathname === '/inner'")
        written.to_front()
        written.pick(INPUT, [photos / "astronaut.jpg"])
        (upload,) = server.recorder.wait_for(1)
        assert is_marked(upload.data)
        assert_unseen(UPLOAD_PATHS[0], written, server, photos)
    finally:
        written.close()
        tab.to_front()


PLUG_INS = {
    "object": "<object data='/plugged' type='text/html' width='600' height='300'></object>",
    "embed": "<embed src='/plugged' type='text/html' width='600' height='300'>",
    "frameset": "<frameset cols='50%,50%'><frame src='/plugged'></frameset>",
}


@pytest.mark.parametrize("kind", PLUG_INS)
def test_document_in_another_element_than_a_frame_gets_the_cloaked_photo(
    kind: str, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    style = "<style>body { margin: 0 } input { width: 300px; height: 60px }</style>"
    # A click before its first picture would be lost.
    ready = "<script>requestAnimationFrame(() => setTimeout(() => (parent.ready = true)))</script>"
    server.page("/plugged", style + UPLOAD + ready)
    tab.goto(server.page("/plugging", "<script>ready = false</script>" + PLUG_INS[kind]))
    wait_for(tab, "return window.ready")
    x, y = tab.js(
        "const r = document.querySelector('object, embed, frame').getBoundingClientRect();"
        "return [r.x + 40, r.y + 20]"
    )
    tab.pick(INPUT, [photos / "astronaut.jpg"], by=lambda: tab.press_at(x, y))
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)


WORKER = """
oninstall = () => skipWaiting();
onactivate = (event) => event.waitUntil(clients.claim());
onfetch = (event) => {
  const { pathname } = new URL(event.request.url);
  const headers = { "Content-Type": "text/html" };
  if (pathname === "/answered") event.respondWith(new Response(`UPLOAD`, { headers }));
  if (pathname === "/upload") event.respondWith(event.request.blob().then(async (body) =>
    fetch("/upload", { method: "POST", headers: event.request.headers, body })));
};"""


def test_page_that_a_service_worker_answers_for_sends_the_cloaked_photo_through_it(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    page = "<!doctype html>" + UPLOAD + "<script>answered = true</script>"
    script = WORKER.replace("UPLOAD", page)
    server.pages["/worker.js"] = (script, {"Content-Type": "text/javascript"})
    tab.goto(server.page("/registers", "<title>registers</title>"))
    call_async(
        tab,
        "await navigator.serviceWorker.register('/worker.js'); await navigator.serviceWorker.ready",
    )
    try:
        tab.goto(server.url("/answered"))
        wait_for(tab, "return window.answered && navigator.serviceWorker.controller !== null")
        tab.pick(INPUT, [photos / "astronaut.jpg"])
        (upload,) = server.recorder.wait_for(1)
        assert is_marked(upload.data)
        assert_unseen(UPLOAD_PATHS[0], tab, server, photos)
    finally:
        call_async(
            tab,
            "for (const one of await navigator.serviceWorker.getRegistrations())"
            " await one.unregister()",
        )


def test_picture_in_picture_window_gets_the_cloaked_photo(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(server.page("/picture-in-picture", PICTURE_IN_PICTURE))
    if not tab.js("return 'documentPictureInPicture' in window"):
        pytest.skip("this browser has no such windows")
    tab.click(BUTTON)
    wait_for(tab, "return Boolean(documentPictureInPicture.window?.document.querySelector('#f'))")
    small = opened_by(tab)
    small.to_front()
    small.pick(INPUT, [photos / "astronaut.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    tab.to_front()
    assert_unseen(UPLOAD_PATHS[0], tab, server, photos)
    tab.js("documentPictureInPicture.window.close(); return true")

"""Questions: where they are asked, and that nobody answers one that was not seen as it is."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest

from tests.browser.conftest import Running
from tests.browser.marks import is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab, wait_for, wait_for_toast, wait_until
from tests.browser.upload_paths import INPUT
from tests.browser.user import Host

SPY = '<script src="/spy.js"></script>'
FILE_INPUT = SPY + '<input type="file" id="f"><script>uploadOnChange(f)</script>'
ORIGINAL = "Upload the original"

COVERS = {
    "popover that lets clicks through": """
      <style>#p { inset: 0; width: 100vw; height: 100vh; pointer-events: none; background: #fff }</style>
      <div popover=manual id=p>Win a prize</div>
      <script>setInterval(() => { if (p.matches(":popover-open")) p.hidePopover(); p.showPopover() }, 50)</script>""",
    "view transition": """
      <style>::view-transition { pointer-events: none }
      ::view-transition-group(root) { animation-duration: 1000s }
      ::view-transition-old(root) { animation: still 1000s; z-index: 1 }
      ::view-transition-new(root) { animation: still 1000s; opacity: 0 }
      @keyframes still { from { translate: 0 } }</style>
      <script>cover = () => document.startViewTransition(() => {})</script>""",
    "zoom of the page": "<style>html { zoom: 0.1 }</style>",
    "page that is not shown": "<script>cover = () => (document.documentElement.style.display = 'none')</script>",
    "page that takes the toast away": """<script>
      cover = () => {
        const take = () => { for (const e of document.querySelectorAll("[popover=manual]")) e.remove() };
        new MutationObserver(take).observe(document.documentElement, { childList: true });
        take();
      };</script>""",
}


def ask(tab: Tab, running: Running, photos: Path) -> None:
    """Chooses a photo that cannot be cloaked: there is no host."""
    tab.pick(INPUT, [photos / "astronaut.jpg"])


def press_everywhere(tab: Tab) -> None:
    """What a person does who presses what the page shows there."""
    for _ in range(6):
        for place in tab.toast_places(ORIGINAL):
            tab.press_at(*place)
        time.sleep(0.2)


@pytest.mark.parametrize("cover", COVERS)
def test_original_does_not_go_up_from_under_a_cover(
    cover: str, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.remove_host()
    tab.goto(server.page("/cover", FILE_INPUT + COVERS[cover]))
    ask(tab, running, photos)
    wait_for_toast(tab, "not installed")
    tab.js("window.cover?.(); return true")
    press_everywhere(tab)
    with running.browser.ask_window() as window:
        assert not server.recorder.bodies
        wait_until(lambda: not tab.toast_places(ORIGINAL))
        wait_for(window, "return document.querySelectorAll('button').length === 4")
        assert "astronaut.jpg" in window.js("return document.body.innerText")
        window.click(
            "[...document.querySelectorAll('button')].find((b) => b.textContent === 'Don’t upload')"
        )
    wait_until(lambda: tab.toast_text() == "")
    assert not server.recorder.bodies


GO = "document.querySelector('#go')"

LATER = {
    "dialog opened later": (
        "<dialog id=d><button id=go>x</button></dialog>",
        "d.showModal()",
    ),
    "nested dialogs": (
        "<dialog id=inner>in</dialog><dialog id=d><dialog id=e>b</dialog></dialog>",
        "d.showModal(); e.showModal(); inner.showModal()",
    ),
    "dialog in a closed shadow root": (
        "<div id=h></div><script>s = h.attachShadow({mode: 'closed'});"
        "s.innerHTML = '<dialog>b</dialog>'</script>",
        "s.querySelector('dialog').showModal()",
    ),
    "popover over everything": (
        "<style>#p { inset: 0; width: 100vw; height: 100vh }</style><div popover id=p>x</div>",
        "p.showPopover()",
    ),
    "removed by the page": (
        "",
        "new MutationObserver((records) => { for (const { addedNodes } of records)"
        " for (const node of addedNodes) if (node.popover && !window.gone) { window.gone = true; node.remove() } })"
        ".observe(document.documentElement, { childList: true });"
        "for (const e of document.querySelectorAll('[popover=manual]')) e.remove()",
    ),
    "closed by the page": (
        "",
        "for (const e of document.querySelectorAll('[popover=manual]')) e.hidePopover()",
    ),
    "styled by the page": (
        "<style>[popover] { display: none !important; opacity: 0 !important; scale: 0.01 !important }"
        "html { opacity: 0; filter: blur(9px); transform: scale(0.1) }</style>",
        "",
    ),
}


@pytest.mark.parametrize("kind", LATER)
def test_question_comes_to_the_top_of_the_page(
    kind: str, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    html, later = LATER[kind]
    running.remove_host()
    tab.goto(server.page("/later", FILE_INPUT + html))
    ask(tab, running, photos)
    wait_for_toast(tab, "not installed")
    tab.js(later + "; return true")
    wait_until(lambda: in_reach(tab))
    running.user.use(Host.MARKING)
    tab.toast_press("Try again")
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)


def reachable(tab: Tab) -> tuple[float, float] | None:
    """Where the pointer finds a button of a toast of the page itself."""
    found = (
        "const e = (window.s ?? document).elementFromPoint(...arguments);"
        "return e !== null && e.popover === 'manual' && e.matches(':popover-open')"
    )
    places = tab.toast_places("Try again")
    return next((place for place in places if tab.js(found, *place)), None)


def in_reach(tab: Tab) -> bool:
    return reachable(tab) is not None


def test_question_is_above_what_is_fullscreen(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.remove_host()
    tab.goto(
        server.page(
            "/fullscreen",
            FILE_INPUT
            + "<button id=go aria-pressed=false onclick='full.requestFullscreen()'>Full</button>"
            "<div id=full style='background: #fff'>Full</div>",
        )
    )
    ask(tab, running, photos)
    wait_for_toast(tab, "not installed")
    tab.click(GO)
    wait_for(tab, "return document.fullscreenElement !== null")
    wait_until(lambda: in_reach(tab))
    tab.toast_press("Don’t upload")
    wait_until(lambda: tab.toast_text() == "")
    tab.js("document.exitFullscreen(); return true")
    wait_for(tab, "return document.fullscreenElement === null")


FRAMES = {
    "small": "<iframe id=frame src='{}' width=160 height=32></iframe>",
    "transparent": "<iframe id=frame src='{}' width=600 height=400 style='opacity: 0'></iframe>",
    "scrolled out of view": "<div style='height: 200px; overflow: auto'>"
    "<iframe id=frame src='{}' width=600 height=400></iframe><div style='height: 2000px'></div></div>",
    "hidden": "<iframe id=frame src='{}' width=600 height=400></iframe>",
}
AFTERWARDS = {
    "scrolled out of view": "frame.parentNode.scrollTop = 2000",
    "hidden": "frame.style.display = 'none'",
}
FRAME = "document.querySelector('#frame')"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("kind", FRAMES)
def test_frame_without_room_asks_on_the_page_around_it(
    kind: str, host: str, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.remove_host()
    server.page("/inside", "<style>body { margin: 0 }</style>" + FILE_INPUT)
    tab.goto(server.page("/around", FRAMES[kind].format(server.url("/inside", host=host))))
    with tab.frame(FRAME):
        wait_for(tab, "return document.readyState === 'complete'")
        ask(tab, running, photos)
    tab.js(AFTERWARDS.get(kind, "") + "; return true")
    wait_until(lambda: in_reach(tab))
    wait_until(lambda: len(tab.toast_places("Try again")) == 1)
    running.user.use(Host.MARKING)
    place = reachable(tab)
    assert place
    tab.press_at(*place)
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    wait_until(lambda: not in_reach(tab))


def test_question_of_a_frame_is_asked_in_one_place(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    """Firefox cannot tell what is seen of a frame of another site."""
    running.remove_host()
    server.page("/inside", FILE_INPUT)
    frame = "<iframe id=frame src='{}' width=600 height=400></iframe>"
    tab.goto(server.page("/around", frame.format(server.url("/inside", host="localhost"))))
    with tab.frame(FRAME):
        wait_for(tab, "return document.readyState === 'complete'")
        ask(tab, running, photos)
    wait_for_toast(tab, "not installed")
    moves = tab.browser == "firefox"
    wait_until(lambda: in_reach(tab) == moves and len(tab.toast_places("Try again")) == 1)
    assert tab.toast_text().count("not installed") == 1
    assert ("asked in the corner" in tab.toast_text()) == moves
    tab.toast_press("Don’t upload")
    wait_until(lambda: tab.toast_text() == "")
    assert not server.recorder.bodies


def test_frame_without_room_asks_in_a_window_where_the_page_is_not_covered(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.remove_host()
    server.page("/inside", "<style>body { margin: 0 }</style>" + FILE_INPUT)
    page = FRAMES["small"].format(server.url("/inside"))
    url = server.page("/around", page).replace("127.0.0.1", "plain.test")
    tab.goto(url)
    with tab.frame(FRAME):
        wait_for(tab, "return document.readyState === 'complete'")
        ask(tab, running, photos)
    with running.browser.ask_window() as window:
        wait_for(window, "return document.querySelectorAll('button').length === 4")
        assert "127.0.0.1" in window.js("return document.body.innerText")
        running.user.use(Host.MARKING)
        press(window, "Try again")
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)


def press(window: Tab, text: str) -> None:
    """Presses a button of the extension's window, which may close it under the driver's hands."""
    with contextlib.suppress(window.driver_error):
        window.click(labelled(text))


def labelled(text: str) -> str:
    return f"[...document.querySelectorAll('button')].find((b) => b.textContent === {text!r})"


def test_window_that_is_closed_keeps_the_photo_back(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.remove_host()
    tab.goto(server.page("/cover", FILE_INPUT + COVERS["zoom of the page"]))
    ask(tab, running, photos)
    with running.browser.ask_window() as window:
        wait_for(window, "return document.querySelectorAll('button').length === 4")
        window.close()
    wait_until(lambda: tab.toast_text() == "")
    assert not server.recorder.bodies


SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400">
<foreignObject width="600" height="400"><input xmlns="http://www.w3.org/1999/xhtml" type="file" id="f"/>
</foreignObject></svg>"""
XML = """<?xml version="1.0"?><note><text>A note</text>
<input xmlns="http://www.w3.org/1999/xhtml" type="file" id="f"/></note>"""
XHTML = """<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head>
<body><input type="file" id="f"/></body></html>"""


@pytest.mark.parametrize(
    ("document", "media"),
    [(SVG, "image/svg+xml"), (XML, "text/xml"), (XHTML, "application/xhtml+xml")],
    ids=["SVG", "XML", "XHTML"],
)
def test_documents_that_are_no_html_ask_too(
    document: str, media: str, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.remove_host()
    server.pages["/drawing"] = (document, {"Content-Type": media})
    tab.goto(server.url("/drawing"))
    ask(tab, running, photos)
    wait_for_toast(tab, "not installed")
    wait_until(lambda: in_reach(tab))
    running.user.use(Host.MARKING)
    tab.toast_press("Try again")
    wait_for(tab, "return document.querySelector('#f').files.length === 1")
    wait_for_toast(tab, "1 face cloaked")

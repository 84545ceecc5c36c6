"""Frames of sites where Fawkes may not look: popup and badge name them, one button covers them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium
from tests.browser.conftest import BROWSERS, Running, start
from tests.browser.extension_build import LOOPBACK, build
from tests.browser.marks import is_marked
from tests.browser.patience import PATIENCE_S
from tests.browser.server import Server
from tests.browser.tab import Tab, call_async, wait_for, wait_until
from tests.browser.upload_paths import FRAME, INPUT, pick
from tests.browser.user import Host, User

WIDGET = "plain.test"
ANOTHER = "widget.test"
AGREED = "agreed.test"
UNCOVERED = (WIDGET, ANOTHER, AGREED)

UPLOADER = """<input type="file" id="f">
<script>f.onchange = () => { if (f.files.length) parent.postMessage(f.files[0], "*"); };</script>"""

TAKER = """<script>
onmessage = ({ data }) => fetch("/upload/photo.jpg", { method: "POST", body: data });
</script>"""


@dataclass
class Framed:
    """A browser in which the extension may look at the loopback hosts alone."""

    running: Running
    grant: Callable[[str], None]
    """What the browser does when the user agrees."""

    def number_of(self, tab: Tab) -> int:
        tab.to_front()
        (number,) = self.running.in_extension(
            "return (await chrome.tabs.query({active: true, lastFocusedWindow: true})).map(({id}) => id)"
        )
        return int(number)

    def badge(self, number: int) -> tuple[str, str]:
        text, title = self.running.in_extension(
            "const tabId = args[0];"
            "return [await chrome.action.getBadgeText({tabId}), await chrome.action.getTitle({tabId})]",
            number,
        )
        return text, title

    def popup(self, number: int) -> Tab:
        opened = self.running.extension_page(f"popup/popup.html?tab={number}")
        wait_for(opened, "return document.querySelector('#headline').textContent")
        return opened


def wait_for_badge(framed: Framed, number: int, text: str) -> None:
    wait_until(lambda: framed.badge(number)[0] == text)


def withhold(browser: Chromium, granted: tuple[str, ...]) -> Callable[[str], None]:
    """Takes the permission for all sites but these away, as people can on the browser's own page.

    The browser's question shows in a window that no test reaches; this grants what it would.
    """
    page = browser.open_tab()
    page.goto("chrome://extensions")
    change = (
        "const id = chrome.developerPrivate && args[0];"
        "await chrome.developerPrivate[args[1]](...args[2] ? [id, args[2]] : [{extensionId: id, hostAccess: 'ON_SPECIFIC_SITES'}]);"
    )
    identity = browser.extension_url("").split("/")[2]
    call_async(page, change, identity, "updateExtensionConfiguration", None)

    def grant(pattern: str) -> None:
        call_async(page, change, identity, "addHostPermission", pattern)

    for pattern in granted:
        grant(pattern)
    return grant


def answered_by_itself(pattern: str) -> None:
    """A preference of the tests' Firefox says yes."""


@pytest.fixture(scope="module", params=BROWSERS)
def started(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Framed]:
    user = User(tmp_path_factory.mktemp("frames"))
    browser = start(request.param, user, request)
    extension = tmp_path_factory.mktemp("extension") / "extension"
    try:
        user.behave("mark")
        user.use(Host.MARKING)
        if isinstance(browser, Chromium):
            patterns = tuple(f"http://{host}/*" for host in UNCOVERED)
            browser.install(build(extension, allowed=patterns))
            grant = withhold(browser, LOOPBACK)
        else:
            browser.install(build(extension))
            grant = answered_by_itself
        yield Framed(Running(browser, user), grant)
    finally:
        browser.close()
        user.close()


@pytest.fixture
def framed(started: Framed, server: Server) -> Framed:
    started.running.reset()
    server.recorder.clear()
    return started


def frame(address: str, attributes: str = "") -> str:
    return f'<iframe src="{address}" width="300" height="120" {attributes}></iframe>'


def uncovered_of(popup: Tab) -> list[str]:
    """The lines of the popup's list, once it has looked."""
    return list(
        popup.js(
            "return [...document.querySelectorAll('#uncovered li')].map((line) =>"
            " [...line.querySelectorAll('span')].map((part) => part.textContent).join(': '))"
        )
    )


def settled(popup: Tab, expected: list[str]) -> list[str]:
    """The lines of the popup's list when they are as expected, or after a while."""
    end = time.monotonic() + PATIENCE_S
    while (lines := uncovered_of(popup)) != expected and time.monotonic() < end:
        time.sleep(0.05)
    return lines


def test_whatever_holds_the_frame_it_is_named(framed: Framed, server: Server) -> None:
    running = framed.running
    server.page("/uploader", UPLOADER)
    widget = server.url("/uploader", host=WIDGET)
    another = server.url("/uploader", host=ANOTHER)
    server.page("/speaks", "<script>parent.postMessage('ready', '*')</script>")
    server.page(
        "/moves", f"<script>location.replace('{server.url('/speaks', host=ANOTHER)}')</script>"
    )
    server.page("/moves-on", f"<script>location.replace('{widget}')</script>")
    shadow = """<div id="h"></div><script>
      const inner = document.createElement("iframe");
      inner.src = "ADDRESS";
      h.attachShadow({ mode: "closed" }).append(inner);
    </script>"""
    server.page("/around", frame(widget))
    pages = {
        "sandboxed": (frame(widget, "sandbox"), [f"{WIDGET}: 1 part"]),
        "object": (
            f'<object data="{widget}" width="90" height="90"></object>',
            [f"{WIDGET}: 1 part"],
        ),
        "embed": (f'<embed src="{widget}" width="90" height="90">', [f"{WIDGET}: 1 part"]),
        "shadow root": (shadow.replace("ADDRESS", widget), [f"{WIDGET}: 1 part"]),
        "in a frame": (frame(server.url("/around", host="localhost")), [f"{WIDGET}: 1 part"]),
        "several": (
            frame(another) + frame(widget) * 2,
            [f"{ANOTHER}: 1 part", f"{WIDGET}: 2 parts"],
        ),
        "moved, and speaks": (frame(server.url("/moves")), [f"{ANOTHER}: 1 part"]),
        "moved, in silence": (
            frame(server.url("/moves-on")),
            ["A site that cannot be told: 1 part"],
        ),
        "out of sight": (
            f'<iframe src="{widget}" style="width: 1px; height: 1px"></iframe>',
            [f"{WIDGET}: 1 part, out of sight"],
        ),
    }
    tab = running.browser.open_tab()
    number = framed.number_of(tab)
    popup = framed.popup(number)
    for name, (html, expected) in pages.items():
        tab.to_front()
        tab.goto(server.page("/frames-" + name.replace(" ", "-"), html))
        popup.to_front()
        popup.goto(running.browser.extension_url(f"popup/popup.html?tab={number}"))
        assert settled(popup, expected) == expected, name
        kind = wait_for(popup, "return document.querySelector('#state').dataset.kind")
        assert kind == ("on" if name == "out of sight" else "attention"), name
        wait_for_badge(framed, number, "" if name == "out of sight" else "½")


def test_frames_that_are_covered_raise_no_alarm(framed: Framed, server: Server) -> None:
    other = server.url("/inner", host="localhost")
    server.page("/around", frame(other) + frame(server.url("/inner")))
    picture = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    server.pages["/picture.svg"] = (picture, {"Content-Type": "image/svg+xml"})
    blob = "URL.createObjectURL(new Blob(['blob'], { type: 'text/html' }))"
    html = (
        frame(other)
        + frame(other, "sandbox")
        + frame(other, 'sandbox="allow-scripts"')
        + frame(server.url("/around", host="localhost"))
        + frame("data:text/html,data")
        + frame(server.url("/picture.svg", host="localhost"))
        + '<iframe srcdoc="own"></iframe><iframe></iframe><iframe src="javascript:1"></iframe>'
        + f'<object data="{other}"></object><embed src="{other}"><div id="h"></div>'
        + f"""<script>
          const root = h.attachShadow({{ mode: "closed" }});
          for (const address of ["{other}", "about:blank", {blob}]) {{
            const inner = document.createElement("iframe");
            inner.src = address;
            root.append(inner);
            document.body.append(inner.cloneNode());
          }}
        </script>"""
    )
    tab = framed.running.browser.open_tab()
    tab.goto(server.page("/covered-frames", html))
    number = framed.number_of(tab)
    popup = framed.popup(number)
    answers = framed.running.in_extension(
        "const told = [];"
        "for (let at = 0; at < 4; at += 1) {"
        "  told.push(await chrome.runtime.sendMessage({type: 'frames', tab: args[0]}));"
        "  await new Promise((done) => setTimeout(done, 200));"
        "} return told.map(({uncovered}) => uncovered)",
        number,
    )
    assert answers == [[]] * 4
    assert uncovered_of(popup) == []
    assert popup.js("return document.querySelector('#state').dataset.kind") == "on"
    wait_for_badge(framed, number, "")


def test_badge_follows_frames_that_come_late_and_in_a_background_that_was_ended(
    framed: Framed, server: Server
) -> None:
    server.page("/uploader", UPLOADER)
    tab = framed.running.browser.open_tab()
    tab.goto(server.page("/empty", "<p>No frames yet</p>"))
    number = framed.number_of(tab)
    framed.running.browser.kill_background()
    tab.js(
        "const inner = document.createElement('iframe'); inner.src = arguments[0];"
        "document.body.append(inner); return true",
        server.url("/uploader", host=WIDGET),
    )
    wait_for_badge(framed, number, "½")


def test_page_that_is_not_covered_says_which_of_its_frames_are(
    framed: Framed, server: Server
) -> None:
    server.page("/around", frame(server.url("/inner", host="localhost")))
    tab = framed.running.browser.open_tab()
    tab.goto(server.url("/around", host=WIDGET))
    number = framed.number_of(tab)
    wait_until(lambda: framed.badge(number) == ("", "Fawkes: this site is not protected"))
    expected = {"uncovered": [], "covered": ["localhost"]}
    asked = "return chrome.runtime.sendMessage({type: 'frames', tab: args[0]})"
    wait_until(lambda: bool(framed.running.in_extension(asked, number) == expected))


def test_badge_says_that_the_host_is_missing(framed: Framed, server: Server) -> None:
    running = framed.running
    tab = running.browser.open_tab()
    tab.goto(server.url("/file-input"))
    number = framed.number_of(tab)
    popup = framed.popup(number)
    wait_for_badge(framed, number, "")
    running.remove_host()
    popup.js("location.reload(); return true")
    wait_until(lambda: framed.badge(number) == ("!", "Fawkes: photos cannot be cloaked now"))
    running.user.use(Host.MARKING)
    popup.js("location.reload(); return true")
    wait_for_badge(framed, number, "")


def test_first_page_recommends_every_site_and_takes_no_for_an_answer(framed: Framed) -> None:
    page = framed.running.extension_page("welcome/welcome.html")
    wait_for(page, "return document.querySelector('#every').getClientRects().length")
    page.js(
        "window.asked = []; chrome.permissions.request = async ({origins}) =>"
        " { asked.push(...origins); return false; }; return true"
    )
    page.click("document.querySelector('#every')")
    wait_for(page, "return asked.length === 1 && asked[0] === '*://*/*'")
    step = "return document.querySelector('#step-sites').classList.contains('is-done')"
    assert not page.js(step)
    page.click("document.querySelector('#listed')")
    assert page.js(step)
    assert "on the list are protected" in page.js("return document.body.innerText")
    assert page.js("return document.querySelector('#every').getClientRects().length")


def test_frame_that_is_not_covered_is_named_and_one_button_covers_it(
    framed: Framed, server: Server, photos: Path
) -> None:
    running = framed.running
    server.page("/uploader", UPLOADER)
    tab = running.browser.open_tab()
    tab.goto(server.page("/takes", TAKER + frame(server.url("/uploader", host=AGREED))))
    number = framed.number_of(tab)
    wait_until(lambda: framed.badge(number)[0] == "½" and AGREED in framed.badge(number)[1])

    popup = framed.popup(number)
    wait_until(lambda: uncovered_of(popup) == [f"{AGREED}: 1 part"])
    headline = "return document.querySelector('#headline').textContent"
    assert popup.js(headline) == "Not cloaked everywhere"
    if running.name == "chromium":
        popup.js(
            "const {permissions} = chrome; window.asked = null;"
            "permissions.request = async ({origins}) => { window.asked = origins;"
            " while (!await permissions.contains({origins: ['http://agreed.test/*']}))"
            " await new Promise((done) => setTimeout(done, 20)); return true; }; return true"
        )
    popup.click("document.querySelector('#uncovered button')")
    if running.name == "chromium":
        assert wait_for(popup, "return window.asked") == [f"*://*.{AGREED}/*"]
    framed.grant(f"http://{AGREED}/*")
    wait_for(popup, f"{headline} === 'Photos are cloaked here'")
    wait_for_badge(framed, number, "")

    for reload in (False, True):
        tab.to_front()
        if reload:
            tab.goto(server.url("/takes"))
        pick(frame=FRAME)(tab, [photos / "astronaut.jpg"])
        (upload,) = server.recorder.wait_for(1)
        assert is_marked(upload.data)
        server.recorder.clear()

    # So is the site itself, when it is opened.
    server.page("/own", TAKER + UPLOADER)
    tab.goto(server.url("/own", host=AGREED))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)

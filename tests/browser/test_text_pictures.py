"""Photos that travel as text, in HTML and other strings of a paste, a drop or the clipboard."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from PIL import Image

from tests.browser.conftest import Running
from tests.browser.marks import is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab, call_async, wait_for, wait_for_toast, wait_until
from tests.browser.upload_paths import BUTTON, ZONE

PASTE = """<div id="zone" contenteditable style="height: 160px; border: 1px dashed">Here</div>
<script>
  window.trusted = [];
  const read = (transfer) =>
    fetch("/upload", { method: "POST", body: JSON.stringify(
      Object.fromEntries([...transfer.types].map((type) => [type, transfer.getData(type)]))) });
  zone.onpaste = (event) => {
    event.preventDefault();
    trusted.push(event.isTrusted);
    read(event.clipboardData);
  };
  zone.ondragover = (event) => event.preventDefault();
  zone.ondrop = (event) => { event.preventDefault(); read(event.dataTransfer) };
</script>"""

EDITOR = '<div id="zone" contenteditable style="height: 260px; border: 1px dashed">abc def</div>'


@pytest.fixture(scope="module")
def picture(photos: Path) -> bytes:
    out = io.BytesIO()
    with Image.open(photos / "astronaut.jpg") as photo:
        photo.resize((256, 256)).save(out, "JPEG", quality=90)
    return out.getvalue()


def url(picture: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(picture).decode()


def svg(picture: bytes) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{url(picture)}"/></svg>'


FORMS: dict[str, Callable[[bytes], dict[str, str]]] = {
    "HTML": lambda p: {"text/html": f'<b>one</b><img src="{url(p)}"> two'},
    "style": lambda p: {"text/html": f"<p style=\"background: url('{url(p)}')\">one</p>"},
    "drawing": lambda p: {"text/html": f'<img src="data:image/svg+xml,{quote(svg(p))}">'},
    "bytes": lambda p: {"text/html": f'<img src="data:image/jpeg,{quote(p)}">'},
    "plain": lambda p: {"text/plain": f"Look: {url(p)} !"},
    "RTF": lambda p: {"text/rtf": "{\\rtf1{\\pict\\jpegblip\n" + p.hex() + "}}"},
    "own type": lambda p: {"application/x-chat": json.dumps({"image": url(p)[23:]})},
}


def pictures_in(body: str) -> list[bytes]:
    """Every picture in a text, in the forms that are tried here."""
    body = unquote(body)
    found = [base64.b64decode(run) for run in re.findall(r"/9j/[A-Za-z0-9+/]+=*", body)]
    return found + [bytes.fromhex(run) for run in re.findall(r"ffd8ff[0-9a-f]+", body)]


def assert_cloaked(body: str, picture: bytes) -> None:
    body = body.replace("\0", "")  # some clipboards hold RTF in letters of two bytes
    for form in (url(picture)[23:], picture.hex(), quote(picture), quote(url(picture)[23:])):
        assert form[:200] not in body
    assert [is_marked(found) for found in pictures_in(body)] == [True]


@pytest.mark.parametrize("how", ["paste", "drop"])
@pytest.mark.parametrize("form", FORMS)
def test_picture_in_a_text_is_cloaked(
    how: str, form: str, running: Running, tab: Tab, server: Server, picture: bytes
) -> None:
    if running.name == "firefox" and how == "paste" and form == "own type":
        pytest.skip("types of one's own stay within a page in Firefox")
    if running.name == "chromium" and how == "paste" and form == "RTF":
        pytest.skip("Chromium gives a page nothing of the RTF that a page has copied")
    tab.goto(server.page("/flavours", PASTE))
    texts = FORMS[form](picture)
    if how == "drop":
        tab.drop(ZONE, [], texts)
    else:
        tab.click(ZONE)
        tab.put_texts_on_clipboard(texts)
        tab.press_paste()
    (body,) = json.loads(server.recorder.wait_for_body()).values()
    assert_cloaked(body, picture)


def test_text_without_a_picture_keeps_the_browsers_own_event(
    running: Running, tab: Tab, server: Server
) -> None:
    tab.goto(server.page("/flavours", PASTE))
    tab.click(ZONE)
    tab.put_texts_on_clipboard({"text/html": "<b>one</b> data: two"})
    tab.press_paste()
    assert "<b>one</b> data: two" in json.loads(server.recorder.wait_for_body())["text/html"]
    assert tab.js("return trusted") == [True]
    assert running.user.photos_begun() == 0


def test_what_is_given_up_is_taken_out_of_the_text(
    running: Running, tab: Tab, server: Server, picture: bytes
) -> None:
    running.user.behave("error", code="damaged_image", parameters={"detail": "x"})
    tab.goto(server.page("/flavours", PASTE))
    tab.click(ZONE)
    tab.put_texts_on_clipboard(FORMS["HTML"](picture))
    tab.press_paste()
    wait_for_toast(tab, "damaged")
    tab.toast_press("Don’t upload")
    assert "<b>one</b> two" in json.loads(server.recorder.wait_for_body())["text/html"]


def test_rich_text_that_nobody_handles_is_inserted_with_cloaked_pictures(
    running: Running, tab: Tab, server: Server, picture: bytes
) -> None:
    running.user.behave("mark", delay_s=0.3)
    tab.goto(server.page("/editor", EDITOR))
    tab.click(ZONE)
    html = f"""<b>one</b><img src="{url(picture)}" onload="window.ran = 1"><i>two</i>"""
    tab.put_texts_on_clipboard({"text/html": html, "text/plain": "one two"})
    tab.press_paste()
    wait_for(tab, "return document.querySelector('#zone img')?.complete")
    assert_cloaked(tab.js("return zone.innerHTML"), picture)
    assert tab.js("return [zone.textContent, zone.querySelector('i').textContent]") == [
        "abc defonetwo",
        "two",
    ]
    assert tab.js("return window.ran ?? null") is None


def test_text_dropped_into_an_editor_is_inserted_with_cloaked_pictures(
    running: Running, tab: Tab, server: Server, picture: bytes
) -> None:
    tab.goto(server.page("/editor", EDITOR))
    tab.drop(ZONE, [], FORMS["HTML"](picture))
    wait_for(tab, "return document.querySelector('#zone img')?.complete")
    assert_cloaked(tab.js("return zone.innerHTML"), picture)
    assert tab.js("return zone.querySelector('b').textContent") == "one"


@pytest.mark.parametrize("control", ["textarea", "input"])
def test_plain_text_goes_where_the_caret_was(
    control: str, running: Running, tab: Tab, server: Server, picture: bytes
) -> None:
    running.user.behave("mark", delay_s=1)
    tab.goto(server.page("/control", f'<{control} id="zone"></{control}>'))
    tab.click(ZONE)
    tab.js("zone.value = 'onetwo'; zone.setSelectionRange(3, 3)")
    tab.put_texts_on_clipboard({"text/plain": f"[{url(picture)}]"})
    tab.js("zone.setSelectionRange(3, 3)")
    tab.press_paste()
    wait_until(lambda: running.user.photos_begun() == 1)
    tab.js("zone.value = 'more ' + zone.value; zone.setSelectionRange(1, 1)")
    value = wait_for(tab, "return zone.value.length > 20 && zone.value")
    assert (value[:9], value[-4:]) == ("more one[", "]two")
    assert_cloaked(value, picture)
    assert tab.js("return zone.selectionStart") == 1


def test_rich_text_goes_where_the_caret_was(
    running: Running, tab: Tab, server: Server, picture: bytes
) -> None:
    running.user.behave("mark", delay_s=1)
    tab.goto(server.page("/editor", EDITOR + '<div id="other" contenteditable>other</div>'))
    tab.click(ZONE)
    tab.put_texts_on_clipboard(FORMS["HTML"](picture))
    tab.js("getSelection().collapse(zone.firstChild, 3)")
    tab.press_paste()
    wait_until(lambda: running.user.photos_begun() == 1)
    tab.js("other.focus(); getSelection().collapse(other.firstChild, 2)")
    wait_for(tab, "return zone.querySelector('img')")
    assert tab.js("return zone.textContent").replace("\xa0", " ") == "abcone two def"
    assert tab.js("return other.textContent") == "other"
    wait_for(tab, "return document.activeElement === other")
    assert tab.js("return getSelection().anchorOffset") == 2


def test_a_closed_shadow_root_gets_it_where_the_caret_was(
    running: Running, tab: Tab, server: Server, picture: bytes
) -> None:
    page = """<div id="host"></div><script>
      window.root = host.attachShadow({ mode: "closed" });
      root.append(document.createElement("textarea"));
    </script>"""
    tab.goto(server.page("/shadow-editor", page))
    tab.click("root.firstChild")
    tab.put_texts_on_clipboard({"text/plain": url(picture)})
    tab.press_paste()
    value = wait_for(tab, "return root.firstChild.value")
    assert_cloaked(value, picture)


MOVES = {
    "another address": "history.pushState(null, '', '/another-chat')",
    "another editor": "const next = zone.cloneNode(true); zone.replaceWith(next); next.focus()",
}


@pytest.mark.parametrize("move", MOVES)
def test_page_that_has_moved_on_gets_nothing_unasked(
    move: str, running: Running, tab: Tab, server: Server, picture: bytes
) -> None:
    for answer in ("Don’t insert", "Insert here"):
        running.user.behave("mark", delay_s=1)
        running.user.forget_log()
        tab.goto(server.page("/editor", EDITOR))
        tab.click(ZONE)
        tab.put_texts_on_clipboard(FORMS["HTML"](picture))
        tab.press_paste()
        wait_until(lambda: running.user.photos_begun() == 1)
        tab.js(MOVES[move])
        wait_for_toast(tab, "moved on since")
        assert tab.js("return document.querySelector('img')") is None
        tab.toast_press(answer)
        if answer == "Insert here":
            wait_for(tab, "return document.querySelector('#zone img')")
        else:
            wait_until(lambda: "moved on" not in tab.toast_text())
            assert tab.js("return document.querySelector('img')") is None


def test_a_table_with_its_picture_stays_a_table(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(server.page("/editor", EDITOR))
    tab.click(ZONE)
    table = "<table><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"
    texts = {"text/html": table, "text/plain": "1\t2"}
    tab.put_texts_on_clipboard(texts, photos / "astronaut.png")
    tab.press_paste()
    wait_for(tab, "return zone.querySelector('table')")
    assert tab.js("return [zone.querySelectorAll('td').length, zone.querySelector('img')]") == [
        2,
        None,
    ]
    assert running.user.photos_begun() == 1, "the page might have taken the picture"


def test_an_editor_that_listens_to_beforeinput_gets_one(
    running: Running, tab: Tab, server: Server, picture: bytes
) -> None:
    listen = """<script>
      window.got = [];
      zone.addEventListener("beforeinput", (event) => {
        const { inputType, dataTransfer } = event;
        got.push([inputType, dataTransfer.getData("text/html"), event.getTargetRanges().length]);
        event.preventDefault();
      });
    </script>"""
    tab.goto(server.page("/editor-of-its-own", EDITOR + listen))
    tab.click(ZONE)
    tab.put_texts_on_clipboard(FORMS["HTML"](picture))
    tab.press_paste()
    ((kind, html, ranges),) = wait_for(tab, "return got.length > 0 && got")
    assert (kind, ranges) == ("insertFromPaste", 1)
    assert_cloaked(html, picture)
    assert tab.js("return zone.innerHTML") == "abc def"


READ = """
const [item] = await navigator.clipboard.read();
const blob = await item.getType("text/html");
return [blob.type, await blob.text(), await navigator.clipboard.readText()];
"""


def test_text_that_the_page_reads_is_cloaked(
    running: Running, tab: Tab, server: Server, picture: bytes
) -> None:
    tab.goto(server.page("/reader", '<div id="zone" tabindex="0">x</div><button id="b">x</button>'))
    tab.click(ZONE)
    tab.put_texts_on_clipboard({**FORMS["HTML"](picture), "text/plain": url(picture)})
    tab.click(BUTTON)
    type_, html, plain = call_async(tab, READ)
    assert type_ == "text/html"
    assert_cloaked(html, picture)
    assert_cloaked(plain, picture)

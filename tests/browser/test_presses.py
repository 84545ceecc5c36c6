""" "Post" that is pressed while its photo is being cloaked, on pages without a form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import Running
from tests.browser.marks import is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab, wait_for, wait_for_toast, wait_until
from tests.browser.upload_paths import ZONE

POST = """
window.posts = 0;
window.pressed = [];
window.post = (photo) => {
  posts += 1;
  const form = new FormData();
  form.append("text", text.value ?? text.textContent);
  if (photo) form.append("photo", photo);
  fetch("/upload", { method: "POST", body: form });
};
"""

PAGE = f"""<main><textarea id="text"></textarea>
<input type="file" id="f"><button id="go">Post</button></main>
<script>{POST} go.onclick = () => post(f.files[0]);</script>"""

GO = "document.querySelector('#go')"
TEXT = "document.querySelector('#text')"


def open_and_choose(
    html: str, running: Running, tab: Tab, server: Server, photos: Path, *, delay_s: float = 4
) -> None:
    """A page on which something was written, and whose photo is being cloaked."""
    running.user.behave("mark", delay_s=delay_s)
    tab.goto(server.page("/composer", html))
    tab.js(f"{TEXT}.value === undefined || ({TEXT}.value = 'Look')")
    tab.pick("document.querySelector('label, #f')", [photos / "astronaut.jpg"])
    wait_until(lambda: running.user.photos_begun() == 1)


def write_and_press_enter(tab: Tab) -> None:
    tab.click(TEXT)
    tab.press("Enter")


COMPOSERS = {
    "what is in the input": (PAGE, lambda tab: tab.click(GO)),
    "what came by an event": (
        f"""<div role="dialog"><textarea id="text"></textarea>
        <label style="border: 1px solid">Photo<input type="file" id="f" hidden></label>
        <div><span id="go" role="button" tabindex="0">Post</span></div></div>
        <script>{POST} let photo; f.onchange = () => photo = f.files[0];
        go.onclick = () => post(photo);</script>""",
        lambda tab: tab.click(GO),
    ),
    "Enter in a chat": (
        f"""<main><input type="file" id="f"><textarea id="text"></textarea></main>
        <script>{POST} text.onkeydown = (event) => {{
          if (event.key !== "Enter") return;
          event.preventDefault();
          post(f.files[0]);
        }};</script>""",
        write_and_press_enter,
    ),
    "Enter in a form": (
        f"""<form id="form"><input type="file" id="f"><input id="text"><button>Post</button></form>
        <script>{POST} form.onsubmit = (event) => {{
          event.preventDefault();
          post(f.files[0]);
        }};</script>""",
        write_and_press_enter,
    ),
    "a button that posts before the click": (
        PAGE.replace("go.onclick", "go.onpointerdown"),
        lambda tab: tab.click(GO),
    ),
    "a button that is busy first": (
        f"""<main><textarea id="text"></textarea><input type="file" id="f">
        <button id="go">Post</button></main>
        <script>{POST} let photo;
        f.onchange = () => {{
          go.disabled = true;
          setTimeout(() => {{ photo = f.files[0]; go.disabled = false; }}, 700);
        }};
        go.onclick = () => post(photo);</script>""",
        lambda tab: tab.click(GO),
    ),
    "a button in a form that posts by itself": (
        f"""<form><input id="text"><input type="file" id="f"><button id="go">Post</button></form>
        <script>{POST} go.onclick = (event) => {{
          event.preventDefault();
          post(f.files[0]);
        }};</script>""",
        lambda tab: tab.click(GO),
    ),
}


@pytest.mark.parametrize(("html", "press"), COMPOSERS.values(), ids=COMPOSERS)
def test_post_that_is_pressed_early_goes_with_its_photo(
    html: str,
    press: Callable[[Tab], None],
    running: Running,
    tab: Tab,
    server: Server,
    photos: Path,
) -> None:
    open_and_choose(html, running, tab, server, photos)
    press(tab)
    press(tab)
    wait_for_toast(tab, "pressed for you")
    assert tab.js("return posts") == 0
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert b"Look" in server.recorder.bodies[0]
    wait_until(lambda: "pressed for you" not in tab.toast_text())
    assert tab.js("return posts") == 1


def test_post_whose_photo_is_cancelled_stays_with_its_text(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    open_and_choose(PAGE, running, tab, server, photos, delay_s=30)
    tab.click(GO)
    wait_for_toast(tab, "pressed for you")
    tab.toast_press("Cancel")
    wait_until(lambda: tab.toast_text() == "")
    assert tab.js("return posts") == 0
    assert tab.js("return text.value") == "Look"
    tab.click(GO)
    assert b"Look" in server.recorder.wait_for_body()
    assert tab.js("return posts") == 1
    assert not server.recorder.uploads


def test_post_can_be_made_at_once_or_not_at_all(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    open_and_choose(PAGE, running, tab, server, photos)
    tab.click(GO)
    tab.toast_press("Don’t press")
    wait_until(lambda: "pressed for you" not in tab.toast_text())
    tab.click(GO)
    wait_for_toast(tab, "pressed for you")
    tab.click(TEXT)
    tab.press("Escape")
    wait_until(lambda: "pressed for you" not in tab.toast_text())
    tab.click(GO)
    tab.toast_press("Now, without the photo")
    server.recorder.wait_for_body()
    assert not server.recorder.uploads
    wait_for(tab, "return f.files.length === 1")
    assert tab.js("return posts") == 1


def test_everything_else_on_the_page_goes_on(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    controls = """
    <main><textarea id="text"></textarea><input type="file" id="f"><button id="go">Post</button>
    <button id="bold" aria-pressed="false">Bold</button>
    <button id="emoji" aria-haspopup="true">Emoji</button>
    <input type="checkbox" id="check"><a id="link" href="#more">More</a>
    <details id="details"><summary id="summary">Details</summary></details>
    <button id="cancel">Cancel</button><button id="cross" aria-label="Close">×</button></main>
    <aside><button id="like">Like</button></aside>
    """
    script = """<script>
    for (const id of ["bold", "emoji", "check", "link", "cancel", "cross", "like"])
      document.getElementById(id).addEventListener("click", () => pressed.push(id));
    </script>"""
    free = ["bold", "emoji", "check", "cancel", "cross", "like"]
    open_and_choose(f"{controls}<script>{POST}</script>{script}", running, tab, server, photos)
    for name in free:
        tab.click(f"document.querySelector('#{name}')")
    tab.click("document.querySelector('#summary')")
    tab.click(TEXT)
    tab.press("a")
    assert tab.js("return f.files.length") == 0
    assert tab.js("return pressed") == free
    assert tab.js("return details.open && text.value.includes('a')")


def test_enter_in_an_editor_is_a_new_line_when_one_writes_on(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    open_and_choose(PAGE, running, tab, server, photos)
    tab.click(TEXT)
    for key in ("b", "Enter", "c"):
        tab.press(key)
    wait_for(tab, "return text.value === 'Lookb\\nc'")


def test_post_in_react_waits_until_the_page_has_read_the_photo(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=2)
    tab.goto(server.url("/with-react-composer"))
    wait_for(tab, f"return {GO}")
    tab.pick("document.querySelector('#photo')", [photos / "astronaut.jpg"])
    wait_until(lambda: running.user.photos_begun() == 1)
    tab.click(GO)
    wait_for_toast(tab, "pressed for you")
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert b"Look" in server.recorder.bodies[0]
    assert tab.js("return posts") == 1


DROP = f"""<main><textarea id="text">Look</textarea>
<div id="zone" style="height: 99px; border: 1px dashed">Drop</div>
<input type="file" id="f"><button id="go">Post</button></main>
<script>{POST} let photo;
zone.ondragover = (event) => event.preventDefault();
zone.ondrop = (event) => {{
  if (!zone.dataset.open && !event.isTrusted) return;
  event.preventDefault();
  photo = event.dataTransfer.files[0];
}};
go.onclick = () => post(photo);</script>"""


def test_post_waits_for_a_photo_that_was_dropped(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=4)
    tab.goto(server.page("/dropped", DROP))
    tab.js("zone.dataset.open = 'yes'")
    tab.drop(ZONE, [photos / "astronaut.jpg"])
    wait_until(lambda: running.user.photos_begun() == 1)
    tab.click(GO)
    wait_for_toast(tab, "pressed for you")
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert tab.js("return posts") == 1


def test_drop_that_nobody_took_is_told_and_leaves_post_to_the_user(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=4)
    tab.goto(server.page("/dropped", DROP))
    tab.drop(ZONE, [photos / "astronaut.jpg"])
    wait_until(lambda: running.user.photos_begun() == 1)
    tab.click(GO)
    assert "Choose again" in wait_for_toast(tab, "has not taken")
    assert tab.js("return posts") == 0

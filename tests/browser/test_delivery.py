"""Pages that go on while they wait: what they hear, where the photo goes, and who takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Running
from tests.browser.marks import is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab, wait_for, wait_for_toast, wait_until
from tests.browser.test_upload_paths import assert_unseen
from tests.browser.upload_paths import BUTTON, INPUT, UPLOAD_PATHS, ZONE

PLAIN = next(upload_path for upload_path in UPLOAD_PATHS if upload_path.name == "file input")

LOOKS_AT_FOCUS = """<script src="/spy.js"></script>
<input type="file" id="f" hidden><button id="b">Photo</button><iframe id="other"></iframe>
<script>
window.heard = [];
addEventListener("focus", (event) => heard.push(event.isTrusted ? "focus" : "focus after"));
const ask = () => new Promise((done) => {
  f.addEventListener("change", () => { heard.push("change"); done(f.files); });
  addEventListener("focus", () => setTimeout(() => done(f.files), 30), { once: true });
  heard.length = 0;
  f.click();
});
b.onclick = async () => {
  const files = await ask();
  if (files.length) deliver(files, "asked");
  else heard.push("cancelled");
};
</script>"""


def leave_and_return(tab: Tab) -> None:
    """What the browser does when a picker closes: the window gets its focus back."""
    tab.js("other.contentWindow.focus()")
    tab.js("window.focus()")


def test_return_of_the_focus_is_heard_after_the_photo(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=0.5)
    tab.goto(server.page("/looks-at-focus", LOOKS_AT_FOCUS))
    tab.pick(BUTTON, [photos / "astronaut.jpg"])
    wait_until(lambda: running.user.photos_begun() == 1)
    leave_and_return(tab)
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    wait_for(tab, "return heard.includes('focus after')")
    assert tab.js("return heard") == ["change", "focus after"]
    # Without a picker the focus is the page's own affair.
    leave_and_return(tab)
    wait_for(tab, "return heard.at(-1) === 'focus'")


def test_return_of_the_focus_without_a_photo_is_heard(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(server.page("/looks-at-focus", LOOKS_AT_FOCUS))
    tab.pick(BUTTON, [photos / "letter.pdf"])
    server.recorder.wait_for(1)
    leave_and_return(tab)
    wait_for(tab, "return heard.includes('focus')")


def test_picker_that_is_closed_while_a_photo_is_under_way_cancels_nothing(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(
        server.page(
            "/cancel",
            """<script src="/spy.js"></script><input type="file" id="f"><script>
            uploadOnChange(f);
            f.addEventListener("click", () => { f.value = ""; });  // so that the same may come again
            window.cancelled = 0;
            f.addEventListener("cancel", () => cancelled += 1);
            </script>""",
        )
    )
    tab.dismiss(INPUT)
    wait_for(tab, "return cancelled === 1")
    running.user.behave("mark", delay_s=3)
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    wait_until(lambda: running.user.photos_begun() == 1)
    tab.dismiss(INPUT)
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert tab.js("return cancelled") == 1


TRUSTED_ALONE = """<input type="file" id="f"><script src="/spy.js"></script><script>
inputs = () => [];
f.addEventListener("change", (event) => {
  if (event.isTrusted) deliver(f.files, "change");
});
</script>"""


def test_photo_that_is_chosen_again_comes_with_the_browsers_own_event(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(server.page("/trusted-alone", TRUSTED_ALONE))
    tab.pick(
        INPUT,
        [
            photos / "astronaut.jpg",
        ],
    )
    wait_for(tab, "return f.value")
    assert not server.recorder.bodies
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert running.user.photos_begun() == 1
    assert_unseen(PLAIN, tab, server, photos)


def test_photo_that_nobody_took_makes_room_for_the_one_that_is_chosen_again(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(server.page("/trusted-alone", TRUSTED_ALONE.replace("<input", "<input hidden")))
    tab.js("f.hidden = false; f.style.opacity = 0")
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    assert "1 face cloaked" not in wait_for_toast(tab, "has not taken")
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    server.recorder.wait_for(1)
    assert "has not taken" not in wait_for_toast(tab, "1 face cloaked")


def test_photo_that_the_page_looks_at_later_is_taken_then(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(
        server.page(
            "/looks-later",
            """<input type="file" id="f"><button id="b">Send</button>
            <script src="/spy.js"></script>
            <script>inputs = () => []; b.onclick = () => deliver(f.files, "click");</script>""",
        )
    )
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    assert "1 face cloaked" not in wait_for_toast(tab, "has not looked")
    tab.click(BUTTON)
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert "has not looked" not in wait_for_toast(tab, "1 face cloaked")


UPLOADS = """<script>
// Without a spy, which would look into everything.
window.deliver = ([photo]) => fetch("/upload/" + photo.name, { method: "POST", body: photo });
</script>"""

PREVENTS_FIRST = f"""{UPLOADS}<input type="file" id="f">
<div id="zone" tabindex="0" style="height: 100px">Zone</div><script>
let kept = null;
window.look = () => deliver(kept.files);
zone.ondragover = (event) => event.preventDefault();
const take = (event) => {{
  event.preventDefault();
  if (!event.isTrusted) kept = event.clipboardData ?? event.dataTransfer;
}};
zone.onpaste = take;
zone.ondrop = take;
</script>"""


@pytest.mark.parametrize("how", ["paste", "drop"])
def test_what_a_page_prevents_without_looking_is_not_taken(
    how: str, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(server.page("/prevents-first", PREVENTS_FIRST))
    if how == "drop":
        tab.drop(ZONE, [photos / "astronaut.jpg"])
    else:
        tab.click(ZONE)
        tab.paste(photos / "astronaut.png")
    shown = wait_for_toast(tab, "has not taken")
    assert "Choose again" in shown
    assert "1 face cloaked" not in shown
    tab.js("look()")
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert "has not taken" not in wait_for_toast(tab, "1 face cloaked")


def test_paste_that_goes_nowhere_is_not_taken_and_one_that_is_only_read_is(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    page = '<div id="zone" contenteditable="plaintext-only" style="height: 100px">Text</div>'
    tab.goto(server.page("/plain-only", UPLOADS + page))
    tab.click(ZONE)
    tab.paste(photos / "astronaut.png")
    assert "1 face cloaked" not in wait_for_toast(tab, "has not taken")
    tab.goto(tab.js("return location.href"))
    tab.js("zone.onpaste = ({ clipboardData }) => deliver(clipboardData.files)")
    tab.click(ZONE)
    tab.paste(photos / "astronaut.png")
    server.recorder.wait_for(1)
    assert "has not taken" not in wait_for_toast(tab, "1 face cloaked")


def test_photo_that_is_chosen_again_at_another_level_is_cloaked_again(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(server.url("/file-input"))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    server.recorder.wait_for(1)
    tab.set_level("high")
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    server.recorder.wait_for(2)
    assert [line.split()[1] for line in running.user.log() if "photo" in line] == ["mid", "high"]


REPLACED = {
    "React, by another key": ("with-react-keyed", "redraw()"),
    "an input for an input": (
        """<div id="box"><input type="file" id="f" accept="image/*"></div><script>
        box.onchange = ({ target }) => deliver(target.files, "box");</script>""",
        "box.innerHTML = '<input type=file id=f accept=image/*>'",
    ),
    "a whole composer": (
        """<main><section><textarea></textarea><input type="file" class="photo"></section></main>
        <script>
        window.main = document.querySelector("main");
        main.onchange = ({ target }) => deliver(target.files, "main");</script>""",
        "main.innerHTML = main.innerHTML",
    ),
    "beside other inputs": (
        """<p><input type="file" id="other" accept="image/*"></p>
        <p id="box"><input type="file" id="f" accept="image/*"></p><script>
        other.onchange = () => { throw new Error("another input") };
        box.onchange = ({ target }) => deliver(target.files, "box");</script>""",
        "box.innerHTML = '<input type=file id=f accept=image/*>'",
    ),
}


@pytest.mark.parametrize(("page", "redraw"), REPLACED.values(), ids=REPLACED)
def test_photo_goes_to_the_input_that_stands_there_now(
    page: str, redraw: str, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=0.5)
    if "<" in page:
        tab.goto(server.page("/replaced", '<script src="/spy.js"></script>' + page))
    else:
        tab.goto(server.url(f"/{page}"))
    chosen = "document.querySelector('input[type=file]:not(#other)')"
    wait_for(tab, f"return {chosen}")
    tab.js(f"window.old = {chosen}")
    tab.pick(chosen, [photos / "astronaut.jpg"])
    wait_until(lambda: running.user.photos_begun() == 1)
    tab.js(redraw)
    wait_for(tab, "return !old.isConnected")
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert upload.filename == "astronaut.jpg"
    assert len(tab.js("return handled")) == 1
    assert_unseen(PLAIN, tab, server, photos)


def test_photo_goes_to_the_input_that_has_replaced_its_own_under_the_picker(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(
        server.page(
            "/replaced-under-the-picker",
            """<script src="/spy.js"></script><button id="b">Photo</button>
            <div id="box"><input type="file" id="f" accept="image/*"></div><script>
            box.onchange = ({ target }) => deliver(target.files, "box");
            b.onclick = () => {
              f.click();
              box.innerHTML = "<input type=file id=f accept=image/*>";
            };
            </script>""",
        )
    )
    tab.pick(BUTTON, [photos / "astronaut.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert_unseen(PLAIN, tab, server, photos)


def test_form_waits_for_a_photo_that_an_element_of_its_page_sends(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    """Its input lies in a shadow tree and is in no form itself."""
    running.user.behave("mark", delay_s=1)
    tab.goto(
        server.page(
            "/form-associated",
            """<form id="form" method="post" action="/upload" enctype="multipart/form-data">
            <x-upload id="x" name="photo"></x-upload></form><script>
            customElements.define("x-upload", class extends HTMLElement {
              static formAssociated = true;
              constructor() {
                super();
                const internals = this.attachInternals();
                this.attachShadow({ mode: "closed" }).innerHTML = "<input type=file>";
                this.inner = internals.shadowRoot.firstChild;
                this.inner.onchange = () => internals.setFormValue(this.inner.files[0]);
              }
            });
            </script>""",
        )
    )
    tab.pick("x.inner", [photos / "astronaut.jpg"])
    wait_until(lambda: running.user.photos_begun() == 1)
    tab.js("form.requestSubmit()")
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)


WITHDRAWN = {
    "the form is reset": ("<button id='no' type='reset'>Reset</button>", ""),
    "the input is emptied": ("<button id='no' type='button'>Clear</button>", "f.value = ''"),
    "the input is removed": ("<button id='no' type='button'>Cancel</button>", "f.remove()"),
    "the composer is removed": ("<button id='no' type='button'>Cancel</button>", "box.remove()"),
    "the dialog is closed": ("<button id='no' type='button'>Cancel</button>", "box.close()"),
}


@pytest.mark.parametrize(("button", "script"), WITHDRAWN.values(), ids=WITHDRAWN)
def test_photo_that_was_withdrawn_does_not_come_back(
    button: str, script: str, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=0.6)
    tab.goto(
        server.page(
            "/withdrawn",
            f"""<script src="/spy.js"></script>
            <dialog id="box" open><form id="form"><input type="file" id="f">{button}</form></dialog>
            <script>
            window.input = f;
            inputs = () => [input];
            uploadOnChange(input);
            no.onclick = () => {{ {script} }};
            </script>""",
        )
    )
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    wait_until(lambda: running.user.photos_begun() == 1)
    tab.click("document.querySelector('#no')")
    wait_until(lambda: any(line.startswith(("marked", "cancelled")) for line in running.user.log()))
    # What comes after it has been through the same queue.
    running.user.behave("mark")
    tab.js("document.body.insertAdjacentHTML('beforeend', '<input type=file id=next>')")
    tab.js("uploadOnChange(document.querySelector('#next'))")
    tab.pick("document.querySelector('#next')", [photos / "second.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert upload.filename == "second.jpg"
    assert tab.js("return input.files.length") == 0
    assert_unseen(PLAIN, tab, server, photos)


def test_form_that_keeps_its_photo_on_reset_gets_it(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=0.5)
    tab.goto(
        server.page(
            "/kept",
            """<script src="/spy.js"></script><form id="form"><input type="file" id="f"></form>
            <script>uploadOnChange(f); form.onreset = (event) => event.preventDefault();</script>""",
        )
    )
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    wait_until(lambda: running.user.photos_begun() == 1)
    tab.js("form.reset()")
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)

"""What ordinary pages do around an upload, and what people do meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Running
from tests.browser.marks import is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab, wait_for, wait_until
from tests.browser.test_delivery import PLAIN
from tests.browser.test_upload_paths import assert_unseen
from tests.browser.upload_paths import BUTTON, INPUT

SPY = '<script src="/spy.js"></script>'
GO = "document.querySelector('#go')"

CHAT = {
    "emptied before each picker": """<input type="file" id="f" onclick="this.value = null">
      <script>f.onchange = () => deliver(f.files, "chat");</script>""",
    "emptied after each photo": """<input type="file" id="f">
      <script>f.onchange = () => { deliver([...f.files], "chat"); f.value = ""; };</script>""",
    "a new input for each photo": """<div id="box"></div><script>
      const renew = () => {
        box.innerHTML = '<input type="file" id="f">';
        f.onchange = () => { deliver(f.files, "chat"); renew(); };
      };
      renew();</script>""",
    "its form is reset after each photo": """<form id="form"><input type="file" id="f"></form>
      <script>f.onchange = () => { deliver([...f.files], "chat"); form.reset(); };</script>""",
}


@pytest.mark.parametrize("page", CHAT)
def test_the_same_photo_goes_up_as_often_as_it_is_chosen(
    page: str, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=0.3)
    tab.goto(server.page("/chat", SPY + CHAT[page]))
    for number in (1, 2, 3):
        tab.pick(INPUT, [photos / "astronaut.jpg"])
        uploads = server.recorder.wait_for(number)
        assert is_marked(uploads[-1].data)
    assert len(server.recorder.uploads) == 3
    assert_unseen(PLAIN, tab, server, photos)


LIBRARIES = {
    "a clone in its place": """<span><input type="file" id="f"></span><script>
      const change = ({ target }) => {
        if (!target.files.length) return;
        const clone = target.cloneNode(true);
        clone.value = "";
        clone.addEventListener("change", change);
        target.replaceWith(clone);
        deliver(target.files, "clone");
      };
      f.addEventListener("change", change);</script>""",
    "a hidden form, sent to a frame": """<input type="file" id="f" name="photo">
      <iframe name="away"></iframe><script>
      f.addEventListener("change", () => {
        const form = document.body.appendChild(document.createElement("form"));
        form.setAttribute("style", "display: none");
        Object.assign(form, { method: "post", action: "/upload", target: "away" });
        form.enctype = "multipart/form-data";
        form.append(f);
        form.submit();
      });</script>""",
    "an unseen input above a button": """<div style="position: relative"><button>Browse</button>
      <div style="position: absolute; inset: 0; width: 200px; height: 40px; overflow: hidden">
      <input id="f" type="file" multiple style="position: absolute; width: 100%; height: 100%;
      font-size: 999px; opacity: 0"></div></div><script>uploadOnChange(f)</script>""",
    "pieces of the file": """<input type="file" id="f"><script>
      f.onchange = async () => {
        const [file] = f.files;
        const pieces = [];
        for (let at = 0; at < file.size; at += 10_000)
          pieces.push(await file.slice(at, at + 10_000).arrayBuffer());
        for await (const _ of file.stream()) see(file, "stream");
        fetch(`/upload/${file.name}`, { method: "POST", body: new Blob(pieces) });
      };</script>""",
    "natives that were wrapped since": """<input type="file" id="f"><script>
      const { prototype } = HTMLInputElement;
      const files = Object.getOwnPropertyDescriptor(prototype, "files");
      Object.defineProperty(prototype, "files", { ...files, get() { return files.get.call(this) } });
      const { addEventListener } = EventTarget.prototype;
      EventTarget.prototype.addEventListener = function (...given) {
        return addEventListener.apply(this, given);
      };
      window.File = class extends File {};
      uploadOnChange(f);</script>""",
    "one listener for the whole page": """<label><input type="file" hidden><span id="f">Photo</span>
      </label><script>document.addEventListener("change", ({ target }) => {
        if (target.matches("input[type=file]")) deliver(target.files, "delegated");
      });</script>""",
}
TRUSTED_TYPES = "require-trusted-types-for 'script'; trusted-types 'none'"


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_upload_libraries_do_gets_the_cloaked_photo(
    library: str, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    """On pages that let no script write markup, too."""
    page = SPY + LIBRARIES[library]
    tab.goto(server.page("/library", page, Content_Security_Policy=TRUSTED_TYPES))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert_unseen(PLAIN, tab, server, photos)


FORMS = {
    "an input outside of its form": """<form id="form" {to}><button id="go">Send</button></form>
      <input type="file" id="f" name="photo" form="form">""",
    "a button outside of its form": """<form id="form" {to}>
      <input type="file" id="f" name="photo"></form><button id="go" form="form">Send</button>""",
    "a picture as its button": """<form {to}><input type="file" id="f" name="photo">
      <input type="image" id="go" alt="Send" width="60" height="30"></form>""",
    "a button that says where to": """<form method="get" action="/elsewhere">
      <input type="file" id="f" name="photo"><button id="go" formmethod="post"
      formaction="/upload" formenctype="multipart/form-data">Send</button></form>""",
    "a frame as its target": """<iframe name="below"></iframe><form {to} target="below">
      <input type="file" id="f" name="photo"><button id="go">Send</button></form>""",
    "two photos": """<form {to}><input type="file" id="f" name="photo">
      <input type="file" id="other" name="other"><button id="go">Send</button></form>""",
}
TO = 'method="post" action="/upload" enctype="multipart/form-data"'


@pytest.mark.parametrize("form", FORMS)
def test_form_of_any_shape_waits_for_its_photos(
    form: str, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=0.6)
    tab.goto(server.page("/shaped", FORMS[form].replace("{to}", TO)))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    count = 1
    if form == "two photos":
        tab.pick("document.querySelector('#other')", [photos / "second.jpg"])
        count = 2
    tab.click(GO)
    uploads = server.recorder.wait_for(count)
    assert all(is_marked(upload.data) for upload in uploads)
    assert len(server.recorder.bodies) == 1


def test_photo_of_a_page_that_is_left_and_come_back_to_goes_nowhere_by_itself(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    """The browser may have kept the page as it was, with the photo under way."""
    running.user.behave("mark", delay_s=1)
    tab.goto(server.url("/inner"))
    page = SPY + '<input type="file" id="f"><script>uploadOnChange(f); here = 1</script>'
    tab.goto(server.page("/left", page))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    wait_until(lambda: running.user.photos_begun() == 1)
    tab.js("history.back(); return true")
    wait_for(tab, "return !window.here")
    wait_until(lambda: "cancelled" in running.user.log())
    tab.js("history.forward(); return true")
    wait_for(tab, "return window.here && document.readyState === 'complete'")
    assert not server.recorder.bodies
    running.user.behave("mark")
    tab.pick(INPUT, [photos / "second.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert_unseen(PLAIN, tab, server, photos)


def test_page_that_is_busy_as_the_photo_is_chosen_gets_the_cloaked_one(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(
        server.page(
            "/busy",
            SPY + '<button id="b">Photo</button><input type="file" id="f" hidden><script>'
            "uploadOnChange(f); b.onclick = () => { f.click(); setTimeout(() => {"
            "const end = performance.now() + 2000; while (performance.now() < end); }, 50); };"
            "</script>",
        )
    )
    tab.pick(BUTTON, [photos / "astronaut.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert_unseen(PLAIN, tab, server, photos)

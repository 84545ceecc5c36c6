"""A photo that was cloaked is not cloaked again when the page copies or moves it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Running
from tests.browser.marks import is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab
from tests.browser.test_upload_paths import assert_unseen
from tests.browser.upload_paths import INPUT, UPLOAD_PATHS

PLAIN = next(upload_path for upload_path in UPLOAD_PATHS if upload_path.name == "file input")

PAGE = """<script src="/spy.js"></script>
<input type="file" id="f" name="photo"><form id="form"></form>
<script>
const send = (form) => fetch("/upload", {{ method: "POST", body: new FormData(form) }});
const input = f;
f.addEventListener("change", () => {{ {copy} }});
</script>"""

COPIES = {
    "cloneNode": "form.append(f.cloneNode()); send(form);",
    "cloneNode of a tree": """
        const tree = document.createElement("p");
        input.replaceWith(tree);
        tree.append(input);
        form.append(tree.cloneNode(true));
        send(form);""",
    "importNode": "form.append(document.importNode(f)); send(form);",
    "clone of a clone": "form.append(f.cloneNode().cloneNode()); send(form);",
    "files of another": """
        form.append(Object.assign(document.createElement("input"), { type: "file", name: "p" }));
        form.p.files = f.files;
        send(form);""",
    "DataTransfer": """
        const transfer = new DataTransfer();
        transfer.items.add(f.files[0]);
        form.append(Object.assign(document.createElement("input"), { type: "file", name: "p" }));
        form.p.files = transfer.files;
        send(form);""",
    "same bytes in another file": """
        const transfer = new DataTransfer();
        transfer.items.add(new File([f.files[0].slice()], "again.jpg", { type: "image/jpeg" }));
        form.append(Object.assign(document.createElement("input"), { type: "file", name: "p" }));
        form.p.files = transfer.files;
        form.p.dispatchEvent(new Event("change", { bubbles: true }));
        send(form);""",
    "moved": "form.append(f); send(form);",
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_copy_of_a_cloaked_photo_arrives_at_once(
    copy: str, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(server.page("/copies", PAGE.format(copy=copy)))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert running.user.photos_begun() == 1
    assert_unseen(PLAIN, tab, server, photos)


def test_copy_is_known_where_the_page_may_connect_nowhere_but_home(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    policy = "default-src 'none'; script-src 'self' 'unsafe-inline'; connect-src 'self'"
    page = PAGE.format(copy=COPIES["cloneNode"])
    tab.goto(server.page("/strict", page, Content_Security_Policy=policy))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)

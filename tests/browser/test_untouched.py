"""Files that are no photos go their way at once; photos are told by more than their names."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.browser.conftest import Running
from tests.browser.marks import is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab, wait_for, wait_until
from tests.browser.upload_paths import INPUT, ZONE

SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><rect width='9' height='9'/></svg>"
MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(4096)

PAGE = """<script src="/spy.js"></script>
<input type="file" id="f" multiple>
<div id="zone" style="height: 160px; border: 1px dashed">Drop here</div>
<script>
  window.trusted = [];
  addEventListener("change", (event) => trusted.push(event.isTrusted));
  uploadOnChange(f);
  zone.ondragover = (event) => event.preventDefault();
  zone.ondrop = (event) => {
    event.preventDefault();
    trusted.push(event.isTrusted);
    deliver(event.dataTransfer.files, "drop");
  };
</script>"""


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``letter.pdf``, ``film.mp4``, ``drawing.svg``, ``waving.gif`` (animated), ``empty.jpg``."""
    folder = tmp_path_factory.mktemp("others")
    (folder / "letter.pdf").write_bytes(b"%PDF-1.4\n" + bytes(range(256)) * 8)
    (folder / "film.mp4").write_bytes(MP4)
    (folder / "drawing.svg").write_bytes(SVG)
    (folder / "empty.jpg").write_bytes(b"")
    frames = [Image.new("RGB", (32, 32), (shade, 90, 90)) for shade in (0, 120, 240)]
    frames[0].save(folder / "waving.gif", save_all=True, append_images=frames[1:])
    return folder


@pytest.mark.parametrize("how", ["choose", "drop"])
def test_other_files_pass_untouched(
    how: str, running: Running, tab: Tab, server: Server, others: Path
) -> None:
    tab.goto(server.page("/others", PAGE))
    at_once = ["letter.pdf", "film.mp4", "drawing.svg"]
    for count, names in enumerate((at_once, ["waving.gif"]), start=1):
        files = [others / name for name in names]
        if how == "choose":
            tab.pick(INPUT, files)
        else:
            tab.drop(ZONE, files)
        wait_for(tab, f"return handled.length === {count}")
        server.recorder.wait_for(len(at_once) + count - 1)
    assert [(upload.filename, upload.data) for upload in server.recorder.uploads] == [
        (name, (others / name).read_bytes()) for name in [*at_once, "waving.gif"]
    ]
    if how == "choose":
        # The moving picture was looked into, so that its event is one made anew.
        assert tab.js("return trusted") == [True, False]
    assert tab.toast_text() == ""
    assert running.user.photos_begun() == 0


def test_file_without_a_byte_is_no_photo(
    running: Running, tab: Tab, server: Server, others: Path
) -> None:
    tab.goto(server.page("/others", PAGE))
    tab.pick(INPUT, [others / "empty.jpg"])
    wait_for(tab, "return handled.length === 1")
    assert tab.toast_text() == ""


def test_photo_without_an_ending_is_a_photo(
    running: Running, tab: Tab, server: Server, photos: Path, tmp_path: Path
) -> None:
    nameless = tmp_path / "nameless"
    nameless.write_bytes((photos / "astronaut.jpg").read_bytes())
    tab.goto(server.page("/others", PAGE))
    tab.pick(INPUT, [nameless])
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)


def test_photo_without_a_face_keeps_every_byte_that_the_host_keeps(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("no_face")
    tab.goto(server.page("/others", PAGE))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert upload.data == (photos / "astronaut.jpg").read_bytes()
    wait_until(lambda: "No face" in tab.toast_text())


def test_protection_that_is_off_touches_nothing(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.set_level("off")
    tab.goto(server.page("/others", PAGE))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert upload.data == (photos / "astronaut.jpg").read_bytes()
    assert running.user.photos_begun() == 0

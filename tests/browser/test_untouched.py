"""Files that are no photos go their way at once; photos are told by more than their names."""

from __future__ import annotations

import io
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image

from fawkes_host.photo.decode import decode
from tests.browser.conftest import Running
from tests.browser.marks import MARK, MARK_SIZE, is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab, wait_for, wait_for_toast, wait_until
from tests.browser.test_hostile import PLAIN
from tests.browser.test_upload_paths import assert_unseen
from tests.browser.upload_paths import INPUT, ZONE

SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><rect width='9' height='9'/></svg>"
MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(4096)


def saved(photo: Image.Image, format_: str, **options: object) -> bytes:
    out = io.BytesIO()
    photo.save(out, format_, **options)
    return out.getvalue()


def png_of_one_frame(photo: Image.Image) -> bytes:
    data = saved(photo, "PNG")

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    control = chunk(b"acTL", struct.pack(">II", 1, 0))
    frame = chunk(b"fcTL", struct.pack(">5I2H2B", 0, *photo.size, 0, 0, 1, 1, 0, 0))
    return data[:33] + control + frame + data[33:]


def webp_of_one_frame(photo: Image.Image) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)

    size = b"".join((side - 1).to_bytes(3, "little") for side in photo.size)
    frame = chunk(b"ANMF", bytes(6) + size + bytes(4) + saved(photo, "WEBP")[12:])
    body = b"WEBP" + chunk(b"VP8X", b"\2\0\0\0" + size) + chunk(b"ANIM", bytes(6)) + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def heic_of_a_sequence(photo: Image.Image) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(photo).save(out)
    return out.getvalue().replace(b"ftypheic", b"ftypmsf1", 1)


def avif_of_a_sequence(photo: Image.Image) -> bytes:
    return saved(photo, "AVIF", speed=10).replace(b"ftypavif", b"ftypavis", 1)


STILLS: dict[str, Callable[[Image.Image], bytes]] = {
    "one-frame.png": png_of_one_frame,
    "one-frame.webp": webp_of_one_frame,
    "sequence.heic": heic_of_a_sequence,
    "sequence.avif": avif_of_a_sequence,
}

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
    (folder / "documents").mkdir()
    shutil.copy(folder / "letter.pdf", folder / "documents" / "a.pdf")
    (folder / "documents" / "b.txt").write_text("a text")
    return folder


@pytest.mark.parametrize("how", ["choose", "drop"])
def test_other_files_pass_untouched(
    how: str, running: Running, tab: Tab, server: Server, others: Path
) -> None:
    tab.goto(server.page("/others", PAGE))
    names = ["letter.pdf", "film.mp4", "drawing.svg"]
    files = [others / name for name in names]
    if how == "choose":
        tab.pick(INPUT, files)
    else:
        tab.drop(ZONE, files)
    wait_for(tab, "return handled.length === 1")
    server.recorder.wait_for(len(names))
    assert [(upload.filename, upload.data) for upload in server.recorder.uploads] == [
        (name, (others / name).read_bytes()) for name in names
    ]
    assert tab.js("return trusted") == [True], "the browser's own event"
    assert tab.toast_text() == ""
    assert running.user.photos_begun() == 0


@pytest.mark.parametrize("how", ["choose", "drop"])
def test_animation_stays_as_it_was_and_the_toast_says_so(
    how: str, running: Running, tab: Tab, server: Server, others: Path
) -> None:
    tab.goto(server.page("/others", PAGE))
    if how == "choose":
        tab.pick(INPUT, [others / "waving.gif"])
    else:
        tab.drop(ZONE, [others / "waving.gif"])
    (upload,) = server.recorder.wait_for(1)
    assert upload.data == (others / "waving.gif").read_bytes()
    wait_for_toast(tab, "An animation: it goes up as it was")


def test_documents_of_a_chosen_folder_keep_their_paths(
    running: Running, tab: Tab, server: Server, others: Path
) -> None:
    tab.goto(
        server.page(
            "/folder-of-documents",
            """<input type="file" id="f" webkitdirectory>
            <script>f.onchange = () => {
              window.paths = [...f.files].map((file) => file.webkitRelativePath).sort();
            };</script>""",
        )
    )
    tab.pick(INPUT, [others / "documents"])
    assert wait_for(tab, "return window.paths") == ["documents/a.pdf", "documents/b.txt"]


NAMES_OF_SOMETHING_ELSE = [
    *("face.jpg.bak", "face.part", "face.crdownload", "face.tmp", "face", "face.pdf"),
    *("face.txt", "face.mp4", "face.svg", "face.zip", "face.html", "face.json", "face.~1~"),
]


@pytest.mark.parametrize("how", ["choose", "drop", "several"])
def test_photo_with_the_name_of_something_else_is_a_photo(
    how: str, running: Running, tab: Tab, server: Server, photos: Path, tmp_path: Path
) -> None:
    """Also on a page that allows no connections, and whatever a system thinks of the endings."""
    policy = "default-src 'none'; script-src 'unsafe-inline' 'self'; connect-src 'self'"
    tab.goto(server.page("/others", PAGE, **{"Content-Security-Policy": policy}))
    paths = [tmp_path / name for name in NAMES_OF_SOMETHING_ELSE]
    for path in paths:
        path.write_bytes((photos / "astronaut.jpg").read_bytes())
    for files in [paths] if how == "several" else [[path] for path in paths]:
        server.recorder.clear()
        if how == "drop":
            tab.drop(ZONE, files)
        else:
            tab.pick(INPUT, files)
        uploads = server.recorder.wait_for(len(files))
        assert [upload.filename for upload in uploads] == [path.name for path in files]
        assert all(is_marked(upload.data) for upload in uploads)
    assert_unseen(PLAIN, tab, server, photos)


@pytest.mark.parametrize("kind", STILLS)
def test_still_that_says_it_is_animated_is_cloaked(
    kind: str, running: Running, tab: Tab, server: Server, photos: Path, tmp_path: Path
) -> None:
    path = tmp_path / kind
    with Image.open(photos / "astronaut.jpg") as photo:
        path.write_bytes(STILLS[kind](photo))
    tab.goto(server.page("/others", PAGE))
    tab.pick(INPUT, [path])
    (upload,) = server.recorder.wait_for(1)
    assert upload.filename == kind
    red, green, blue = decode(upload.data).pixels[MARK_SIZE // 2, MARK_SIZE // 2].astype(int)
    assert abs(red - MARK[0]) + abs(green - MARK[1]) + abs(blue - MARK[2]) < 60
    wait_for_toast(tab, "1 face cloaked")


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

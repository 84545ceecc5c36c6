"""A page that takes JPEG alone gets a JPEG, whatever was chosen; any other gets what was chosen, but
for what no cloak fits into."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image

from fawkes_host.photo.decode import decode
from tests.browser.conftest import Running
from tests.browser.marks import MARK, MARK_SIZE, is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab, wait_for_toast
from tests.browser.upload_paths import INPUT

PAGE = """<script src="/spy.js"></script><input type="file" id="f" accept="{accept}">
<script>uploadOnChange(f);</script>"""


@pytest.fixture(scope="module")
def heic(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo as phones take it."""
    path = tmp_path_factory.mktemp("phone") / "IMG_0001.HEIC"
    with Image.open(photos / "astronaut.jpg") as photo:
        pillow_heif.from_pillow(photo).save(path)
    return path


@pytest.mark.parametrize(
    ("accept", "name", "type_", "format_"),
    [
        ("image/jpeg,image/png", "IMG_0001.jpg", "image/jpeg", "JPEG"),
        ("image/*", "IMG_0001.HEIC", None, "HEIF"),
    ],
    ids=["JPEG and PNG", "any photo"],
)
def test_heic_arrives_in_a_format_that_the_page_takes(
    accept: str,
    name: str,
    type_: str | None,
    format_: str,
    running: Running,
    tab: Tab,
    server: Server,
    heic: Path,
) -> None:
    tab.goto(server.page("/accept", PAGE.format(accept=accept)))
    tab.pick(INPUT, [heic])
    (upload,) = server.recorder.wait_for(1)
    assert upload.filename == name
    assert type_ in (None, upload.content_type)  # not every system has a type for HEIC
    photo = decode(upload.data)
    assert photo.format == format_
    red, green, blue = photo.pixels[MARK_SIZE // 2, MARK_SIZE // 2].astype(int)
    assert abs(red - MARK[0]) + abs(green - MARK[1]) + abs(blue - MARK[2]) < 60
    wait_for_toast(tab, "1 face cloaked")
    original = hashlib.sha256(heic.read_bytes()).hexdigest()
    assert original not in tab.js("return seen.map(({sha256}) => sha256)")


def test_still_gif_arrives_as_a_cloaked_png(
    running: Running, tab: Tab, server: Server, photos: Path, tmp_path: Path
) -> None:
    still = tmp_path / "still.gif"
    with Image.open(photos / "astronaut.jpg") as photo:
        photo.quantize(200).save(still)
    tab.goto(server.page("/accept", PAGE.format(accept="image/*")))
    tab.pick(INPUT, [still])
    (upload,) = server.recorder.wait_for(1)
    assert (upload.filename, upload.content_type) == ("still.png", "image/png")
    assert is_marked(upload.data)
    assert "it is a PNG now" in wait_for_toast(tab, "1 face cloaked")
    original = hashlib.sha256(still.read_bytes()).hexdigest()
    assert original not in tab.js("return seen.map(({sha256}) => sha256)")

"""The frameworks and uploaders that sites are built with, as their makers ship them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Running
from tests.browser.marks import is_marked
from tests.browser.matrix import Matrix
from tests.browser.server import NODE_MODULES, Server
from tests.browser.tab import Tab, wait_for, wait_for_toast
from tests.browser.test_upload_paths import assert_unseen
from tests.browser.upload_paths import UploadPath
from tests.browser.uploaders import READY, UPLOADERS
from tests.browser.user import Host
from tests.support.missing import HOW_TO_INSTALL_NPM

pytestmark = pytest.mark.skipif(
    not NODE_MODULES.is_dir(),
    reason=f"what sites upload with is not installed; {HOW_TO_INSTALL_NPM}",
)


PICTURE = """
const picture = document.querySelector("#picture");
if (!picture?.complete) return null;
const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 64 });
canvas.getContext("2d").drawImage(picture, 0, 0);
return [...canvas.getContext("2d").getImageData(24, 24, 1, 1).data];
"""


@pytest.mark.parametrize("upload_path", UPLOADERS, ids=lambda upload_path: upload_path.name)
def test_uploader_gets_and_sends_the_cloaked_photo(
    upload_path: UploadPath,
    running: Running,
    tab: Tab,
    server: Server,
    photos: Path,
    matrix: Matrix,
) -> None:
    """First there is no host, and nothing leaves; then there is one, and all goes on."""
    running.remove_host()
    upload_path.open(tab, server)
    wait_for(tab, f"return {READY[upload_path.page]}")
    upload_path.act(tab, [photos / "astronaut.jpg"])
    wait_for_toast(tab, "not installed")
    assert not server.recorder.bodies
    matrix.note(upload_path, running, "no host: nothing leaves", True)

    running.user.use(Host.MARKING)
    tab.toast_press("Try again")
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    if not upload_path.clipboard:
        assert upload.filename == "astronaut.jpg"
    assert_unseen(upload_path, tab, server, photos)
    matrix.note(upload_path, running, "cloaked photo arrives, original never does", True)
    wait_for(tab, "return handled.length === 1")
    matrix.note(upload_path, running, "page's own handler runs", True)
    if upload_path.page in ("with-react", "with-vue"):
        red, green, blue, _ = wait_for(tab, PICTURE)
        assert red > 200 and green < 60 and blue > 200, "the preview is of the cloaked photo"

"""Photos that the page does not take: said, and kept in another way."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Running
from tests.browser.marks import is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab, wait_for, wait_for_toast, wait_until
from tests.browser.test_asking import press
from tests.browser.upload_paths import INPUT

TRUSTED_ALONE = """<input type="file" id="f"><script>
f.addEventListener("change", (event) => {
  if (event.isTrusted) fetch("/upload/taken", { method: "POST", body: f.files[0] });
});
</script>"""

STRICT = "default-src 'none'; script-src 'self' 'unsafe-inline'; connect-src 'self'"
SANDBOX = "sandbox allow-scripts"


@pytest.fixture
def downloads(running: Running) -> Iterator[Path]:
    folder = running.browser.downloads
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    yield folder


def saved(downloads: Path) -> bytes:
    """The one file that was downloaded, as soon as it is whole."""
    wait_until(lambda: [path.suffix for path in downloads.iterdir()] == [".jpg"])
    (path,) = downloads.iterdir()
    wait_until(lambda: path.read_bytes()[-2:] == b"\xff\xd9")
    return path.read_bytes()


@pytest.mark.parametrize("policy", [STRICT, SANDBOX], ids=["strict", "sandbox"])
def test_photo_that_is_not_taken_can_be_saved(
    policy: str, running: Running, tab: Tab, server: Server, photos: Path, downloads: Path
) -> None:
    tab.goto(server.page("/trusted", TRUSTED_ALONE, Content_Security_Policy=policy))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    shown = wait_for_toast(tab, "did not take")
    assert "cloaked in" not in shown, "it is not said to have arrived"
    tab.toast_press("Save")
    if policy == SANDBOX:
        with running.browser.ask_window() as window:
            wait_for(window, "return document.querySelectorAll('button').length > 1")
            press(window, "Save")
            assert is_marked(saved(downloads))
            press(window, "Dismiss")
    else:
        assert is_marked(saved(downloads))
        tab.toast_press("Dismiss")
    wait_until(lambda: tab.toast_text() == "")


def test_photo_that_is_not_taken_can_be_copied(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(server.page("/trusted", TRUSTED_ALONE))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    wait_for_toast(tab, "did not take")
    tab.toast_press("Copy")
    wait_for_toast(tab, "Copied")


def test_photo_that_is_chosen_again_arrives(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(server.page("/trusted", TRUSTED_ALONE))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    wait_for_toast(tab, "did not take")
    tab.pick(INPUT, [photos / "astronaut.jpg"], by=lambda: tab.toast_press("Choose again"))
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    wait_for_toast(tab, "1 face cloaked")

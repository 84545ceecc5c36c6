"""The matrix: every upload path, in both browsers, when all is well and when it is not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Running
from tests.browser.marks import is_marked
from tests.browser.matrix import Matrix
from tests.browser.server import Server, Upload
from tests.browser.tab import Tab, press_till, wait_for, wait_for_toast, wait_until
from tests.browser.upload_paths import UPLOAD_PATHS, UploadPath
from tests.browser.user import ENGINE, RELAY, SERVICE, Host

upload_paths = pytest.mark.parametrize(
    "upload_path", UPLOAD_PATHS, ids=lambda upload_path: upload_path.name
)

VICTIMS = (
    (RELAY, "program stopped while it worked"),
    (SERVICE, "service stopped while it worked"),
    (ENGINE, "engine stopped while it worked"),
)
"""Who is killed under the photo, and what people then read; the paths take turns."""


KINDS = (
    "file input",
    "detached input",
    "cross-origin frame",
    "submit while waiting",
    "drop on the page",
    "paste",
    "clipboard.read()",
)
"""One of each kind of path: how a photo comes back after a death is the same within a kind."""


@pytest.fixture
def possible(upload_path: UploadPath, running: Running, matrix: Matrix) -> None:
    if not upload_path.is_possible(running.name):
        matrix.note_impossible(upload_path, running)
        pytest.skip(upload_path.impossible)


def chosen(upload_path: UploadPath, folder: Path) -> list[Path]:
    """What the person chooses: a photo, or a photo, a document and another photo."""
    names = ["astronaut.jpg", "letter.pdf", "second.jpg"][: upload_path.files]
    return [folder / name for name in names]


def sums(paths: list[Path]) -> set[str]:
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def originals(folder: Path) -> set[str]:
    return sums([path for path in folder.rglob("*") if path.suffix in (".jpg", ".png")])


def in_handler(upload_path: UploadPath, tab: Tab, look: Callable[[], Any]) -> Any:
    if upload_path.frame:
        with tab.frame(upload_path.frame):
            return look()
    return look()


def arrived(upload_path: UploadPath, tab: Tab, server: Server, files: int) -> list[Upload]:
    """The files, as soon as all are there and the page has settled."""
    uploads = server.recorder.wait_for(files)
    if upload_path.navigates:
        in_handler(upload_path, tab, lambda: wait_for(tab, "return document.title === 'received'"))
    return uploads


def everything_seen(tab: Tab) -> Any:
    """What the page has laid its hands on, as soon as it has looked at all of it."""
    wait_for(tab, "return window.looking === 0")
    return tab.js("return window.seen")


def assert_unseen(upload_path: UploadPath, tab: Tab, server: Server, folder: Path) -> None:
    """Neither the page nor the server has ever had an original."""
    forbidden = originals(folder)
    for body in server.recorder.bodies:
        for path in folder.rglob("*.jpg"):
            assert path.read_bytes()[:4096] not in body
    assert not {upload.sha256 for upload in server.recorder.uploads} & forbidden
    if not upload_path.navigates:
        seen = in_handler(upload_path, tab, lambda: everything_seen(tab))
        leaks = [facts for facts in seen if facts["sha256"] in forbidden]
        assert not leaks, leaks


@upload_paths
def test_cloaked_photo_arrives_and_the_original_never_does(
    upload_path: UploadPath,
    possible: None,
    running: Running,
    tab: Tab,
    server: Server,
    photos: Path,
    matrix: Matrix,
) -> None:
    running.user.behave("mark", delay_s=0.3)
    upload_path.open(tab, server)
    files = chosen(upload_path, photos)
    upload_path.act(tab, files)
    uploads = arrived(upload_path, tab, server, upload_path.files)

    assert len(uploads) == upload_path.files
    for upload in uploads:
        if upload.filename.endswith(".pdf"):
            assert upload.data == (photos / "letter.pdf").read_bytes()
        else:
            assert is_marked(upload.data)
    if upload_path.page in ("folder", "drop-folder"):
        assert {Path(upload.filename).name for upload in uploads} == {"face.jpg", "letter.pdf"}
    elif not upload_path.clipboard:
        assert [upload.filename for upload in uploads] == [path.name for path in files]
    assert_unseen(upload_path, tab, server, photos)
    matrix.note(upload_path, running, "cloaked photo arrives, original never does", True)
    if not upload_path.navigates:
        handled = in_handler(upload_path, tab, lambda: tab.js("return window.handled"))
        assert len(handled) == 1
        seen = in_handler(upload_path, tab, lambda: everything_seen(tab))
        if not upload_path.clipboard:
            assert {facts["type"] for facts in seen if facts["size"]} <= {
                "image/jpeg",
                "application/pdf",
            }
            times = {
                facts["lastModified"]
                for facts in seen
                if facts["size"] and facts["where"] != "form"
            }
            assert times == {1_600_000_000_000}
    matrix.note(upload_path, running, "page's own handler runs", True)


@upload_paths
def test_whatever_fails_nothing_leaves(
    upload_path: UploadPath,
    possible: None,
    running: Running,
    tab: Tab,
    server: Server,
    photos: Path,
    matrix: Matrix,
) -> None:
    """No host; one that is killed under the photo; then the background is; the user cancels."""
    user = running.user

    def nothing_left() -> bool:
        assert not [u for u in server.recorder.uploads if not u.filename.endswith(".pdf")]
        assert not server.recorder.bodies
        assert_unseen(upload_path, tab, server, photos)
        return True

    running.remove_host()
    upload_path.open(tab, server)
    upload_path.act(tab, chosen(upload_path, photos)[:1])
    wait_for_toast(tab, "not installed")
    matrix.note(upload_path, running, "no host: nothing leaves", nothing_left())

    user.behave("mark", delay_s=20)
    user.use(Host.MARKING)
    press_till(tab, "Try again", lambda: user.photos_begun() == 1)
    victim, words = VICTIMS[UPLOAD_PATHS.index(upload_path) % len(VICTIMS)]
    user.kill(victim)
    wait_for_toast(tab, words)
    matrix.note(upload_path, running, "host killed: nothing leaves", nothing_left())

    press_till(tab, "Try again", lambda: user.photos_begun() == 2)
    running.browser.kill_background()
    # An engine that lives on hears that nobody waits any more.
    orphans = 1 + (victim == RELAY)
    wait_until(lambda: (user.photos_begun(), user.log().count("cancelled")) == (3, orphans))
    matrix.note(upload_path, running, "background killed: goes on all the same", nothing_left())

    tab.toast_press("Cancel")
    wait_until(lambda: user.log().count("cancelled") == orphans + 1)
    wait_until(lambda: tab.toast_text() == "")
    assert not any(upload.data[:2] == b"\xff\xd8" for upload in server.recorder.uploads)
    assert_unseen(upload_path, tab, server, photos)
    matrix.note(upload_path, running, "cancel: nothing leaves", True)


@pytest.mark.parametrize(
    "upload_path",
    [upload_path for upload_path in UPLOAD_PATHS if upload_path.name in KINDS],
    ids=lambda upload_path: upload_path.name,
)
def test_background_that_is_killed_takes_no_photo_with_it(
    upload_path: UploadPath, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    user = running.user
    user.behave("mark", delay_s=20)
    upload_path.open(tab, server)
    files = chosen(upload_path, photos)[:1]
    upload_path.act(tab, files)
    wait_until(lambda: user.photos_begun() == 1)
    user.behave("mark")
    running.browser.kill_background()
    for upload in arrived(upload_path, tab, server, 1):
        assert upload.filename.endswith(".pdf") or is_marked(upload.data)
    if upload_path.navigates:
        wait_for(tab, "return document.title === 'received'")
    assert_unseen(upload_path, tab, server, photos)

"""The matrix: every way in, in both browsers, when all is well and when it is not."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Running
from .server import Server, Upload
from .standin_host import is_marked
from .tab import Tab, wait_for, wait_for_toast
from .ways import WAYS, Way

ways = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)


@pytest.fixture
def possible(way: Way, running: Running) -> None:
    if not way.is_possible(running.name):
        pytest.skip(way.impossible)


def chosen(way: Way, folder: Path) -> list[Path]:
    """What the person chooses: a photo, or a photo, a document and another photo."""
    names = ["astronaut.jpg", "letter.pdf", "second.jpg"][: way.files]
    return [folder / name for name in names]


def sums(paths: list[Path]) -> set[str]:
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def originals(folder: Path) -> set[str]:
    return sums([path for path in folder.rglob("*") if path.suffix in (".jpg", ".png")])


def in_handler(way: Way, tab: Tab, look: Callable[[], Any]) -> Any:
    if way.frame:
        with tab.frame(way.frame):
            return look()
    return look()


def arrived(way: Way, tab: Tab, server: Server) -> list[Upload]:
    """The files, as soon as all are there and the page has settled."""
    uploads = server.recorder.wait_for(way.files)
    if way.navigates:
        in_handler(way, tab, lambda: wait_for(tab, "return document.title === 'received'"))
    return uploads


def assert_unseen(way: Way, tab: Tab, server: Server, folder: Path) -> None:
    """Neither the page nor the server has ever had an original."""
    forbidden = originals(folder)
    for body in server.recorder.bodies:
        for path in folder.rglob("*.jpg"):
            assert path.read_bytes()[:4096] not in body
    assert not {upload.sha256 for upload in server.recorder.uploads} & forbidden
    if not way.navigates:
        seen = in_handler(way, tab, lambda: tab.js("return window.seen"))
        leaks = [facts for facts in seen if facts["sha256"] in forbidden]
        assert not leaks, leaks


@ways
def test_cloaked_photo_arrives_and_the_original_never_does(
    way: Way, possible: None, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.behave("mark", delay_s=0.3)
    way.open(tab, server)
    files = chosen(way, photos)
    way.act(tab, files)
    uploads = arrived(way, tab, server)

    assert len(uploads) == way.files
    for upload in uploads:
        if upload.filename.endswith(".pdf"):
            assert upload.data == (photos / "letter.pdf").read_bytes()
        else:
            assert is_marked(upload.data)
    if way.page in ("folder", "drop-folder"):
        assert {Path(upload.filename).name for upload in uploads} == {"face.jpg", "letter.pdf"}
    elif not way.clipboard:
        assert [upload.filename for upload in uploads] == [path.name for path in files]
    assert_unseen(way, tab, server, photos)
    if not way.navigates:
        handled = in_handler(way, tab, lambda: tab.js("return window.handled"))
        assert len(handled) == 1
        seen = in_handler(way, tab, lambda: tab.js("return window.seen"))
        if not way.clipboard:
            assert {facts["type"] for facts in seen if facts["size"]} <= {"image/jpeg", "application/pdf"}
            times = {facts["lastModified"] for facts in seen if facts["size"] and facts["where"] != "form"}
            assert times == {1_600_000_000_000}


@ways
def test_without_a_host_nothing_leaves(
    way: Way, possible: None, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.remove_host()
    way.open(tab, server)
    way.act(tab, chosen(way, photos))
    wait_for_toast(tab, "not installed")
    time.sleep(0.3)
    assert not server.recorder.bodies
    assert_unseen(way, tab, server, photos)


@ways
def test_a_host_that_dies_lets_nothing_leave(
    way: Way, possible: None, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.behave("crash", delay_s=0.2)
    way.open(tab, server)
    way.act(tab, chosen(way, photos))
    wait_for_toast(tab, "stopped while it worked")
    assert not server.recorder.bodies
    assert_unseen(way, tab, server, photos)

    # It is there again, and so is the way.
    running.behave("mark")
    for _ in range(2 if way.files > 1 else 1):
        if "Try again" in tab.toast_text():
            tab.toast_press("Try again")
    uploads = arrived(way, tab, server)
    assert all(is_marked(u.data) for u in uploads if not u.filename.endswith(".pdf"))
    assert_unseen(way, tab, server, photos)


@ways
def test_cancel_keeps_the_photo_back(
    way: Way, possible: None, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.behave("mark", delay_s=8)
    way.open(tab, server)
    way.act(tab, chosen(way, photos)[:1] if way.page == "multiple" else chosen(way, photos))
    wait_for_toast(tab, "Cloaking …")
    while "Cancel" in tab.toast_text():
        tab.toast_press("Cancel")
        time.sleep(0.1)
    running.behave("mark")
    end = time.monotonic() + 10
    while "cancelled" not in running.host_log():
        assert time.monotonic() < end, "the host was not told"
        time.sleep(0.05)
    assert tab.toast_text() == ""
    assert not any(upload.data[:2] == b"\xff\xd8" for upload in server.recorder.uploads)
    assert_unseen(way, tab, server, photos)

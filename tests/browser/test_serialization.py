"""Chromium before 148 makes JSON of what scripts of an extension send each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Running, start
from tests.browser.extension_build import build
from tests.browser.marks import is_marked
from tests.browser.server import Server
from tests.browser.upload_paths import INPUT
from tests.browser.user import Host, User


@pytest.fixture(params=["chromium"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    user = User(tmp_path)
    browser = start(request.param, user, request)
    try:
        user.behave("mark")
        user.use(Host.MARKING)
        browser.install(build(tmp_path / "extension", clones=False))
        yield Running(browser, user)
    finally:
        browser.close()
        user.close()


def test_photo_goes_in_chunks_where_files_do_not_come_through(
    old: Running, server: Server, photos: Path
) -> None:
    server.recorder.clear()
    tab = old.browser.open_tab()
    tab.goto(server.url("/file-input"))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)

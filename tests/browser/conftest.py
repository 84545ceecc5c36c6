"""Two browsers, a web server that records, and a user with a native host for both."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.browser.chromium import Chromium
from tests.browser.extension_build import build
from tests.browser.firefox import Firefox
from tests.browser.server import Server
from tests.browser.tab import Tab, call_async
from tests.browser.user import Host, User
from tests.support.missing import HOW_TO_INSTALL

HANG_S = 120
"""A test takes a few seconds; one that hangs must not cost the whole run."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(HANG_S))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    running = Server(Path(__file__).with_name("pages"))
    yield running
    running.close()


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a photograph of a person (NASA's portrait of Eileen Collins, public domain).

    ``astronaut.jpg`` and ``.png``, ``second.jpg``, ``letter.pdf``, and ``folder/`` with a photo
    and a document.
    """
    data = pytest.importorskip("skimage.data", reason="needs scikit-image for its photo")
    folder = tmp_path_factory.mktemp("photos")
    (folder / "folder" / "inner").mkdir(parents=True)
    astronaut = Image.fromarray(data.astronaut())
    astronaut.save(folder / "astronaut.jpg", quality=95)
    astronaut.save(folder / "astronaut.png")
    mirrored = astronaut.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    mirrored.save(folder / "second.jpg", quality=90)
    (folder / "letter.pdf").write_bytes(b"%PDF-1.4\n% no photo\n" + bytes(range(256)) * 64)
    shutil.copy(folder / "second.jpg", folder / "folder" / "inner" / "face.jpg")
    shutil.copy(folder / "letter.pdf", folder / "folder" / "letter.pdf")
    for path in folder.rglob("*.*"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    return folder


@pytest.fixture(scope="session")
def many(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Twenty photos."""
    folder = tmp_path_factory.mktemp("many")
    copies = [folder / f"{number}.jpg" for number in range(1, 21)]
    for copy in copies:
        shutil.copy(photos / "second.jpg", copy)
    return copies


@dataclass
class Running:
    """A browser with the extension, and the user it belongs to."""

    browser: Chromium | Firefox
    user: User

    @property
    def name(self) -> str:
        return self.browser.name

    def extension_page(self, path: str) -> Tab:
        tab = self.browser.open_tab()
        tab.goto(self.browser.extension_url(path))
        return tab

    def in_extension(self, body: str, *args: Any) -> Any:
        """Runs an asynchronous function body in a page of the extension."""
        with self.browser.at_desk() as desk:
            return call_async(desk, body, *args)

    def remove_host(self) -> None:
        """Nobody finds the host any more, nor is anyone still connected to it."""
        self.user.remove_host()
        self.browser.kill_background()

    def reset(self) -> None:
        """Default settings, no history, no port, a host that marks."""
        self.user.behave()
        self.user.use(Host.MARKING)
        self.in_extension(
            "const {entered} = await chrome.storage.session.get('entered');"
            "await chrome.storage.local.clear(); await chrome.storage.session.clear();"
            "await chrome.storage.session.set({entered});"
        )
        self.browser.kill_background()
        self.user.forget_log()


@pytest.fixture(scope="session")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """One for both browsers, since they share a service."""
    made = User(tmp_path_factory.mktemp("user"))
    yield made
    made.close()


def start(name: str, user: User, request: pytest.FixtureRequest) -> Chromium | Firefox:
    """A browser of this user, still without the extension."""
    if name == "chromium":
        if shutil.which("chromium") is None:
            pytest.skip(f"Chromium is not installed; {HOW_TO_INSTALL}")
        playwright = request.getfixturevalue("playwright")
        return Chromium(playwright, user.home, environment=user.environment)
    if shutil.which("firefox-esr") is None:
        pytest.skip(f"Firefox ESR is not installed; {HOW_TO_INSTALL}")
    display = request.getfixturevalue("display")
    return Firefox(user.home, display, environment=user.environment)


BROWSERS = ("chromium", "firefox")


@pytest.fixture(scope="session", params=BROWSERS)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, user: User
) -> Iterator[Running]:
    browser = start(request.param, user, request)
    browser.install(build(tmp_path_factory.mktemp(request.param) / "extension"))
    yield Running(browser, user)
    browser.close()


@pytest.fixture
def tab(running: Running, server: Server) -> Iterator[Tab]:
    """A tab in a browser whose extension is as on the first day."""
    running.reset()
    server.recorder.clear()
    opened = running.browser.open_tab()
    yield opened
    opened.close()

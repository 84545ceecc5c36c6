"""Private windows, where people have let the extension in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium, ChromiumTab
from tests.browser.conftest import BROWSERS, Running, start
from tests.browser.extension_build import build
from tests.browser.firefox import Firefox, FirefoxTab
from tests.browser.marks import is_marked
from tests.browser.registration import GECKO_ID
from tests.browser.server import Server
from tests.browser.tab import Tab, call_async, wait_for, wait_until
from tests.browser.test_asking import COVERS, FILE_INPUT, labelled, press
from tests.browser.upload_paths import INPUT
from tests.browser.user import Host, User

ALLOW_IN_CHROMIUM = """
const extensionId = args[0];
await chrome.developerPrivate.updateProfileConfiguration({ inDeveloperMode: true });
await chrome.developerPrivate.updateExtensionConfiguration({ extensionId, incognitoAccess: true });
"""

OPEN_IN_CHROMIUM = "await chrome.windows.create({ incognito: true, url: args[0] })"

ALLOW_IN_FIREFOX = """
const modules = "resource://gre/modules/";
const { ExtensionPermissions } =
  ChromeUtils.importESModule(modules + "ExtensionPermissions.sys.mjs");
const { AddonManager } = ChromeUtils.importESModule(modules + "AddonManager.sys.mjs");
const allowed = { permissions: ["internal:privateBrowsingAllowed"], origins: [] };
await ExtensionPermissions.add(args[0], allowed);
await (await AddonManager.getAddonByID(args[0])).reload();
"""


@pytest.fixture(params=BROWSERS)
def private(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A browser whose extension may look into private windows."""
    user = User(tmp_path_factory.mktemp("private"))
    browser = start(request.param, user, request)
    try:
        user.behave("mark")
        user.use(Host.MARKING)
        browser.install(build(tmp_path / "extension"))
        allow(browser)
        yield Running(browser, user)
    finally:
        browser.close()
        user.close()


def allow(browser: Chromium | Firefox) -> None:
    """Reloads the extension, so that its page has to be opened again."""
    if isinstance(browser, Chromium):
        page = browser.open_tab()
        page.goto("chrome://extensions")
        call_async(page, ALLOW_IN_CHROMIUM, browser.extension_url("").split("/")[2])
    else:
        browser.chrome(ALLOW_IN_FIREFOX, GECKO_ID)

    def is_back() -> bool:
        with contextlib.suppress(ChromiumTab.driver_error, FirefoxTab.driver_error):
            browser.open_desk()
            allowed = "return await chrome.extension.isAllowedIncognitoAccess()"
            return bool(call_async(browser.desk, allowed))
        return False

    wait_until(is_back)


def open_privately(browser: Chromium | Firefox, url: str) -> Tab:
    if isinstance(browser, Firefox):
        window = browser.marionette.open(type="window", private=True, focus=True)["handle"]
        browser.marionette.switch_to_window(window)
        tab = FirefoxTab(browser, window)
        tab.goto(url)
        return tab
    call_async(browser.desk, OPEN_IN_CHROMIUM, url)

    def is_there() -> bool:
        browser.desk.js("return 0")  # the driver hears of new pages while it is asked something
        return any(page.url == url for page in browser.context.pages)

    wait_until(is_there)
    return ChromiumTab(browser, next(page for page in browser.context.pages if page.url == url))


def test_question_of_a_private_window_can_be_answered_in_a_window(
    private: Running, server: Server, photos: Path
) -> None:
    server.recorder.clear()
    private.remove_host()
    page = server.page("/private-cover", FILE_INPUT + COVERS["zoom of the page"])
    tab = open_privately(private.browser, page)
    wait_for(tab, "return document.readyState === 'complete'")
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    with private.browser.ask_window() as window:
        wait_for(window, f"return {labelled('Try again')} !== undefined")
        assert "astronaut.jpg" in window.js("return document.body.innerText")
        private.user.use(Host.MARKING)
        press(window, "Try again")
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)

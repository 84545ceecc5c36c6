"""The extension's pages in a language that nobody speaks: long words, from right to left.

Each text comes from ``_locales``, finds room, and is where such readers look for it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium
from tests.browser.extension_build import build
from tests.browser.pictures import FOLDER
from tests.browser.tab import wait_for
from tests.browser.user import Host, User

LANGUAGE = "ar"
"""Browsers go by its name alone: this one is read from right to left."""

SIGN = "ש"
"""Around each text, so that one that comes from elsewhere is found; a letter of such a language."""

LONGER = 1.4

PAGES = {
    "popup": (348, 600),
    "options": (320, 900),
    "welcome": (320, 900),
    "help": (900, 900),
}

QUERIES = {"help": "?tab=1"}
"""With a tab that there is none of, help has a report all the same."""

NAMES = ("Fawkes", "python3", "fawkes-host", "example.org", "0.1.0")

UNTRANSLATED = """
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const found = [];
while (walker.nextNode()) {
  const {parentElement: of, textContent} = walker.currentNode;
  const text = textContent.trim();
  if (text && of.checkVisibility() && !of.closest("#curated, code, textarea") &&
      !text.includes(arguments[0]) && /\\p{L}/u.test(text)) found.push(text);
}
return found;
"""

SIDEWAYS = """
const {scrollWidth, clientWidth} = document.documentElement;
return scrollWidth - clientWidth;
"""


def pseudo(text: str) -> str:
    """``text`` made longer by its own words, with a sign at both ends."""
    words = text.split()
    more = words[: max(1, round((LONGER - 1) * len(words)))]
    extra = [word for word in more if not word.startswith("$")]
    return f"{SIGN} {' '.join([text, *extra])} {SIGN}"


@pytest.fixture
def chromium(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Chromium]:
    extension = build(tmp_path / "extension")
    shutil.copytree(extension / "_locales" / "en", extension / "_locales" / LANGUAGE)
    path = extension / "_locales" / LANGUAGE / "messages.json"
    texts = json.loads(path.read_text(encoding="utf-8"))
    made = {key: {"message": pseudo(text["message"])} for key, text in texts.items()}
    path.write_text(json.dumps(made), encoding="utf-8")
    home = tmp_path / "user"
    home.mkdir()
    user = User(home)
    user.use(Host.MARKING)
    playwright = request.getfixturevalue("playwright")
    browser = Chromium(playwright, user.home, environment=user.environment, language=LANGUAGE)
    try:
        browser.install(extension)
        yield browser
    finally:
        browser.close()
        user.close()


def test_pages_have_room_for_a_long_language_from_right_to_left(chromium: Chromium) -> None:
    FOLDER.mkdir(exist_ok=True)
    for page, size in PAGES.items():
        tab = chromium.open_tab()
        tab.goto(chromium.extension_url(f"{page}/{page}.html{QUERIES.get(page, '')}"))
        ready = "#report" if page == "help" else ".host[data-state]"
        wait_for(tab, f"return document.querySelector('{ready}')")
        # A Chromium that has not this language itself has no direction for it either.
        tab.js("document.documentElement.dir = 'rtl'; return true")
        tab.screenshot(FOLDER / f"{page}-right-to-left-chromium.png", size=size)
        untold = [text for text in tab.js(UNTRANSLATED, SIGN) if text not in NAMES]
        assert untold == [], page
        assert tab.js(SIDEWAYS) == 0, page
        tab.close()

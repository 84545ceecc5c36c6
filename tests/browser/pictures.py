"""Pictures of what people see, in each scheme that they may have, for somebody to look at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tests.browser.chromium import Chromium
from tests.browser.firefox import Firefox
from tests.browser.tab import Tab, wait_for

FOLDER = Path(os.environ.get("FAWKES_SCREENSHOTS", Path(__file__).with_name("screenshots")))

SCHEMES = ("light", "dark", "forced")
"""``forced``: colours of the user's own in place of the page's, as high contrast has them."""

IS_SHOWN = """
const forced = matchMedia("(forced-colors: active)").matches;
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
const still = document.getAnimations().every(
  ({playState, effect}) => playState !== "running" || effect.getTiming().iterations === Infinity,
);
const wanted = arguments[0];
return still && forced === (wanted === "forced") && (forced || dark === (wanted === "dark"));
"""


def in_each_scheme(browser: Chromium | Firefox, tab: Tab) -> Iterator[str]:
    """Each scheme, once ``tab`` shows it and nothing moves there; light again in the end."""
    try:
        for scheme in SCHEMES:
            browser.set_colour_scheme(scheme)
            wait_for(tab, IS_SHOWN, scheme)
            yield scheme
    finally:
        browser.set_colour_scheme("light")


def take(
    browser: Chromium | Firefox, tab: Tab, name: str, size: tuple[int, int] | None = None
) -> None:
    """A picture of ``tab`` in each scheme, as ``NAME-BROWSER-SCHEME.png``."""
    FOLDER.mkdir(exist_ok=True)
    for scheme in in_each_scheme(browser, tab):
        tab.screenshot(
            FOLDER / f"{name}-{browser.name}-{scheme}.png",
            size=size if scheme == SCHEMES[0] else None,
        )

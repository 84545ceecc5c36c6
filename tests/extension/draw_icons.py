"""Draws the PNG icons of the extension from their SVG sources.

Run ``python tests/extension/draw_icons.py`` after a change of ``extension/icons/*.svg``; it
needs Chromium.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

ICONS = Path(__file__).parents[2] / "extension" / "icons"
SIZES = {"on": (16, 32, 48, 128), "off": (16, 32, 48)}


def draw() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page()
        for name, sizes in SIZES.items():
            svg = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
            for size in sizes:
                page.set_viewport_size({"width": size, "height": size})
                page.set_content(
                    f"<style>body{{margin:0}}svg{{display:block;width:{size}px;height:{size}px}}"
                    f"</style>{svg}"
                )
                page.screenshot(path=ICONS / f"{name}-{size}.png", omit_background=True)
        browser.close()


if __name__ == "__main__":
    draw()

"""A paste that the page leaves to the browser."""

from __future__ import annotations

import base64
from pathlib import Path

from tests.browser.conftest import Running
from tests.browser.marks import is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab, call_async, wait_for
from tests.browser.upload_paths import ZONE


def test_photo_pasted_into_an_editor_is_the_cloaked_one(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    page = '<div id="zone" contenteditable style="height: 200px">Text</div>'
    policy = "require-trusted-types-for 'script'; trusted-types 'none'"
    tab.goto(server.page("/editor", page, Content_Security_Policy=policy))
    tab.click(ZONE)
    tab.paste(photos / "astronaut.png")
    wait_for(tab, "return document.querySelector('#zone img')?.complete")
    data = call_async(
        tab,
        """
        const { src } = document.querySelector("#zone img");
        const bytes = new Uint8Array(await (await fetch(src)).arrayBuffer());
        let text = "";
        for (const byte of bytes) text += String.fromCharCode(byte);
        return btoa(text);
        """,
    )
    assert is_marked(base64.b64decode(data))
    assert tab.js("return document.querySelectorAll('#zone img').length") == 1

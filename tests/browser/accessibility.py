"""What axe says about a page, or about the toast that the page cannot see into."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.browser.server import NODE_MODULES, Server
from tests.browser.tab import Tab, call_async

AXE = NODE_MODULES / "axe-core" / "axe.min.js"
TOAST_STYLE = Path(__file__).parents[2] / "extension" / "content" / "toast" / "style.js"

RUN = """
// Forced colours are the user's own, and so is their contrast.
const forced = matchMedia("(forced-colors: active)").matches;
const rules = { "color-contrast": { enabled: !forced } };
const { violations } = await axe.run(args[0], { resultTypes: ["violations"], rules });
return violations.map(({ id, nodes }) => [id, nodes.map(({ html, any, all, none }) =>
  [html.slice(0, 160), [...any, ...all, ...none].map(({ message }) => message)])]);
"""

PAGE = """<title>A toast</title><meta name="color-scheme" content="light dark">"""

SHOW_TOAST = """
const host = document.createElement("aside");
const root = host.attachShadow({ mode: "open" });
root.innerHTML = `<style>${arguments[1]}</style>${arguments[0]}`;
document.body.append(host);
for (const animation of root.getAnimations()) animation.finish();
return getComputedStyle(root.querySelector(".card")).borderRadius;
"""


def faults(tab: Tab, within: str = "html") -> list[Any]:
    """Each rule that is broken, with the elements that break it."""
    tab.js(AXE.read_text(encoding="utf-8") + "; window.axe = axe; return true")
    return list(call_async(tab, RUN, within, patience_s=40))


def toast_faults(tab: Tab, markup: str, server: Server) -> list[Any]:
    """The same of a toast, shown in an open root on a page of its own; ``tab`` goes there."""
    look = re.findall(r"toastStyle = `(.*?)`;", TOAST_STYLE.read_text("utf-8"), re.DOTALL)[0]
    tab.goto(server.page("/toast", PAGE))
    assert tab.js(SHOW_TOAST, markup, look) == "14px", "the look is that of the toast"
    return faults(tab, "aside")

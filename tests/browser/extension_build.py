"""The extension as the tests load it: the shipped one, allowed on the tests' own web server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

SHIPPED = Path(__file__).parents[2] / "extension"
LOOPBACK = ("http://127.0.0.1/*", "http://localhost/*")


def build(
    folder: Path,
    matches: Sequence[str] = LOOPBACK,
    allowed: Sequence[str] = (),
    *,
    clones: bool = True,
) -> Path:
    """A copy whose manifest names these patterns besides its own, and with an empty page.

    ``allowed``: sites that the browser lets it into as if the user had agreed.  Without
    ``clones``, its scripts send each other JSON, as in Chromium before 148.  Nothing else differs.  In that page, ``desk.html``, tests use the extension's own rights.
    """
    shutil.copytree(SHIPPED, folder)
    (folder / "desk.html").write_text("<!doctype html><title>desk</title>")
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["host_permissions"] += [*matches, *allowed]
    for script in manifest["content_scripts"]:
        script["matches"] += matches
    if not clones:
        del manifest["message_serialization"]
        # Firefox clones in any case.
        sender = folder / "content" / "cloaking.js"
        script = sender.read_text(encoding="utf-8")
        assert script.count("more, file }") == 1
        sender.write_text(script.replace("more, file }", "more }"), encoding="utf-8")
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return folder

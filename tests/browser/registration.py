"""Native messaging manifests in a home folder, where the tests' browsers look for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fawkes_host.protocol.greeting import NATIVE_HOST

EXTENSION_ID = "lkicofbnhpdlobohdcnecjglabpoelff"
"""From the fixed ``key`` of the manifest; a test of the manifest computes it."""

GECKO_ID = "fawkes@fawkes.org"

CHROMIUM_PROFILES = Path(".config", "chromium")
"""Where Chromium's profiles lie in a home; it looks for its native hosts beside them."""

FOLDERS: dict[Path, dict[str, list[str]]] = {
    CHROMIUM_PROFILES / "NativeMessagingHosts": {
        "allowed_origins": [f"chrome-extension://{EXTENSION_ID}/"]
    },
    Path(".mozilla", "native-messaging-hosts"): {"allowed_extensions": [GECKO_ID]},
}


def register(home: Path, program: Path) -> None:
    """Makes ``program`` the native host of every browser that runs in ``home``."""
    for folder, allowed in FOLDERS.items():
        (home / folder).mkdir(parents=True, exist_ok=True)
        manifest: dict[str, Any] = {
            "name": NATIVE_HOST,
            "description": "Fawkes",
            "path": str(program),
            "type": "stdio",
            **allowed,
        }
        (home / folder / f"{NATIVE_HOST}.json").write_text(json.dumps(manifest))


def unregister(home: Path) -> None:
    for folder in FOLDERS:
        (home / folder / f"{NATIVE_HOST}.json").unlink(missing_ok=True)

"""Firefox ESR keeps the extension by the policy that ``install --firefox-policy`` writes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from fawkes_install import extension_files, firefox_policy
from fawkes_install.browsers import Family
from tests.browser.firefox import Firefox
from tests.browser.tab import wait_until
from tests.support.missing import HOW_TO_INSTALL

STATE = """
const {AddonManager} = ChromeUtils.importESModule("resource://gre/modules/AddonManager.sys.mjs");
const found = await AddonManager.getAddonByID(args[0]);
return found && {active: found.isActive, signed: found.signedState, lent: found.temporarilyInstalled};
"""


def copied(program: Path, folder: Path) -> Path:
    """The same Firefox in a folder of its own, since it looks for policies beside itself too."""
    folder.mkdir()
    for part in program.parent.iterdir():
        if part.name not in (program.name, "distribution"):
            (folder / part.name).symlink_to(part)
    (folder / "distribution").mkdir()
    return Path(shutil.copy(program, folder))


def test_firefox_keeps_the_extension_that_nobody_has_signed(
    short_path: Path, display: str, monkeypatch: Any
) -> None:
    found = shutil.which("firefox-esr")
    if found is None:
        pytest.skip(f"Firefox ESR is not installed; {HOW_TO_INSTALL}")
    program = copied(Path(found).resolve(), short_path / "esr")
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    identity = extension_files.gecko_identity()
    xpi = short_path / "fawkes.xpi"
    xpi.write_bytes(extension_files.pack(Family.GECKO))
    policies = program.parent / "distribution" / firefox_policy.FILE
    policies.write_bytes(firefox_policy.with_extension(None, identity, xpi))
    home = short_path / "home"
    home.mkdir()
    firefox = Firefox(home, display, environment={**os.environ, "HOME": str(home)})
    try:
        kept = {"active": True, "signed": 0, "lent": False}
        wait_until(lambda: bool(firefox.chrome(STATE, identity) == kept))
    finally:
        firefox.close()

"""How tests are shared out among the processes of pytest-xdist."""

from __future__ import annotations

import re
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

BROWSER = re.compile(r"[\[-](chromium|firefox)[\]-]")


class OneBrowserEach(LoadScopeScheduling):
    """All tests of one browser run in one process, so that each browser starts once."""

    def _split_scope(self, nodeid: str) -> str:
        found = BROWSER.search(nodeid)
        return found[1] if found else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    return OneBrowserEach(config, log) if config.getvalue("dist") == "loadscope" else None

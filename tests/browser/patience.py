"""What a test waits for in vain, and a second chance for such a test alone.

A busy machine makes a browser miss a click or a paste now and then, and then nothing happens.  A
test that saw something *wrong* fails at once: an original that left must never count as noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

PATIENCE_S = 15.0

TRY_AGAIN = 75
"""pytest's exit status where all that failed had waited in vain (``EX_TEMPFAIL`` of sysexits)."""

NOTE = "waited in vain"


class NeverHappened(AssertionError):
    """Something was bound to happen and did not, however long a test has waited."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
    report = yield
    if call.excinfo is not None:
        from playwright.sync_api import TimeoutError

        if call.excinfo.errisinstance((NeverHappened, TimeoutError)):
            report.user_properties.append((NOTE, item.nodeid))
    return report


class Chances:
    """In the process that reports, which is the only one without ``workerinput``."""

    def __init__(self) -> None:
        self.failed: list[bool] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(any(name == NOTE for name, _ in report.user_properties))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if session.exitstatus == pytest.ExitCode.TESTS_FAILED and self.failed and all(self.failed):
            session.exitstatus = TRY_AGAIN


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Chances())

"""Fills the matrix while the tests run, in one process or several, and prints it at the end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.browser.matrix import Matrix

MATRIX = pytest.StashKey[Matrix]()
SENT = "upload paths"


@pytest.fixture(scope="session")
def matrix(pytestconfig: pytest.Config) -> Matrix:
    return pytestconfig.stash.setdefault(MATRIX, Matrix())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist sends what it saw to the process that reports."""
    matrix = session.config.stash.get(MATRIX, None)
    if matrix is not None and hasattr(session.config, "workeroutput"):
        session.config.workeroutput[SENT] = matrix.dump()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    sent = getattr(node, "workeroutput", {}).get(SENT)
    if sent is not None:
        node.config.stash.setdefault(MATRIX, Matrix()).add(sent)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    matrix = config.stash.get(MATRIX, None)
    if matrix is None or not matrix.rows:
        return
    if kept := os.environ.get("FAWKES_MATRIX"):
        matrix.update(Path(kept))
    terminalreporter.section("upload paths (Chromium, Firefox)")
    terminalreporter.write_line(matrix.table())

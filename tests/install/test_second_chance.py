"""Tests that waited for a browser in vain run once more; what was wrong stays wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.browser.patience import TRY_AGAIN
from tests.install.test_bootstrap import load_bootstrap
from tests.support.person import ROOT

IN_VAIN = """
def test_in_vain():
    from tests.browser.tab import wait_until
    wait_until(lambda: False, 0)
"""
WRONG = """
def test_wrong():
    assert "original" == "cloaked"
"""


@pytest.mark.slow
@pytest.mark.parametrize("processes", [0, 2])
@pytest.mark.parametrize(
    ("tests", "status"), [(IN_VAIN, TRY_AGAIN), (WRONG, 1), (IN_VAIN + WRONG, 1)]
)
def test_only_what_waited_in_vain_may_try_again(
    tmp_path: Path, tests: str, status: int, processes: int
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text(tests)
    options = ["-p", "tests.browser.patience", "-n", str(processes)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options, tmp_path],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == status, done.stdout


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        ([0, 0, 0], 0),
        ([0, 5, 0], 0),
        ([1], 1),
        ([0, 0, 1], 1),
        ([0, 0, TRY_AGAIN, 0], 0),
        ([0, 0, TRY_AGAIN, TRY_AGAIN], TRY_AGAIN),
        ([0, 0, TRY_AGAIN, 1], 1),
    ],
)
def test_tests_end_with_the_first_failure(
    monkeypatch: pytest.MonkeyPatch, statuses: list[int], told: int
) -> None:
    bootstrap = load_bootstrap()
    assert bootstrap.TRY_AGAIN == TRY_AGAIN
    left = list(statuses)
    run = SimpleNamespace(run=lambda *_, **__: SimpleNamespace(returncode=left.pop(0)))
    monkeypatch.setattr(bootstrap, "subprocess", run)
    assert bootstrap.run_tests(coverage=False) == told
    assert left == []

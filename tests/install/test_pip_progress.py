"""What the first command shows while pip is at work."""

from __future__ import annotations

import importlib.util
import io
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.person import ROOT

PIP = """
import os, pathlib, sys
print("WARNING: Running pip as the 'root' user can break your system", file=sys.stderr)
print("Collecting tensorflow>=2.18")
print("  Downloading tensorflow-2.20.0-cp311-cp311-manylinux.whl (620.5 MB)", flush=True)
draft = pathlib.Path(os.environ["TMPDIR"], "pip-unpack-1")
draft.mkdir()
with open(draft / "tensorflow-2.20.0-cp311-cp311-manylinux.whl", "wb") as file:
    file.truncate(200_000_000)
if sys.argv[1] == "fail":
    print("ERROR: No space left on device", file=sys.stderr)
    sys.exit(1)
print("  Using cached click-8.1-py3-none-any.whl (98 kB)")
print("Installing collected packages: click, tensorflow", flush=True)
"""


@pytest.fixture(scope="module")
def module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("progress", ROOT / "install" / "pip_progress.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(module: ModuleType, folder: Path, how: str, out: io.StringIO) -> str:
    module.run_pip(
        [sys.executable, "-c", PIP, how],
        700,
        at=folder,
        packages=folder,
        drafts=folder,
        out=out,
    )
    assert list(folder.iterdir()) == []
    return out.getvalue()


def test_large_packages_and_steps_are_told_and_warnings_are_not(
    module: ModuleType, tmp_path: Path
) -> None:
    told = run(module, tmp_path, "go", io.StringIO())
    assert told.splitlines() == [
        "  fetching tensorflow-2.20.0-cp311-cp311-manylinux.whl (620 MB)",
        "  unpacking 2 packages",
    ]


def test_terminal_has_one_line_that_moves_and_goes(module: ModuleType, tmp_path: Path) -> None:
    lines = run(module, tmp_path, "go", Terminal()).split("\r")
    assert any("of about 700 MB: tensorflow" in line for line in lines)
    assert any("unpacking: 0 of 2 packages" in line for line in lines)
    assert lines[-1] == "" == lines[-2].strip()
    assert "\n" not in "".join(lines)


def test_moving_line_counts_what_has_arrived_of_a_file(module: ModuleType, tmp_path: Path) -> None:
    progress = module.PipProgress(700, tmp_path, tmp_path)
    progress.hear("  Downloading numpy-2.3.whl (20 MB)")
    progress.hear("  Downloading tensorflow-2.20.0-cp311.whl (620.5 MB)")
    (tmp_path / "pip-unpack-1").mkdir()
    with (tmp_path / "pip-unpack-1" / "tensorflow-2.20.0-cp311.whl").open("wb") as file:
        file.truncate(200_000_000)
    assert progress.line(65) == "1:05  fetched 220 of about 700 MB: tensorflow"
    progress.hear("WARNING: Retrying (Retry(total=4)) after connection broken")
    assert "pip tries again" in progress.line(66)


def test_failure_tells_what_pip_said_of_it(module: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(module.PipFailed) as failure:
        run(module, tmp_path, "fail", io.StringIO())
    assert str(failure.value) == "ERROR: No space left on device"

"""The JavaScript tests, run by Node's own runner."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.missing import HOW_TO_INSTALL

FOLDER = Path(__file__).parent
EXTENSION = FOLDER.parents[1] / "extension"
NODE = shutil.which("node")
MODULE = re.compile(r"^(import|export) ", re.MULTILINE)

needs_node = pytest.mark.skipif(NODE is None, reason=f"Node is not installed; {HOW_TO_INSTALL}")


@needs_node
@pytest.mark.parametrize("script", sorted(FOLDER.glob("*.test.mjs")), ids=lambda path: path.name)
def test_javascript(script: Path) -> None:
    assert NODE is not None
    done = subprocess.run(
        [NODE, "--test", str(script)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@needs_node
def test_every_script_is_valid_javascript() -> None:
    assert NODE is not None
    for script in EXTENSION.rglob("*.js"):
        kind = "module" if MODULE.search(script.read_text("utf-8")) else "commonjs"
        command = [NODE, f"--input-type={kind}", "--check"]
        done = subprocess.run(
            command, input=script.read_text("utf-8"), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{script}: {done.stderr}"

"""What ships imports nothing that is for tests."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ("host/fawkes_host", "models/fawkes_models", "install/fawkes_install")
FOR_TESTS = {"unittest", "doctest", "pytest", "hypothesis", "tests"}


def imported(file: Path) -> set[str]:
    """The top-level packages that a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", SHIPPED)
def test_no_shipped_module_imports_what_is_for_tests(package):
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    assert [file.name for file in files if imported(file) & FOR_TESTS] == []

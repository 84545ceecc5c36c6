"""``docs/recipe.md`` gives the recipe in force: a row for every number, with its value."""

from __future__ import annotations

import ast
import dataclasses
import importlib
from pathlib import Path
from typing import Any

import pytest

from fawkes_host.engine.levels import LEVELS
from fawkes_host.engine.recipe import Recipe
from fawkes_host.engine.views import Diversity

DOCUMENT = Path(__file__).parents[2] / "docs" / "recipe.md"
SECTIONS = dict(
    section.split("\n", 1) for section in DOCUMENT.read_text(encoding="utf-8").split("\n## ")[1:]
)


def rows(section: str) -> dict[str, list[str]]:
    """The cells of a section's table, by what stands in the first."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("|")][2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {first.strip("`"): rest for first, *rest in cells}


def value(cell: str) -> Any:
    return ast.literal_eval(cell.strip("`"))


@pytest.mark.parametrize("kind", [Recipe, Diversity])
def test_every_field_has_its_row_with_the_value_in_force(kind: type) -> None:
    told = rows(f"`{kind.__name__}`")
    in_force = kind()
    fields = {field.name: getattr(in_force, field.name) for field in dataclasses.fields(kind)}
    assert list(told) == list(fields)
    for name, is_now in fields.items():
        if not dataclasses.is_dataclass(is_now):
            assert value(told[name][0]) == is_now, name


def test_constants_are_those_of_the_code() -> None:
    for name, (told, *_) in rows("Constants beside them").items():
        module, constant = name.split(".")
        assert value(told) == getattr(
            importlib.import_module(f"fawkes_host.engine.{module}"), constant
        ), name


def test_levels_are_those_of_the_code() -> None:
    told = rows("Levels")
    assert list(told) == list(LEVELS)
    for name, level in LEVELS.items():
        in_force = list(dataclasses.asdict(level.budget).values())
        assert [value(cell) for cell in told[name][:3]] == in_force

"""What the protocol names is named the same where it cannot be imported."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from fawkes_host.engine.levels import LEVELS
from fawkes_host.photo.metadata import Policy
from fawkes_host.protocol import messages
from fawkes_host.protocol.greeting import LEVEL_NAMES, POLICY_NAMES

EXTENSION = Path(__file__).parents[2] / "extension"

TYPES = (EXTENSION / "shared/types.d.ts").read_text(encoding="utf-8")

TYPESCRIPT = {
    "tuple[float, float, float, float]": "[number, number, number, number]",
    "float": "number",
    "int": "number",
    "float | None": "number | null",
    "dict[str, float]": "Record<string, number>",
    "tuple[str, ...]": "string[]",
    "tuple[FaceReceipt, ...]": "FawkesFace[]",
    "str": "string",
}

NARROWER = {"level": "FawkesLevel", "policy": "FawkesPolicy"}
"""What the extension asks for it is also answered."""


def interface(name: str) -> dict[str, tuple[bool, str]]:
    """Whether each field of a type may be missing, and its type."""
    body = re.search(rf"interface {name} {{(.*?)^}}", TYPES, re.DOTALL | re.MULTILINE)
    assert body, name
    plain = re.sub(r"/\*\*.*?\*/", "", body[1], flags=re.DOTALL)
    found = re.findall(r"^\s*(\w+)(\??): (.+);$", plain, re.MULTILINE)
    return {field: (bool(optional), kind) for field, optional, kind in found}


@pytest.mark.parametrize(
    ("name", "message"),
    [("FawkesFace", messages.FaceReceipt), ("FawkesReceipt", messages.Receipt)],
)
def test_types_of_the_extension_are_those_of_the_messages(name, message):
    theirs = interface(name)
    ours = message.__annotations__
    assert theirs.keys() == ours.keys()
    for field, (optional, kind) in theirs.items():
        wanted = NARROWER.get(field, TYPESCRIPT[ours[field]])
        # Whoever is told of null is ready for nothing, too.
        assert kind == wanted, field
        if optional:
            assert field not in message.__struct_fields__[: -len(message.__struct_defaults__)]


def test_levels_have_one_set_of_names():
    assert get_args(messages.LevelName) == LEVEL_NAMES == tuple(LEVELS)
    told = re.search(r"type FawkesLevel = (.*);", TYPES)
    assert told
    with_off = ["off", *LEVEL_NAMES]
    assert re.findall(r'"(\w+)"', told[1]) == with_off
    settings = (EXTENSION / "shared/settings.js").read_text(encoding="utf-8")
    listed = re.search(r"LEVELS = Object\.freeze\(\[(.*?)\]", settings)
    assert listed
    assert re.findall(r'"(\w+)"', listed[1]) == with_off
    for page in ("options/options.html", "popup/popup.html"):
        text = (EXTENSION / page).read_text(encoding="utf-8")
        radios = re.findall(r'name="level" value="(\w+)"', text)
        assert [name for name in radios if name != "off"] == list(LEVEL_NAMES), page


def test_policies_have_one_set_of_names():
    assert get_args(messages.PolicyName) == POLICY_NAMES
    assert {policy.value for policy in Policy} == set(POLICY_NAMES)
    told = re.search(r"type FawkesPolicy = (.*);", TYPES)
    assert told
    assert re.findall(r'"([\w-]+)"', told[1]) == list(POLICY_NAMES)

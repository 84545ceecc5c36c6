"""What the protocol names is named the same where it cannot be imported."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from fawkes_host.engine import decoy
from fawkes_host.engine.levels import LEVELS
from fawkes_host.photo.metadata import Policy
from fawkes_host.protocol import messages
from fawkes_host.protocol.greeting import CLOAK_NAMES, DECOY_NAME, LEVEL_NAMES, POLICY_NAMES

EXTENSION = Path(__file__).parents[2] / "extension"

TYPES = (EXTENSION / "shared/types.d.ts").read_text(encoding="utf-8")
MESSAGES = (EXTENSION / "shared/host_messages.d.ts").read_text(encoding="utf-8")

TYPESCRIPT = {
    "tuple[float, float, float, float]": "[number, number, number, number]",
    "bool": "boolean",
    "bytes": "string",
    "float": "number",
    "int": "number",
    "str": "string",
    "dict[str, float]": "Record<string, number>",
    "dict[str, str | int | float]": "Record<string, string | number>",
    "tuple[str, ...]": "string[]",
    "tuple[FaceReceipt, ...]": "FawkesFace[]",
    "tuple[CheckState, ...]": "FawkesCheckState[]",
    "ImageTypes": "string[]",
    "ByteCount": "number",
    "Count": "number",
    "DeadlineSeconds": "number",
    "Fraction": "number",
    "Index": "number",
    "PhotoId": "string",
    "Sha256Hex": "string",
    "EngineState": "FawkesEngineState",
    "LevelName": 'Exclude<FawkesSiteLevel, "off">',
    "PolicyName": "FawkesPolicy",
    "Limits": "FawkesHostLimits",
    "Receipt": "FawkesReceipt",
    "Literal['cloaked', 'no_face']": '"cloaked" | "no_face"',
}

NARROWER = {
    (messages.Receipt, "level"): "FawkesSiteLevel",
    (messages.Receipt, "policy"): "FawkesPolicy",
}
"""What the extension asks for it is also answered."""

SHAPES = {
    "FawkesHostLimits": messages.Limits,
    "FawkesFace": messages.FaceReceipt,
    "FawkesReceipt": messages.Receipt,
    "FawkesClientHelloMessage": messages.ClientHello,
    "FawkesCloakMessage": messages.Cloak,
    "FawkesCancelMessage": messages.Cancel,
    "FawkesChunkMessage": messages.Chunk,
    "FawkesEndMessage": messages.End,
    "FawkesHostHelloMessage": messages.HostHello,
    "FawkesEngineNewsMessage": messages.EngineNews,
    "FawkesAckMessage": messages.Ack,
    "FawkesProgressMessage": messages.Progress,
    "FawkesResultMessage": messages.Result,
    "FawkesErrorMessage": messages.Error,
    "FawkesDoctorRequestMessage": messages.DoctorRequest,
    "FawkesCheckState": messages.CheckState,
    "FawkesDoctorMessage": messages.Doctor,
}

UNSPOKEN = {messages.StatusRequest, messages.Status, messages.Proof}
"""The extension asks for no status: `doctor` and `status` do.  Proofs are for loopback ports."""


def typescript(annotation: str) -> str:
    kind, *null = re.sub(r"Annotated\[(\w+), .*\]", r"\1", annotation).split(" | None")
    return TYPESCRIPT[kind] + (" | null" if null else "")


def interface(name: str) -> dict[str, tuple[bool, str]]:
    """Whether each field of a type may be missing, and its type."""
    body = re.search(rf"interface {name} {{(.*?)^}}", MESSAGES, re.DOTALL | re.MULTILINE)
    assert body, name
    plain = re.sub(r"\s*/\*\*.*?\*/", "", body[1], flags=re.DOTALL)
    found = re.findall(r"^\s*(\w+)(\??): (.+);$", plain, re.MULTILINE)
    assert len(found) == len(plain.strip().splitlines()), name
    return {field: (bool(optional), kind) for field, optional, kind in found}


def fields(message: type[msgspec.Struct]) -> dict[str, tuple[bool, str]]:
    """The same of a message: what has a default may be missing."""
    tag = message.__struct_config__.tag
    expected = {"type": (False, f'"{tag}"')} if tag else {}
    for field in msgspec.structs.fields(message):
        kind = NARROWER.get((message, field.name)) or typescript(
            message.__annotations__[field.name]
        )
        expected[field.name] = (not field.required, kind)
    return expected


@pytest.mark.parametrize("name", SHAPES)
def test_types_of_the_extension_are_those_of_the_messages(name):
    assert interface(name) == fields(SHAPES[name])


@pytest.mark.parametrize(
    ("union", "spoken"),
    [("FawkesToHost", messages.BrowserMessage), ("FawkesFromHost", messages.HostMessage)],
)
def test_the_extension_has_a_type_for_every_message_that_it_speaks(union, spoken):
    told = re.search(rf"type {union} =(.*?);", MESSAGES, re.DOTALL)
    assert told
    assert {SHAPES[name] for name in re.findall(r"\w+", told[1])} == {*get_args(spoken)} - UNSPOKEN
    assert not UNSPOKEN & {*SHAPES.values()}


def test_states_of_the_engine_have_one_set_of_names():
    told = re.search(r"type FawkesEngineState = (.*);", MESSAGES)
    assert told
    assert re.findall(r'"(\w+)"', told[1]) == list(get_args(messages.EngineState))


def test_levels_have_one_set_of_names():
    assert get_args(messages.LevelName) == LEVEL_NAMES == (*CLOAK_NAMES, decoy.LEVEL.name)
    assert tuple(LEVELS) == CLOAK_NAMES
    told = re.search(r"type FawkesLevel = (.*);", TYPES)
    assert told
    with_off = ["off", *CLOAK_NAMES]
    assert re.findall(r'"(\w+)"', told[1]) == with_off
    settings = (EXTENSION / "shared/settings.js").read_text(encoding="utf-8")
    assert f'RULES = Object.freeze(["on", ...LEVELS, "{DECOY_NAME}"])' in settings
    listed = re.search(r"LEVELS = Object\.freeze\(\[(.*?)\]", settings)
    assert listed
    assert re.findall(r'"(\w+)"', listed[1]) == with_off
    for page in ("options/options.html", "popup/popup.html"):
        text = (EXTENSION / page).read_text(encoding="utf-8")
        radios = re.findall(r'name="level" value="(\w+)"', text)
        assert [name for name in radios if name != "off"] == list(CLOAK_NAMES), page


def test_policies_have_one_set_of_names():
    assert get_args(messages.PolicyName) == POLICY_NAMES
    assert {policy.value for policy in Policy} == set(POLICY_NAMES)
    told = re.search(r"type FawkesPolicy = (.*);", TYPES)
    assert told
    assert re.findall(r'"([\w-]+)"', told[1]) == list(POLICY_NAMES)

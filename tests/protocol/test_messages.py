"""The protocol's types against its golden frames and its document."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

import fawkes_host
from fawkes_host.protocol import chunks, messages
from fawkes_host.protocol.errors import BY_CODE, BadMessage
from fawkes_host.protocol.greeting import ENGINE_STATES, LEVEL_NAMES, POLICY_NAMES, greeting

FRAMES = Path(__file__).parents[1] / "data" / "frames"
DOCUMENT = Path(fawkes_host.__file__).parents[1] / "PROTOCOL.md"

DECODERS = {"client": messages.browser_decoder, "host": messages.host_decoder}


def frames(name: str):
    return json.loads((FRAMES / f"{name}.json").read_text())


def cases(name: str):
    return [pytest.param(case, id=case["name"]) for case in frames(name)]


@pytest.mark.parametrize("case", cases("client"))
def test_message_of_a_client_is_read_and_written_as_in_the_golden_frame(case):
    read = messages.parse(messages.browser_decoder, case["text"])
    assert messages.encode(read).decode() == case["text"]
    assert json.loads(case["text"]) == case["message"]


@pytest.mark.parametrize("case", cases("host"))
def test_message_of_the_host_is_read_and_written_as_in_the_golden_frame(case):
    read = messages.parse(messages.host_decoder, case["text"])
    assert messages.encode(read).decode() == case["text"]
    assert json.loads(case["text"]) == case["message"]


@pytest.mark.parametrize("side", ["client", "host"])
def test_golden_frames_hold_every_type_of_message(side):
    union = {"client": messages.BrowserMessage, "host": messages.HostMessage}[side]
    types = {kind.__struct_config__.tag for kind in union.__args__}
    assert {case["message"]["type"] for case in frames(side)} == types


@pytest.mark.parametrize("side", ["client", "host"])
def test_unknown_fields_and_missing_defaults_are_read(side):
    golden = {case["name"]: case["text"] for case in frames(side)}
    for case in frames("lenient")[side]:
        read = messages.parse(DECODERS[side], case["text"])
        assert messages.encode(read).decode() == golden[case["same_as"]], case["name"]


@pytest.mark.parametrize("case", cases("bad"))
def test_bad_message_is_refused_and_its_photo_told(case):
    with pytest.raises(BadMessage):
        messages.parse(messages.browser_decoder, case["text"])
    assert messages.photo_of(case["text"]) == case["photo"]


@pytest.mark.parametrize(
    "text", [b"\xff\xfe", b'{"type":"\xff"}', b"[" * 100_000, b'{"a":' * 99_999]
)
def test_hostile_bytes_are_refused_like_any_bad_message(text):
    with pytest.raises(BadMessage):
        messages.parse(messages.browser_decoder, text)
    assert messages.photo_of(text) is None


def test_refusal_quotes_at_most_a_line_of_what_was_sent():
    with pytest.raises(BadMessage) as refusal:
        messages.parse(messages.browser_decoder, json.dumps({"type": "x" * 100_000}))
    assert len(str(refusal.value)) < 300


def test_stop_is_understood_on_the_private_socket_only():
    assert messages.parse(messages.client_decoder, '{"type":"stop"}') == messages.Stop()


@pytest.mark.parametrize("case", frames("chunks")["good"], ids=lambda case: case["id"])
def test_binary_chunk_is_read_and_written_as_in_the_golden_frame(case):
    chunk = msgspec.convert({"type": "chunk", **case}, messages.Chunk)
    binary = bytes.fromhex(case["binary_hex"])
    assert chunks.from_binary(binary) == chunk
    assert chunks.to_binary(chunk.id, chunk.index, chunk.data) == binary


@pytest.mark.parametrize("case", frames("chunks")["bad"], ids=lambda case: case["name"])
def test_bad_binary_chunk_is_refused(case):
    with pytest.raises(BadMessage):
        chunks.from_binary(bytes.fromhex(case["binary_hex"]))


def test_binary_chunk_above_the_limit_is_refused():
    with pytest.raises(BadMessage):
        chunks.from_binary(chunks.to_binary("a", 0, bytes(524_289)))


def test_relay_greets_as_the_types_do():
    state = {"engine": "ready", "devices": ("CPU",), "problem": "engine_crashed"}
    typed = messages.HostHello(protocol=1, version="1.2.3", **state)
    assert msgspec.json.encode(greeting("1.2.3", state)) == messages.encode(typed)
    cold = messages.HostHello(protocol=1, version="1.2.3", engine="cold")
    assert msgspec.json.encode(greeting("1.2.3", {})) == messages.encode(cold)


def test_names_are_those_of_the_types():
    assert messages.LevelName.__args__ == LEVEL_NAMES
    assert messages.PolicyName.__args__ == POLICY_NAMES
    assert messages.EngineState.__args__ == ENGINE_STATES


def test_largest_chunk_fits_a_native_frame():
    largest = messages.Chunk(id="x" * 64, index=2**32 - 1, data=bytes(524_288))
    assert len(messages.encode(largest)) < 1 << 20


def test_document_names_every_message_field_and_code_a_client_meets():
    text = DOCUMENT.read_text()
    for union in (messages.ClientMessage, messages.HostMessage):
        for kind in union.__args__:
            assert re.search(rf"^### .*`{kind.__struct_config__.tag}`", text, re.M), kind
            for field in kind.__struct_fields__:
                assert f"`{field}`" in text, f"{kind.__name__}.{field}"
    own_to_the_command_line = {
        "unreadable_input",
        "unwritable_output",
        "disk_full",
        "output_exists",
        "already_running",
        "not_authorised",
        "program_missing",
        "registration_failed",
    }
    for code in BY_CODE.keys() - own_to_the_command_line:
        assert f"`{code}`" in text, code

"""Frames that no client would send: no crash, no hang, no growth."""

from __future__ import annotations

import json
import random
import socket
import struct

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fawkes_host.protocol.errors import ServiceUnavailable
from fawkes_host.protocol.messages import ClientHello, Cloak, HostHello, Status, StatusRequest
from fawkes_host.system.memory import resident_bytes
from tests.protocol.test_messages import frames
from tests.support.fake_engine import cloaked
from tests.support.processes import until

BATCH = 50
GROWTH_BYTES = 32 << 20
"""Well below what 20,000 frames would take if they were kept."""

SIZES = [pytest.param(10, id="500"), pytest.param(400, id="20000", marks=pytest.mark.slow)]
"""Batches; every second one is hypothesis' and every other the byte fuzzer's."""

TYPES = ["hello", "cloak", "chunk", "end", "cancel", "status", "result", "error", "", "hello "]
IDS = st.sampled_from(["a", "b", "c", "", "../a", "a" * 65, "ä", "a\n"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | IDS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
FIELDS = {
    "id": IDS | VALUES,
    "protocol": st.integers(-1, 3) | VALUES,
    "wake": st.booleans() | VALUES,
    "size": st.integers(-1, 2000) | st.sampled_from([100 << 20, 2**53, 2**64]) | VALUES,
    "sha256": st.sampled_from(["0" * 64, "0" * 63, "G" * 64]) | VALUES,
    "level": st.sampled_from(["low", "mid", "high", "max"]) | VALUES,
    "policy": st.sampled_from(["keep", "strip"]) | VALUES,
    "accept": st.lists(st.sampled_from(["image/jpeg", "image/*", ""]) | VALUES) | VALUES,
    "deadline_s": st.floats(-1, 4000) | VALUES,
    "index": st.integers(-1, 5) | VALUES,
    "data": st.sampled_from(["AAAA", "AA", "", "####"]) | VALUES,
    "now": st.booleans(),
}
MESSAGES = st.fixed_dictionaries({"type": st.sampled_from(TYPES)}, optional=FIELDS)
FRAMES = MESSAGES.map(lambda message: json.dumps(message).encode()) | st.binary(max_size=200)
GOLDEN = [case["text"].encode() for name in ("client", "host", "bad") for case in frames(name)]


def mutated(chance: random.Random) -> bytes:
    """A golden frame after a few accidents."""
    frame = bytearray(chance.choice(GOLDEN))
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(frame) + 1)
        match chance.randrange(5):
            case 0:
                frame[place : place + 1] = bytes([chance.randrange(256)])
            case 1:
                del frame[place : place + chance.randint(1, 20)]
            case 2:
                frame[place:place] = chance.randbytes(chance.randint(1, 5))
            case 3:
                frame[place:place] = chance.choice(GOLDEN)[: chance.randint(1, 40)]
            case 4:
                frame = frame[:place]
    return bytes(frame)


def batches(count: int, send) -> None:
    """Sends ``count`` batches of frames, from both fuzzers in turn."""
    chance = random.Random(count)

    @settings(
        max_examples=count // 2,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(FRAMES, min_size=BATCH, max_size=BATCH))
    def run(batch: list[bytes]) -> None:
        send(batch)
        send([mutated(chance) for _ in range(BATCH)])

    run()


@pytest.mark.parametrize("count", SIZES)
def test_fuzzed_frames_on_stdio(served, count):
    relay = served.relay().ready()
    sizes = []

    def send(batch: list[bytes]) -> None:
        relay.send_bytes(b"".join(struct.pack("=I", len(frame)) + frame for frame in batch))
        relay.send(type="hello", protocol=1)
        relay.send(type="status")
        relay.receive("status")
        while not relay.messages.empty():
            relay.messages.get()
        relay._backlog.clear()
        sizes.append(resident_bytes(relay.process.pid))

    batches(count, send)
    assert sizes[-1] - sizes[len(sizes) // 10] < GROWTH_BYTES
    relay.send_photo("last", b"face")
    assert relay.receive_photo("last")[1] == cloaked(b"face")
    relay.close()
    until(lambda: _status(served).bytes_held == 0)


# The connection's own thread draws from ``random`` while a strategy runs, and is taken for it.
@pytest.mark.filterwarnings(
    "ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning"
)
@pytest.mark.parametrize("count", SIZES)
def test_fuzzed_frames_on_websocket(served, count):
    link = served.link()
    sizes = []

    def send(batch: list[bytes]) -> None:
        for frame in batch:
            try:
                text = frame.decode()
            except UnicodeDecodeError:  # A text frame may not hold it.
                link.connection.send(frame)
            else:
                if '"stop"' not in text:
                    link.connection.send(text)
        link.send(ClientHello(protocol=1))
        link.send(StatusRequest())
        # Fuzzed frames are answered too, some with a status; all of it has to be read, or the
        # service stops listening.  What comes last is the answer to the one order like this.
        link.send(Cloak(id="the-end", size=0, sha256="0" * 64))
        link.error("the-end")
        sizes.append([one for one in link.kept if isinstance(one, Status)][-1].memory_bytes)
        link.kept.clear()

    batches(count, send)
    assert sizes[-1] - sizes[len(sizes) // 10] < GROWTH_BYTES
    link.send_photo(b"face", "last")
    assert link.expect_photo("last")[1] == cloaked(b"face")
    link.close()
    until(lambda: _status(served).bytes_held == 0)


def test_fuzzed_handshakes(served):
    chance = random.Random(1)
    before = _status(served).clients
    good = (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    for _ in range(200):
        frame = bytearray(good) + chance.randbytes(chance.randint(0, 50))
        for _ in range(chance.randint(0, 5)):
            frame[chance.randrange(len(frame))] = chance.randrange(256)
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(str(served.endpoint.path))
            peer.sendall(frame[: chance.randint(1, len(frame))])
    # Connections that have not said who they are count too: a moment, and they are gone.
    until(lambda: _is_reachable(served))
    assert isinstance(served.link().hello, HostHello)
    until(lambda: _status(served).clients == before + 1)
    assert "Traceback" not in served.log()


def _is_reachable(world) -> bool:
    try:
        _status(world)
    except ServiceUnavailable:
        return False
    return True


def _status(world) -> Status:
    with world.link() as link:
        link.send(StatusRequest())
        return link.expect(Status)

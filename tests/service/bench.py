"""Figures of the relay and the service: ``python -m tests.service.bench [--rounds N]``.

Starts everything in folders of its own, with an engine that only turns bytes around, so
that what is measured is the way there and back.  The frames are made beforehand and
checked afterwards, as a browser would do in native code.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from fawkes_host.protocol.chunks import split
from tests.support.fake_engine import cloaked
from tests.support.processes import World, until

PHOTO_BYTES = 5_000_000


def frame(**message) -> bytes:
    body = json.dumps(message).encode()
    return struct.pack("=I", len(body)) + body


def start_relay(world: World) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "fawkes_host.relay.main"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=world.folder,
    )


def read_frame(stream) -> bytes:
    (size,) = struct.unpack("=I", stream.read(4))
    return stream.read(size)


def hello_and_exit(world: World, wake: bool) -> tuple[float, float]:
    """Seconds from the start of a relay to its hello, and from end of file to its end."""
    start = time.perf_counter()
    relay = start_relay(world)
    relay.stdin.write(frame(type="hello", protocol=1, wake=wake))
    relay.stdin.flush()
    assert b'"hello"' in read_frame(relay.stdout)
    greeted = time.perf_counter()
    relay.stdin.close()
    relay.wait()
    gone = time.perf_counter()
    relay.stdout.close()
    return greeted - start, gone - greeted


def through_relay(relay: subprocess.Popen, number: int, data: bytes) -> float:
    """Seconds from the first byte of a photo to the last byte of its result."""
    photo = f"photo-{number}"
    sha256 = hashlib.sha256(data).hexdigest()
    frames = [frame(type="cloak", id=photo, size=len(data), sha256=sha256)]
    for index, piece in split(data):
        text = base64.b64encode(piece).decode()
        frames.append(frame(type="chunk", id=photo, index=index, data=text))
    frames.append(frame(type="end", id=photo))
    received = []
    start = time.perf_counter()
    for one in frames:
        relay.stdin.write(one)
    relay.stdin.flush()
    while True:
        received.append(read_frame(relay.stdout))
        if received[-1].startswith(b'{"type":"end"'):
            break
        assert b'"error"' not in received[-1][:16], received[-1]
    seconds = time.perf_counter() - start
    chunks = [json.loads(one) for one in received if one.startswith(b'{"type":"chunk"')]
    assert b"".join(base64.b64decode(one["data"]) for one in chunks) == cloaked(data)
    return seconds


def milliseconds(name: str, values: list[float]) -> None:
    values = sorted(value * 1e3 for value in values)
    print(
        f"{name:<44} median {statistics.median(values):7.1f} ms   "
        f"least {values[0]:7.1f}   most {values[-1]:7.1f}   n={len(values)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        world = World(Path(folder), patch)
        world.set(FAWKES_CACHE="false")
        try:
            cold = [hello_and_exit(world, wake=False) for _ in range(rounds)]
            milliseconds("hello, no service running", [hello for hello, _ in cold])
            milliseconds("exit after end of file", [leave for _, leave in cold])

            start = time.perf_counter()
            racers = [world.relay() for _ in range(10)]
            for racer in racers:
                racer.send(type="hello", protocol=1)
            for racer in racers:
                racer.receive("hello")
            milliseconds("ten relays at once, last hello", [time.perf_counter() - start])
            for racer in racers:
                racer.receive("engine", engine="ready")
            milliseconds("ten relays at once, last engine ready", [time.perf_counter() - start])
            print(f"services they started: {len(world.service_pids())}")

            warm = [hello_and_exit(world, wake=False) for _ in range(rounds)]
            milliseconds("hello, service running", [hello for hello, _ in warm])

            relay = start_relay(world)
            relay.stdin.write(frame(type="hello", protocol=1))
            relay.stdin.flush()
            until(lambda: b'"ready"' in read_frame(relay.stdout))
            photos = [os.urandom(PHOTO_BYTES) for _ in range(rounds)]
            times = [through_relay(relay, *one) for one in enumerate(photos)]
            milliseconds("5 MB both ways, relay, service and engine", times)
            relay.stdin.close()
            relay.wait()
            relay.stdout.close()

            client = world.client()
            times = []
            for photo in photos:
                start = time.perf_counter()
                client.cloak(photo)
                times.append(time.perf_counter() - start)
            milliseconds("5 MB both ways, service and engine", times)
            client._link.close()
            alone = []
            for photo in photos:
                start = time.perf_counter()
                hashlib.sha256(cloaked(photo)).hexdigest()
                alone.append(time.perf_counter() - start)
            milliseconds("the engine alone", alone)
        finally:
            world.close()


if __name__ == "__main__":
    main()

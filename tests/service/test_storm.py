"""Many clients at once, coming and going."""

from __future__ import annotations

import os
import random
import signal
import threading

import pytest

from fawkes_host.protocol.errors import ServiceUnavailable
from fawkes_host.protocol.messages import Cancel, Error, Status, StatusRequest
from fawkes_host.system.memory import resident_bytes
from tests.support.fake_engine import cloaked
from tests.support.processes import until

CLIENTS = 8
PHOTOS = 200
GROWTH_BYTES = 48 << 20
"""Less than a tenth of what went through, and what an allocator may keep in its arenas."""


def photo_of(chance: random.Random, name: str) -> bytes:
    size = chance.choice([10, 5_000, 600_000, 3_000_000])
    return f"steps=2,step_s=0.005 {name} ".encode() + chance.randbytes(size)


def status_of(world) -> Status:
    """Ask again while clients that have just hung up are still counted, and fill the service."""

    def ask() -> Status | None:
        try:
            with world.link() as link:
                link.send(StatusRequest())
                return link.expect(Status)
        except ServiceUnavailable:
            return None

    return until(ask)


class Client(threading.Thread):
    """Sends its photos through a relay or the socket; cancels some, hangs up now and then."""

    def __init__(self, world, number: int) -> None:
        super().__init__()
        self.world = world
        self.number = number
        self.answered = 0
        self.cancelled = 0
        self.fault: BaseException | None = None

    def run(self) -> None:
        try:
            if self.number % 2:
                self.through_the_relay()
            else:
                self.through_the_socket()
        except BaseException as fault:
            self.fault = fault

    def through_the_relay(self) -> None:
        chance = random.Random(self.number)
        relay = self.world.relay().ready()
        for batch in range(5):
            photos = {f"p{batch}-{n}": photo_of(chance, f"{self.number}-{n}") for n in range(5)}
            dropped = chance.sample(sorted(photos), 1)
            for name, data in photos.items():
                relay.send_photo(name, data)
                if name in dropped:
                    relay.send(type="cancel", id=name)
            for name, data in photos.items():
                result, found = relay.receive_photo(name)
                if result["type"] == "error":
                    assert (result["code"], name in dropped) == ("cancelled", True)
                    self.cancelled += 1
                else:
                    assert found == cloaked(data)
                self.answered += 1
            if batch == 2:  # The browser is killed with a photo under way.
                relay.send_photo("lost", b"steps=100,step_s=0.05 lost")
                relay.process.kill()
                relay = self.world.relay().ready()

    def through_the_socket(self) -> None:
        chance = random.Random(self.number)
        link = self.world.link()
        for batch in range(5):
            photos = {f"p{batch}-{n}": photo_of(chance, f"{self.number}-{n}") for n in range(5)}
            dropped = chance.sample(sorted(photos), 1)
            for name, data in photos.items():
                link.send_photo(data, name)
                if name in dropped:
                    link.send(Cancel(id=name))
            for name, data in photos.items():
                answer, found = link.expect_photo(name)
                if isinstance(answer, Error):
                    assert (answer.code, name in dropped) == ("cancelled", True)
                    self.cancelled += 1
                else:
                    assert found == cloaked(data)
                self.answered += 1
            link.kept.clear()
            if batch == 2:
                link.send_photo(b"steps=100,step_s=0.05 lost", "lost")
                link.connection.socket.shutdown(2)
                link = self.world.link()


@pytest.mark.slow
def test_two_hundred_photos_of_eight_clients_are_all_answered_right(world):
    world.set(FAWKES_CACHE_MIB="20")
    service = world.serve()
    until(lambda: world.hello().engine == "ready")

    def storm() -> list[Client]:
        clients = [Client(world, number) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
            assert client.fault is None
        return clients

    clients = storm()
    assert sum(client.answered for client in clients) == PHOTOS
    assert 0 < sum(client.cancelled for client in clients) <= PHOTOS // 5
    until(lambda: status_of(world).bytes_held == 0)
    first = resident_bytes(service.pid)
    storm()
    until(lambda: status_of(world).bytes_held == 0)
    assert resident_bytes(service.pid) - first < GROWTH_BYTES
    assert len(world.engine_pids()) == 1
    assert "Traceback" not in world.log()


@pytest.mark.slow
def test_engine_and_service_killed_again_and_again_in_the_middle_of_photos(world):
    relay = world.relay().ready()
    for round_ in range(6):
        relay.send_photo(f"victim{round_}", b"steps=2000,step_s=0.02 %d" % round_)
        while relay.receive("progress", id=f"victim{round_}")["stage"] != "cloak":
            pass
        whom = world.engine_pids if round_ % 2 else world.service_pids
        (pid,) = whom()
        os.kill(pid, signal.SIGKILL)
        error = relay.receive("error", id=f"victim{round_}")
        assert error["code"] == ("engine_crashed" if round_ % 2 else "service_lost")
        data = b"next %d" % round_
        relay.send_photo(f"next{round_}", data)
        answer, found = relay.receive_photo(f"next{round_}")
        assert found == cloaked(data), (answer, world.log())
        until(lambda: len(world.engine_pids()) == len(world.service_pids()) == 1)

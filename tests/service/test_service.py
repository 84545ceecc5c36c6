"""A photo's way through the service over its private socket, and the deadlines on it."""

from __future__ import annotations

import os

import pytest

from fawkes_host.protocol import errors
from fawkes_host.protocol.messages import (
    Cancel,
    Chunk,
    DoctorRequest,
    End,
    Progress,
    Result,
    Status,
    StatusRequest,
)
from tests.support.fake_engine import cloaked
from tests.support.processes import order

SLOW = b"steps=20000,step_s=0.02 "
"""Longer than any test waits."""


def test_photo_is_cloaked_by_level_and_policy_with_its_receipt(served):
    client = served.client()
    seen = []
    photo = client.cloak(
        b"steps=5,step_s=0.06 face", "low", "strip", progress=lambda *step: seen.append(step)
    )
    assert photo.data == cloaked(b"steps=5,step_s=0.06 face", "low", "strip")
    assert (photo.status, photo.cached) == ("cloaked", False)
    assert (photo.receipt.level, photo.receipt.policy) == ("low", "strip")
    assert photo.receipt.faces[0].box == (1.0, 2.0, 3.0, 4.0)
    fractions = [fraction for _, fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert ("cloak", 0.8, 1) in seen


@pytest.mark.slow
def test_photo_of_the_largest_size_goes_both_ways(served):
    data = bytes(100 << 20)
    photo = served.client().cloak(data)
    assert photo.data == cloaked(data)


def test_same_photo_comes_from_the_cache_at_every_level_once(served):
    client = served.client()
    data = os.urandom(1000)
    first, again = client.cloak(data, "high"), client.cloak(data, "high")
    assert (first.cached, again.cached) == (False, True)
    assert (again.data, again.receipt) == (first.data, first.receipt)
    assert client.cloak(data, "low").cached is False


def test_cache_knows_for_whom_a_format_was_replaced(served):
    client = served.client()
    data = os.urandom(1000)
    jpeg_alone = ("image/jpeg", "image/png")
    first = client.cloak(data, accept=jpeg_alone)
    assert first.data == cloaked(data, accept=jpeg_alone)
    assert client.cloak(data).cached is False
    assert client.cloak(data, accept=("image/jpeg", "image/heic", "image/avif")).cached is True
    again = client.cloak(data, accept=("image/webp", "image/jpeg"))
    assert (again.cached, again.data) == (True, first.data)


def test_photo_without_a_face_is_never_kept(served):
    client = served.client()
    data = b"fate=no_face " + os.urandom(1000)
    for _ in range(2):
        photo = client.cloak(data)
        assert (photo.data, photo.status, photo.cached) == (data, "no_face", False)
    for path in (served.folder / "cache").rglob("*"):
        assert path.is_dir() or data[13:] not in path.read_bytes()


@pytest.mark.parametrize(
    ("fate", "code"),
    [
        ("damaged", errors.DamagedImage),
        ("memory", errors.OutOfMemory),
        ("bug", errors.InternalError),
    ],
)
def test_error_of_the_engine_reaches_the_client_and_the_next_photo_works(served, fate, code):
    client = served.client()
    with pytest.raises(code):
        client.cloak(b"fate=%s face" % fate.encode())
    assert client.cloak(b"face").data == cloaked(b"face")


def test_running_photo_is_cancelled_and_so_is_a_waiting_one(served):
    link = served.link()
    link.send_photo(SLOW, "running")
    link.expect_running("running")
    link.send_photo(SLOW + b"2", "waiting")
    link.send(Cancel(id="waiting"))
    assert link.error("waiting").code == "cancelled"
    link.send(Cancel(id="running"))
    assert link.error("running").code == "cancelled"
    link.send_photo(b"face")
    assert link.expect(Result, "a").status == "cloaked"


def test_cancelled_upload_takes_no_room(served):
    link = served.link()
    link.send(order(bytes(1000)))
    link.send(Cancel(id="a"))
    assert link.error().code == "cancelled"
    link.send(StatusRequest())
    assert link.expect(Status).bytes_held == 0


def test_cancel_of_what_is_not_in_flight_is_no_fault(served):
    link = served.link()
    link.send(Cancel(id="never"))
    link.send(End(id="never"))
    link.send(Chunk(id="never", index=0, data=b"x"))
    link.send(StatusRequest())
    message = link.receive(60)
    assert isinstance(message, Status)


def test_look_at_itself_is_left_to_the_relay(served):
    link = served.link()
    link.send(DoctorRequest())
    assert link.error(None).code == "bad_message"


@pytest.mark.parametrize("stage", ["arriving", "waiting", "running"])
def test_deadline_holds_at_every_stage(served, stage):
    link = served.link()
    if stage == "waiting":
        link.send_photo(SLOW, "first")
        link.expect_running("first")
    if stage == "arriving":
        link.send(order(SLOW, deadline_s=0.1))
    else:
        link.send_photo(SLOW + stage.encode(), deadline_s=0.1)
    error = link.error()
    assert (error.code, error.parameters) == ("deadline_exceeded", {"seconds": 0.1})
    link.close()
    served.client().cloak(b"after " + stage.encode())


@pytest.mark.slow
def test_progress_of_the_running_photo_never_pauses(served):
    link = served.link()
    link.send_photo(b"steps=2,step_s=0.7 face" + os.urandom(8))
    count = 0
    while not isinstance(message := link.receive(60), Result):
        count += isinstance(message, Progress)
    # 1.4 s at one in 250 ms at least, of which the engine itself tells two.
    assert count >= 5


def test_nothing_is_kept_of_a_private_photo_nor_looked_up(served):
    link = served.link()
    data = os.urandom(1000)
    for name, private, cached in (
        ("first", True, False),
        ("second", False, False),
        ("third", True, False),
        ("fourth", False, True),
    ):
        link.send_photo(data, name, private=private)
        result = link.expect(Result, name)
        assert result.cached is cached
        if not cached:
            assert result.receipt.engine == ("fake, without memory" if private else "fake")


def test_private_photos_are_not_looked_at_for_others(world):
    world.serve()
    link = world.link()
    link.send_photo(b"steps=20,step_s=0.05 ", "first")
    link.expect_running("first")
    link.send_photo(b"face", "private", private=True)
    link.send_photo(b"another", "another")
    assert link.expect(Result, "private").receipt.faces[0].other_photos == 1, "the public one"
    assert link.expect(Result, "another").receipt.faces[0].other_photos == 1

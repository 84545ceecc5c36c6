"""Whose turn it is, and who finds room."""

from __future__ import annotations

import pytest

from fawkes_host.protocol.errors import Busy
from fawkes_host.protocol.messages import Cloak
from fawkes_host.service.jobs import Job, JobQueue, Stage


def job(owner: str, size: int = 1) -> Job:
    return Job(owner, Cloak(id="a", size=size, sha256="0" * 64), deadline=0.0)


def submitted(queue: JobQueue, *owners: str) -> list[Job]:
    jobs = [job(owner) for owner in owners]
    for one in jobs:
        queue.admit(one)
        queue.submit(one)
    return jobs


def test_clients_take_turns_and_each_keeps_its_order():
    queue = JobQueue(photos=100, total_bytes=100)
    a1, a2, a3, b1, c1, b2 = submitted(queue, "a", "a", "a", "b", "c", "b")
    taken = [queue.take() for _ in range(6)]
    assert taken == [a1, b1, c1, a2, b2, a3]
    assert queue.take() is None


def test_client_that_comes_late_does_not_wait_for_the_crowd_of_another():
    queue = JobQueue(photos=100, total_bytes=100)
    submitted(queue, *"aaaaaaaaaa")
    queue.take()
    (late,) = submitted(queue, "b")
    assert late in (queue.take(), queue.take())


def test_photo_beyond_the_count_is_refused_and_the_answer_is_honest():
    queue = JobQueue(photos=4, total_bytes=100)
    submitted(queue, "a", "a", "b", "b")
    with pytest.raises(Busy) as refusal:
        queue.admit(job("c"))
    assert refusal.value.parameters == {"waiting": 4}


def test_photo_beyond_the_bytes_is_refused():
    queue = JobQueue(photos=100, total_bytes=100)
    queue.admit(job("a", 50))
    queue.admit(job("b", 40))
    with pytest.raises(Busy):
        queue.admit(job("c", 11))
    queue.admit(job("c", 10))


@pytest.mark.parametrize(("photos", "total_bytes", "size"), [(4, 1000, 1), (100, 24, 6)])
def test_one_client_leaves_half_to_the_others(photos, total_bytes, size):
    queue = JobQueue(photos, total_bytes)
    queue.admit(job("a", size))
    queue.admit(job("a", size))
    with pytest.raises(Busy):
        queue.admit(job("a", size))
    queue.admit(job("b", size))


@pytest.mark.parametrize("stage", ["arriving", "waiting", "running", "leaving"])
def test_released_photo_leaves_nothing_behind(stage):
    queue = JobQueue(photos=2, total_bytes=10)
    one = job("a", 5)
    queue.admit(one)
    if stage != "arriving":
        queue.submit(one)
    if stage in ("running", "leaving"):
        assert queue.take() is one
    if stage == "leaving":
        one.stage = Stage.LEAVING
        queue.resize(one, 400)
        assert queue.held_bytes == 400
    queue.release(one)
    queue.release(one)
    assert (queue.photos, queue.held_bytes, queue.waiting, queue.take()) == (0, 0, 0, None)
    queue.admit(job("a", 5))


def test_withdrawn_photo_is_not_taken():
    queue = JobQueue(photos=10, total_bytes=10)
    first, second = submitted(queue, "a", "a")
    queue.withdraw(first)
    assert (queue.take(), queue.take()) == (second, None)

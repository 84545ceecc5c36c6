"""A disk that is full, or gone, under a service that runs."""

from __future__ import annotations

import resource
import shutil
from pathlib import Path

import pytest

from fawkes_host.protocol.messages import Result
from tests.support.processes import until

pytestmark = pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="only Linux limits the files of another process"
)

UNLIMITED = resource.RLIM_INFINITY


def cached(world) -> list[Path]:
    return [path for path in (world.folder / "cache").rglob("*") if path.is_file()]


def cloak(link, data: bytes) -> Result:
    link.send_photo(data, "a")
    return link.expect(Result, "a")


def test_full_disk_costs_the_cache_its_entry_and_nobody_a_photo(world):
    world.serve()
    (pid,) = world.service_pids()
    link = world.link()
    # From now on every write to a file fails as on a full disk.
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, UNLIMITED))
    for number in range(3):
        assert cloak(link, b"face %d" % number).status == "cloaked"
    assert not cloak(link, b"face 0").cached
    until(lambda: cached(world) == [])  # The last draft goes after the answer.
    assert world.service_pids() == [pid]

    resource.prlimit(pid, resource.RLIMIT_FSIZE, (UNLIMITED, UNLIMITED))
    assert cloak(link, b"face 0").status == "cloaked"
    until(lambda: cloak(link, b"face 0").cached)


def test_folders_that_vanish_cost_nobody_a_photo(world):
    world.serve()
    link = world.link()
    assert cloak(link, b"face").status == "cloaked"
    until(lambda: cloak(link, b"face").cached)
    shutil.rmtree(world.folder / "cache")
    shutil.rmtree(world.folder / "state")
    for number in range(2):
        assert cloak(link, b"another face %d" % number).status == "cloaked"
    assert cloak(link, b"face").status == "cloaked"

"""Cloaked photos on disk."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest

from fawkes_host.protocol.messages import Receipt
from fawkes_host.service.cache import Entry, PhotoCache, engine_fingerprint

RECEIPT = Receipt(level="mid", policy="keep", seconds=1.0, engine="0.1.0")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def entry(data: bytes) -> Entry:
    return Entry(data=data, sha256=hashlib.sha256(data).hexdigest(), receipt=RECEIPT)


@pytest.fixture
def open_cache(tmp_path):
    def make(limit_bytes: int = 10_000, secret: bytes = b"s", version: str = "1") -> PhotoCache:
        return PhotoCache(tmp_path / "photos", limit_bytes, secret, version)

    return make


def test_entry_comes_back_also_after_a_restart(open_cache):
    cache = open_cache()
    name = cache.name("a" * 64)
    assert cache.get(name) is None
    cache.put(name, entry(b"cloaked"))
    assert cache.get(name) == entry(b"cloaked")
    assert open_cache().get(name) == entry(b"cloaked")


def test_name_depends_on_everything_that_changes_the_answer(open_cache):
    made = {
        open_cache(secret=secret, version=version).name(order)
        for secret in (b"s", b"t")
        for version in ("1", "2")
        for order in ("a" * 64, "b" * 64)
    }
    assert len(made) == 8


def test_what_was_used_least_recently_goes_first(open_cache):
    cache = open_cache(limit_bytes=3000)
    for name in "abc":
        cache.put(name, entry(name.encode() * 800))
    assert cache.get("a")
    cache.put("d", entry(b"d" * 800))
    assert [bool(cache.get(name)) for name in "abcd"] == [True, False, True, True]
    assert cache.bytes <= 3000


def test_order_of_use_outlives_a_restart_and_a_smaller_limit_holds_at_once(open_cache, tmp_path):
    cache = open_cache()
    for age, name in enumerate("cab"):
        cache.put(name, entry(name.encode() * 800))
        os.utime(tmp_path / "photos" / name, (1000 + age, 1000 + age))
    smaller = open_cache(limit_bytes=2200)
    assert [bool(smaller.get(name)) for name in "abc"] == [True, True, False]
    assert names(tmp_path / "photos") == ["a", "b"]


def test_entry_larger_than_the_cache_is_not_kept(open_cache):
    cache = open_cache(limit_bytes=500)
    cache.put("a", entry(b"x" * 600))
    assert (cache.photos, cache.bytes) == (0, 0)


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: b"", lambda data: data[:-1] + b"!"]
)
def test_damaged_entry_is_a_miss_and_is_dropped(open_cache, tmp_path, damage):
    cache = open_cache()
    cache.put("a", entry(b"cloaked"))
    path = tmp_path / "photos" / "a"
    path.write_bytes(damage(path.read_bytes()))
    assert cache.get("a") is None
    assert not path.exists()
    assert (cache.photos, cache.bytes, cache.hits) == (0, 0, 0)


def test_folder_that_is_gone_costs_the_entry_only(open_cache, tmp_path):
    cache = open_cache()
    (tmp_path / "photos").rmdir()
    cache.put("a", entry(b"cloaked"))
    assert cache.get("a") is None


def test_files_are_private_and_drafts_of_the_dead_are_swept(open_cache, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir(mode=0o755)
    (folder / ".draft").write_bytes(b"half a photo")
    cache = open_cache()
    cache.put("a", entry(b"cloaked"))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "a").stat().st_mode) == 0o600
    assert names(folder) == ["a"]


def test_clear_removes_every_entry(open_cache, tmp_path):
    cache = open_cache()
    cache.put("a", entry(b"cloaked"))
    cache.clear()
    assert (names(tmp_path / "photos"), cache.photos, cache.bytes) == ([], 0, 0)


def test_fingerprint_follows_version_and_files(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "cloak.py").write_text("1")
    first = engine_fingerprint("1", [tmp_path])
    assert engine_fingerprint("1", [tmp_path]) == first
    assert engine_fingerprint("2", [tmp_path]) != first
    (tmp_path / "a" / "cloak.py").write_text("12")
    assert engine_fingerprint("1", [tmp_path]) != first

"""What is kept of people, and for whom."""

from __future__ import annotations

import stat

import numpy as np
import pytest

from fawkes_host.engine import installation, people
from fawkes_models.registry import SURROGATES

NETWORKS = tuple(SURROGATES)


def face(seed: int) -> dict[str, np.ndarray]:
    made = {}
    for name in NETWORKS:
        whole = np.random.default_rng([seed, len(name)]).normal(size=64)
        made[name] = (whole / np.linalg.norm(whole)).astype(np.float32)
    return made


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    place = tmp_path / "data"
    monkeypatch.setattr(installation, "secret_path", lambda: place / "installation.secret")
    return place


def test_faces_come_back_and_are_kept_once(folder):
    assert people.read(NETWORKS) == []
    assert people.stamp() == 0
    assert people.add([face(1), face(2)], NETWORKS) == 2
    assert people.add([face(2), face(3)], NETWORKS) == 1
    found = people.read(NETWORKS)
    assert len(found) == 3
    for one, seed in zip(found, (1, 2, 3), strict=True):
        assert all(one[name] == pytest.approx(face(seed)[name]) for name in NETWORKS)
    assert people.stamp() > 0
    assert [path.name for path in folder.iterdir()] == ["people.safetensors"]


def test_nobody_else_can_read_them():
    people.add([face(1)], NETWORKS)
    assert stat.S_IMODE(people.path().stat().st_mode) == 0o600


def test_forgotten_is_forgotten():
    people.add([face(1)], NETWORKS)
    assert people.forget()
    assert people.read(NETWORKS) == []
    assert not people.path().exists()
    assert not people.forget()


def test_faces_of_other_weights_or_in_a_damaged_file_are_nobody():
    people.add([face(1)], NETWORKS)
    assert people.read(NETWORKS[:2]) == []
    for damage in (b"", b"\x08\0\0\0\0\0\0\0{}      ", people.path().read_bytes()[:-9]):
        people.path().write_bytes(damage)
        assert people.read(NETWORKS) == []
    assert people.add([face(2)], NETWORKS) == 1
    assert len(people.read(NETWORKS)) == 1


def test_the_newest_are_kept(monkeypatch):
    monkeypatch.setattr(people, "FACES", 2)
    people.add([face(1), face(2), face(3)], NETWORKS)
    assert [one["faceres"][0] for one in people.read(NETWORKS)] == pytest.approx(
        [face(2)["faceres"][0], face(3)["faceres"][0]]
    )


def test_a_disk_that_is_full_leaves_what_was_there(folder, monkeypatch):
    people.add([face(1)], NETWORKS)

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fdopen", fail)
        with pytest.raises(OSError, match="No space"):
            people.add([face(2)], NETWORKS)
    assert len(people.read(NETWORKS)) == 1
    assert [path.name for path in folder.iterdir()] == ["people.safetensors"]

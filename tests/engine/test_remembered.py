"""What is kept of people, and for whom."""

from __future__ import annotations

import stat

import numpy as np
import pytest
from safetensors.numpy import load, save

from fawkes_host.engine import installation, remembered
from fawkes_host.protocol.errors import PeopleDamaged
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
    assert remembered.read(NETWORKS) == []
    assert remembered.stamp() == 0
    assert remembered.add([face(1), face(2)], NETWORKS) == 2
    assert remembered.add([face(2), face(3)], NETWORKS) == 1
    found = remembered.read(NETWORKS)
    assert len(found) == 3
    for one, seed in zip(found, (1, 2, 3), strict=True):
        assert all(one[name] == pytest.approx(face(seed)[name]) for name in NETWORKS)
    assert remembered.stamp() > 0
    assert [path.name for path in folder.iterdir()] == ["people.safetensors"]


def test_nobody_else_can_read_them():
    remembered.add([face(1)], NETWORKS)
    assert stat.S_IMODE(remembered.path().stat().st_mode) == 0o600


def test_forgotten_is_forgotten():
    remembered.add([face(1)], NETWORKS)
    assert remembered.forget()
    assert remembered.read(NETWORKS) == []
    assert not remembered.path().exists()
    assert not remembered.forget()


def test_forget_takes_the_drafts_of_the_killed_too(folder):
    remembered.add([face(1)], NETWORKS)
    (folder / f".{remembered.path().name}.0123456789ab.part").write_bytes(b"faces")
    assert remembered.forget()
    assert list(folder.iterdir()) == []


def test_faces_of_other_weights_are_nobody():
    remembered.add([face(1)], NETWORKS)
    assert remembered.read(NETWORKS[:2]) == []
    assert remembered.add([], NETWORKS) == 0
    remembered.forget()
    assert remembered.add([], NETWORKS) == 0
    assert remembered.read(NETWORKS) == []


def damaged() -> dict[str, bytes]:
    whole = remembered.path().read_bytes()
    arrays = load(whole)
    uneven = {**arrays, NETWORKS[0]: arrays[NETWORKS[0]][:1]}
    flat = {**arrays, **{name: arrays[name].reshape(-1) for name in NETWORKS}}
    wild = {**arrays, NETWORKS[0]: np.full_like(arrays[NETWORKS[0]], np.nan)}
    missing = {name: array for name, array in arrays.items() if name != NETWORKS[1]}
    return {
        "empty": b"",
        "no entries": b"\x08\0\0\0\0\0\0\0{}      ",
        "cut": whole[:-9],
        "a network less": save(missing),
        "a face less": save(uneven),
        "of another shape": save(flat),
        "not a number": save(wild),
    }


KINDS_OF_DAMAGE = (
    *("empty", "no entries", "cut", "a network less", "a face less", "of another shape"),
    "not a number",
)


@pytest.mark.parametrize("kind", KINDS_OF_DAMAGE)
def test_a_damaged_file_is_a_coded_error_and_stays_until_it_is_forgotten(kind):
    remembered.add([face(1), face(2)], NETWORKS)
    damage = damaged()[kind]
    remembered.path().write_bytes(damage)
    known = remembered.Remembered(NETWORKS)
    for read in (
        lambda: remembered.read(NETWORKS),
        lambda: remembered.add([face(3)], NETWORKS),
        known,
        known,
    ):
        with pytest.raises(PeopleDamaged) as refusal:
            read()
        assert refusal.value.parameters == {"file": str(remembered.path())}
    assert remembered.path().read_bytes() == damage
    assert remembered.forget()
    assert known() == []
    assert remembered.add([face(3)], NETWORKS) == 1
    assert len(known()) == 1


def test_a_file_that_may_not_be_read_is_one_too(monkeypatch):
    remembered.add([face(1)], NETWORKS)

    def refuse(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(remembered.path()), "read_bytes", refuse)
    with pytest.raises(PeopleDamaged):
        remembered.read(NETWORKS)


def test_the_newest_are_kept(monkeypatch):
    monkeypatch.setattr(remembered, "FACES", 2)
    remembered.add([face(1), face(2), face(3)], NETWORKS)
    assert [one["faceres"][0] for one in remembered.read(NETWORKS)] == pytest.approx(
        [face(2)["faceres"][0], face(3)["faceres"][0]]
    )


def test_a_disk_that_is_full_leaves_what_was_there(folder, monkeypatch):
    remembered.add([face(1)], NETWORKS)

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fdopen", fail)
        with pytest.raises(OSError, match="No space"):
            remembered.add([face(2)], NETWORKS)
    assert len(remembered.read(NETWORKS)) == 1
    assert [path.name for path in folder.iterdir()] == ["people.safetensors"]

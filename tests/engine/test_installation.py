"""What an engine needs of its installation: weights and a secret."""

from __future__ import annotations

import pytest

from fawkes_host.engine import installation
from fawkes_host.engine.pipeline import Engine
from fawkes_host.protocol.errors import WeightsCorrupt, WeightsMissing


@pytest.mark.parametrize("fault", ["missing", "damaged"])
def test_bad_weights_are_an_error_that_names_the_network(monkeypatch, tmp_path, fault):
    from fawkes_models import store

    for file in store.WEIGHTS_FOLDER.glob("*.safetensors"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    broken = tmp_path / "faceres.safetensors"
    broken.unlink() if fault == "missing" else broken.write_bytes(b"\0" * 1000)
    load = store.load
    monkeypatch.setattr(store, "load", lambda name: load(name, tmp_path))
    with pytest.raises(WeightsMissing if fault == "missing" else WeightsCorrupt) as caught:
        Engine.load()
    assert caught.value.parameters == {"network": "faceres"}


def test_secret_is_made_once_and_is_private(private_folders, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    first = installation.secret()
    assert len(first) == installation.SECRET_BYTES
    assert installation.secret() == first
    assert installation.secret_path().stat().st_mode & 0o077 == 0
    assert [file.name for file in installation.secret_path().parent.iterdir()] == [
        "installation.secret"
    ]


def test_every_face_photo_and_secret_has_a_seed_of_its_own():
    seeds = {
        installation.seed(secret, photo, face)
        for secret in (b"1", b"2")
        for photo in (b"a", b"b")
        for face in (0, 1)
    }
    assert len(seeds) == 8
    assert installation.seed(b"1", b"a", 0) in seeds

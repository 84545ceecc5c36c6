"""A weight file that is missing or altered is a clear error, never a wrong network."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fawkes_models import store
from fawkes_models.registry import POPULATION, SURROGATES


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A private copy of the smallest network's weights."""
    for name in (SURROGATES["mobilefacenet"].weights.name, POPULATION.name):
        shutil.copy(store.WEIGHTS_FOLDER / name, tmp_path / name)
    return tmp_path


def test_an_untouched_copy_loads(weights: Path) -> None:
    network = store.load("mobilefacenet", weights)
    assert network.centre.shape == (network.embedding_size,)
    assert network.centre.any()


def test_a_missing_file_is_named(weights: Path) -> None:
    (weights / "mobilefacenet.safetensors").unlink()
    with pytest.raises(store.WeightsMissing, match="mobilefacenet") as raised:
        store.load("mobilefacenet", weights)
    assert raised.value.network == "mobilefacenet"


def test_one_altered_bit_is_found(weights: Path) -> None:
    path = weights / "mobilefacenet.safetensors"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(store.WeightsCorrupt, match="mobilefacenet") as raised:
        store.load("mobilefacenet", weights)
    assert raised.value.network == "mobilefacenet"


def test_a_truncated_population_is_found(weights: Path) -> None:
    path = weights / POPULATION.name
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(store.WeightsCorrupt, match="population") as raised:
        store.load("mobilefacenet", weights)
    assert raised.value.network == "population"


def test_a_failure_is_not_remembered(weights: Path) -> None:
    path = weights / "mobilefacenet.safetensors"
    path.rename(weights / "elsewhere")
    with pytest.raises(store.WeightsMissing):
        store.load("mobilefacenet", weights)
    (weights / "elsewhere").rename(path)
    assert store.load("mobilefacenet", weights).name == "mobilefacenet"


def test_a_network_is_read_once() -> None:
    assert store.load("mobilefacenet") is store.load("mobilefacenet")


def test_an_unknown_network_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="facenet512"):
        store.load("facenet512")

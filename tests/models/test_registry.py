"""Registry, weight files, definitions and cards tell the same story."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

from fawkes_models import registry, store

CARDS = store.WEIGHTS_FOLDER.parent / "cards"
CARD_OF_EACH = [*registry.NETWORKS.values(), registry.DETECTOR]
EVERY_FILE = [card.weights for card in CARD_OF_EACH] + [registry.POPULATION]


def test_the_surrogates_are_these_three() -> None:
    assert list(registry.SURROGATES) == ["dlib_resnet", "mobilefacenet", "faceres"]
    assert list(registry.FOR_DECOYS) == ["faceplugin", "mobileface"]
    assert all(name == card.name for name, card in registry.NETWORKS.items())


@pytest.mark.parametrize("file", EVERY_FILE, ids=lambda file: file.name)
def test_a_weight_file_is_the_registered_one(file: registry.WeightFile) -> None:
    data = (store.WEIGHTS_FOLDER / file.name).read_bytes()
    assert hashlib.sha256(data).hexdigest() == file.sha256


def test_nothing_else_ships_and_all_fits_in_30_megabytes() -> None:
    shipped = {path.name: path.stat().st_size for path in store.WEIGHTS_FOLDER.iterdir()}
    assert set(shipped) == {file.name for file in EVERY_FILE}
    assert sum(shipped.values()) <= 30_000_000


@pytest.mark.parametrize("card", CARD_OF_EACH, ids=lambda card: card.name)
def test_a_card_names_source_licence_and_checksum(card: registry.NetworkCard) -> None:
    text = (CARDS / f"{card.name}.md").read_text(encoding="utf-8")
    source = card.source
    for fact in (source.package, source.version, source.licence, card.weights.sha256):
        assert fact in text, fact
    recognises = card.name in registry.SURROGATES
    for heading in ("## Training data", "## Parity", *["## Recognition"] * recognises):
        assert heading in text, heading


def test_every_weight_file_has_a_card_and_no_card_is_left_over() -> None:
    cards = {path.stem: path.read_text(encoding="utf-8") for path in CARDS.glob("*.md")}
    assert set(cards) == {*registry.NETWORKS, registry.DETECTOR.name, "population"}
    assert registry.POPULATION.sha256 in cards["population"]


@pytest.mark.parametrize("name", registry.NETWORKS)
def test_the_card_states_the_size_of_input_and_embedding(name: str) -> None:
    network = store.load(name)
    text = (CARDS / f"{name}.md").read_text(encoding="utf-8")
    assert f"{network.input_size} × {network.input_size}" in text
    assert f"{network.embedding_size} values" in text


def test_listing_the_networks_imports_nothing_heavy() -> None:
    program = (
        "import sys, fawkes_models.registry\n"
        "print(sorted({'tensorflow', 'numpy', 'safetensors'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"

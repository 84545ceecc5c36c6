"""Face recognisers, and the ways in which a tracker uses one to name people."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fawkes_host.engine import align

ARCFACE_TEMPLATE = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Of 112 px chips (Deng et al., 2019); most public recognisers are trained on it."""

Embeddings = NDArray[np.float32]


class Recogniser(Protocol):
    """Anything that turns aligned chips into embeddings."""

    name: str
    input_size: int
    template: Any

    def embed(self, chips: NDArray[np.uint8]) -> Embeddings:
        """Return embeddings float32 [n, d] of chips uint8 [n, s, s, 3] RGB."""
        ...


class NcnnRecogniser:
    """A recogniser in ncnn's format: a ``.param`` file with a ``.bin`` beside it.

    It sees ArcFace chips of 112 px, RGB 0..255; normalisation is part of the network.
    """

    def __init__(self, param: Path, blob_in: str = "data", blob_out: str = "fc1") -> None:
        import ncnn

        self.name = param.stem
        self.input_size = 112
        self.template = ARCFACE_TEMPLATE
        self._ncnn = ncnn
        self._blobs = blob_in, blob_out
        self._net = ncnn.Net()
        if self._net.load_param(str(param)) or self._net.load_model(str(param.with_suffix(".bin"))):
            raise ValueError(f"{param} and its .bin are no ncnn network")

    def embed(self, chips: NDArray[np.uint8]) -> Embeddings:
        rgb = self._ncnn.Mat.PixelType.PIXEL_RGB
        embeddings = []
        for chip in chips:
            extractor = self._net.create_extractor()
            image = np.ascontiguousarray(chip)
            mat = self._ncnn.Mat.from_pixels(image, rgb, self.input_size, self.input_size)
            extractor.input(self._blobs[0], mat)
            embeddings.append(np.array(extractor.extract(self._blobs[1])[1], np.float32))
        return np.stack(embeddings)


class SurrogateRecogniser:
    """One of this project's own surrogates as a judge; unseen only where the cloak left it out."""

    def __init__(self, network: Any) -> None:
        import tensorflow as tf

        self.name = network.name
        self.input_size = network.input_size
        self.template = network.template
        size = network.input_size
        self._embed = tf.function(
            network, input_signature=[tf.TensorSpec((1, size, size, 3))], autograph=False
        )

    def embed(self, chips: NDArray[np.uint8]) -> Embeddings:
        return np.concatenate(
            [self._embed(chip[None].astype(np.float32)).numpy() for chip in chips]
        )


def cut_chip(
    pixels: NDArray[np.uint8], landmarks: NDArray[np.float32], recogniser: Recogniser
) -> NDArray[np.uint8]:
    """Return the aligned chip uint8 [s, s, 3] of one face, as a recogniser wants it."""
    size = recogniser.input_size
    to_photo = align.similarity(recogniser.template, landmarks)
    scale = float(np.hypot(*to_photo[:, 0]))
    image = Image.fromarray(pixels)
    if scale > 2:
        # Bilinear sampling alone would skip pixels of a large face.
        image = image.reduce(int(scale))
        to_photo = to_photo / int(scale)
    # Pillow places pixel centres at halves.
    a, b, c, d, e, f = to_photo.ravel()
    half = 0.5
    coefficients = (a, b, c + half - half * (a + b), d, e, f + half - half * (d + e))
    chip = image.transform(
        (size, size), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR
    )
    return np.asarray(chip)


def unit(embeddings: Embeddings) -> Embeddings:
    """Embeddings [n, d] of length one."""
    return embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)


def nearest_neighbour(
    gallery: Embeddings, names: NDArray[np.str_], probes: Embeddings
) -> NDArray[np.str_]:
    """Name each probe as the gallery face with the highest cosine; embeddings of length one."""
    return names[np.argmax(probes @ gallery.T, axis=1)]


def linear_classifier(
    gallery: Embeddings, names: NDArray[np.str_], probes: Embeddings
) -> NDArray[np.str_]:
    """Name each probe by multinomial logistic regression trained on the gallery's embeddings."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=100.0, max_iter=500)
    named: NDArray[np.str_] = model.fit(gallery, names).predict(probes)
    return named

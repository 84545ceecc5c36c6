"""Face recognisers: aligned chips in, embeddings out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine import align
from fawkes_models.registry import NETWORKS

ARCFACE_PX = 112
ARCFACE_TEMPLATE = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Of 112 px chips (Deng et al., 2019); most public recognisers are trained on it."""

Embeddings = NDArray[np.float32]


@dataclass(frozen=True)
class JudgeFormat:
    """What a recogniser's file does not say about itself; ArcFace's conventions by default."""

    input_blob: str | None = None
    """``data`` in ncnn, the only input in ONNX."""
    output_blob: str | None = None
    """``fc1`` in ncnn, the first output in ONNX."""
    size_px: int = ARCFACE_PX
    template: tuple[tuple[float, float], ...] | None = None
    """Where the five landmarks lie in a chip; ArcFace's, scaled to ``size_px``."""
    low: float | None = None
    high: float | None = None
    """Input values of black and white; 0 and 255 in ncnn, whose files hold the normalisation, and
    −1 and 1 in ONNX."""
    bgr: bool = False

    def place(self) -> NDArray[np.float64]:
        """Return the template, float64 [5, 2], in pixels of a chip."""
        if self.template is not None:
            return np.array(self.template, np.float64)
        return np.array(ARCFACE_TEMPLATE) * (self.size_px / ARCFACE_PX)


class Recogniser(Protocol):
    """Anything that turns aligned chips into embeddings."""

    name: str
    fingerprint: str
    """Another for every other recogniser: embeddings are kept under it."""
    input_size: int
    template: Any

    def embed(self, chips: NDArray[np.uint8]) -> Embeddings:
        """Return embeddings float32 [n, d] of chips uint8 [n, s, s, 3] RGB."""
        ...


@dataclass
class _FileRecogniser:
    """What recognisers that come as files have in common."""

    path: Path
    format: JudgeFormat = field(default_factory=JudgeFormat)

    def __post_init__(self) -> None:
        self.name = self.path.stem
        self.input_size = self.format.size_px
        self.template = self.format.place()
        digest = hashlib.sha256(repr(self.format).encode())
        for file in sorted(self.path.parent.glob(f"{self.path.stem}.*")):
            digest.update(file.read_bytes())
        self.fingerprint = digest.hexdigest()[:12]

    def _values(self, chip: NDArray[np.uint8], low: float, high: float) -> NDArray[np.float32]:
        """Return the input values float32 [3, s, s] of a chip."""
        low = low if self.format.low is None else self.format.low
        high = high if self.format.high is None else self.format.high
        planes = chip[..., ::-1] if self.format.bgr else chip
        values = low + planes.astype(np.float32) * ((high - low) / 255.0)
        return np.ascontiguousarray(values.transpose(2, 0, 1), np.float32)


class NcnnRecogniser(_FileRecogniser):
    """A recogniser in ncnn's format: a ``.param`` file with a ``.bin`` beside it."""

    def __post_init__(self) -> None:
        import ncnn

        super().__post_init__()
        self._ncnn = ncnn
        self._net = ncnn.Net()
        # Chips are small: more threads wait for each other longer than they work.
        self._net.opt.num_threads = 1
        weights = self.path.with_suffix(".bin")
        if self._net.load_param(str(self.path)) or self._net.load_model(str(weights)):
            raise ValueError(f"{self.path} and its .bin are no ncnn network")

    def embed(self, chips: NDArray[np.uint8]) -> Embeddings:
        embeddings = []
        for chip in chips:
            extractor = self._net.create_extractor()
            values = self._values(chip, 0.0, 255.0)
            # A copy that ncnn owns: networks whose first layer works in place crash on NumPy's.
            mat = self._ncnn.Mat(values).clone()
            extractor.input(self.format.input_blob or "data", mat)
            status, out = extractor.extract(self.format.output_blob or "fc1")
            if status:
                raise ValueError(f"{self.path} has no such output")
            embeddings.append(np.array(out, np.float32).ravel())
        return np.stack(embeddings)


class OnnxRecogniser(_FileRecogniser):
    """A recogniser in ONNX format, run by onnxruntime; it takes [1, 3, s, s]."""

    def __post_init__(self) -> None:
        import onnxruntime

        super().__post_init__()
        self._session = onnxruntime.InferenceSession(
            str(self.path), providers=["CPUExecutionProvider"]
        )
        self._input = self.format.input_blob or self._session.get_inputs()[0].name
        self._output = self.format.output_blob or self._session.get_outputs()[0].name

    def embed(self, chips: NDArray[np.uint8]) -> Embeddings:
        embeddings = []
        for chip in chips:
            values = self._values(chip, -1.0, 1.0)[None]
            (out,) = self._session.run([self._output], {self._input: values})
            embeddings.append(np.asarray(out, np.float32).ravel())
        return np.stack(embeddings)


class SurrogateRecogniser:
    """One of this project's own surrogates as a judge; unseen only where the cloak left it out."""

    def __init__(self, network: Any) -> None:
        import tensorflow as tf

        self.name = network.name
        self.fingerprint = NETWORKS[network.name].weights.sha256[:12]
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


def load_judge(path: Path, format_: JudgeFormat) -> Recogniser:
    """Open a recogniser's file, ncnn's ``.param`` or ``.onnx``.

    Raises ``ValueError`` for files of another kind.
    """
    if path.suffix.lower() == ".param":
        return NcnnRecogniser(path, format_)
    if path.suffix.lower() == ".onnx":
        return OnnxRecogniser(path, format_)
    raise ValueError(f"{path} is neither a .param nor an .onnx file")


def cut_chip(
    pixels: NDArray[np.uint8], landmarks: NDArray[np.float32], recogniser: Recogniser
) -> NDArray[np.uint8]:
    """Return the aligned chip uint8 [s, s, 3] of one face, as a recogniser wants it."""
    size = recogniser.input_size
    return align.resample(pixels, align.similarity(recogniser.template, landmarks), size, size)


def unit(embeddings: Embeddings) -> Embeddings:
    """Return embeddings [n, d] at length one."""
    return embeddings / np.linalg.norm(embeddings, axis=-1, keepdims=True)

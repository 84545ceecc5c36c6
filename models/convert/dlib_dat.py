"""Reads a network out of dlib's own serialisation (``.dat``), without dlib.

The format has no table of contents: a reader must know the order in which
dlib's classes write themselves (``dlib/serialize.h``, ``dlib/dnn/core.h``,
``dlib/dnn/layers.h``, ``dlib/cuda/tensor_tools.h`` of dlib 19).  Only what a
metric network of convolutions needs is understood; anything else raises
:class:`FormatError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float32]

_INPUT_LAYER = b"\x01\x15input_rgb_image_sized"
_TENSOR_VERSION = 2
_ALIAS_VERSION = 1


class FormatError(ValueError):
    """The bytes are not what dlib would have written at this place."""


@dataclass(frozen=True)
class Convolution:
    """A convolution with its batch norm frozen into ``gamma`` and ``beta``.

    ``filters`` float32 [out, in, rows, columns]; ``bias``, ``gamma`` and
    ``beta`` float32 [out]: y = gamma · (filters ∗ x + bias) + beta.
    """

    filters: Array
    bias: Array
    gamma: Array
    beta: Array
    stride: int
    padding: int


@dataclass(frozen=True)
class MetricNetwork:
    """What the file holds: channel means (RGB, 0..255), convolutions in
    forward order, and the last fully connected layer, float32 [in, out]."""

    mean: tuple[float, float, float]
    input_size: int
    convolutions: tuple[Convolution, ...]
    embedding: Array


class Reader:
    """A cursor over dlib's primitive types."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    def take(self, count: int) -> bytes:
        end = self.position + count
        if end > len(self.data):
            raise FormatError(f"the file ends inside a value at byte {self.position}")
        piece, self.position = self.data[self.position : end], end
        return piece

    def integer(self) -> int:
        """Sign in bit 7, number of bytes in the low nibble, little endian."""
        head = self.take(1)[0]
        size = head & 0x0F
        if not 1 <= size <= 8:
            raise FormatError(f"no integer at byte {self.position - 1}")
        value = int.from_bytes(self.take(size), "little")
        return -value if head & 0x80 else value

    def real(self) -> float:
        """mantissa · 2^exponent, both integers."""
        mantissa = self.integer()
        return float(mantissa) * 2.0 ** self.integer()

    def flag(self) -> bool:
        byte = self.take(1)
        if byte not in b"01":
            raise FormatError(f"no boolean at byte {self.position - 1}")
        return byte == b"1"

    def text(self) -> str:
        return self.take(self.integer()).decode("latin-1")

    def tensor(self) -> Array:
        """A resizable tensor: four dimensions, then raw float32."""
        if self.integer() != _TENSOR_VERSION:
            raise FormatError(f"no tensor before byte {self.position}")
        shape = tuple(self.integer() for _ in range(4))
        count = int(np.prod(shape))
        return np.frombuffer(self.take(4 * count), "<f4").reshape(shape)

    def skip_alias(self) -> None:
        """An alias tensor is a window into another tensor: only its shape is written."""
        if self.integer() != _ALIAS_VERSION:
            raise FormatError(f"no alias tensor before byte {self.position}")
        for _ in range(4):
            self.integer()


def read_metric_network(data: bytes) -> MetricNetwork:
    """The network in ``data``, the bytes of a ``loss_metric`` ``.dat`` file.

    Raises :class:`FormatError` where the bytes are not such a network.
    """
    # What comes before the input layer is the loss and one version number for
    # every nested layer: nothing that is needed here.
    start = data.find(_INPUT_LAYER)
    if start < 0:
        raise FormatError("there is no input_rgb_image_sized layer")
    reader = Reader(data, start)
    reader.text()
    mean = (reader.real(), reader.real(), reader.real())
    rows, columns = reader.integer(), reader.integer()
    if rows != columns:
        raise FormatError(f"the input is not square: {rows} × {columns}")

    convolutions: list[Convolution] = []
    pending: tuple[Array, Array, int, int] | None = None
    innermost = True
    while True:
        kind = reader.text()
        if kind == "con_4":
            pending = _read_convolution(reader)
        elif kind == "affine_":
            if pending is None:
                raise FormatError("an affine layer follows no convolution")
            gamma, beta = _read_affine(reader, channels=len(pending[1]))
            filters, bias, stride, padding = pending
            convolutions.append(Convolution(filters, bias, gamma, beta, stride, padding))
            pending = None
        elif kind in ("max_pool_2", "avg_pool_2"):
            for _ in range(6):  # rows, columns, two strides, two paddings
                reader.integer()
        elif kind == "fc_2":
            embedding = _read_fully_connected(reader)
            return MetricNetwork(mean, rows, tuple(convolutions), embedding)
        elif kind not in ("relu_", "add_prev_"):
            raise FormatError(f"unknown layer {kind!r} before byte {reader.position}")
        _skip_layer_state(reader, innermost)
        innermost = False


def _skip_layer_state(reader: Reader, innermost: bool) -> None:
    """What every layer writes behind its details; zero-sized in a trained file."""
    for _ in range(3):
        reader.flag()
    for _ in range(3):  # x_grad, cached_output, params_grad or grad_final
        reader.tensor()
    if innermost:
        reader.integer()  # sample_expansion_factor


def _read_convolution(reader: Reader) -> tuple[Array, Array, int, int]:
    parameters = reader.tensor().ravel()
    out, rows, columns = reader.integer(), reader.integer(), reader.integer()
    stride, _, padding, _ = (reader.integer() for _ in range(4))
    reader.skip_alias()
    reader.skip_alias()
    for _ in range(4):  # learning rate and weight decay multipliers
        reader.real()
    filters = parameters[:-out].reshape(out, -1, rows, columns)
    return filters, parameters[-out:], stride, padding


def _read_affine(reader: Reader, channels: int) -> tuple[Array, Array]:
    parameters = reader.tensor().ravel()
    reader.skip_alias()
    reader.skip_alias()
    reader.integer()  # mode: per channel
    if len(parameters) != 2 * channels:
        raise FormatError(f"affine layer of {len(parameters)} values for {channels} channels")
    return parameters[:channels], parameters[channels:]


def _read_fully_connected(reader: Reader) -> Array:
    out, into = reader.integer(), reader.integer()
    return reader.tensor().reshape(into, out)

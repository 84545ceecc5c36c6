"""Reads the convolutions of an ONNX file, in the order in which they run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Convolution:
    """``filters`` float32 [out, in, rows, columns], ``bias`` [out], and the ``slope`` [out] of a
    PReLU that follows."""

    filters: NDArray[np.float32]
    bias: NDArray[np.float32]
    depthwise: bool
    slope: NDArray[np.float32] | None = None


def read_convolutions(path: Path) -> list[Convolution]:
    """The convolutions of the file at ``path``; batch norms must be folded into them already.

    Raises ``ValueError`` for a file with weights of another kind.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    layers: list[Convolution] = []
    for node in graph.node:
        if node.op_type == "Conv":
            groups = next((a.i for a in node.attribute if a.name == "group"), 1)
            filters, bias = (values[name] for name in node.input[1:])
            layers.append(Convolution(filters, bias, groups > 1))
        elif node.op_type == "PRelu":
            layers[-1] = replace(layers[-1], slope=values[node.input[1]].ravel())
        elif node.op_type not in ("Add", "Reshape"):
            raise ValueError(f"{path.name} holds a {node.op_type}")
    return layers

"""Reads a TensorFlow.js graph model: weights to NumPy, and the graph to run.

A graph model is a JSON file (a TensorFlow ``GraphDef`` in JSON, and a manifest
of the weights) with the weights' bytes beside it.  Running the graph op by op
is slow but follows the source to the letter: it is the reference that parity
is measured against.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]


@dataclass(frozen=True)
class Node:
    """One operation: its kind, the names of what it reads, its attributes."""

    name: str
    op: str
    inputs: tuple[str, ...]
    strides: tuple[int, ...] = (1, 1, 1, 1)
    padding: str = "VALID"
    fused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graph:
    """Nodes in an order in which they can be run, and the constants they read."""

    nodes: tuple[Node, ...]
    weights: Mapping[str, Array]

    def weight(self, name: str) -> NDArray[np.float32]:
        return self.weights[name].astype(np.float32)

    def named(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)


def read(path: Path) -> Graph:
    """The graph model at ``path`` (the ``.json``); weights of float16 become float32."""
    model = json.loads(path.read_text())
    weights: dict[str, Array] = {}
    for group in model["weightsManifest"]:
        data = b"".join((path.parent / name).read_bytes() for name in group["paths"])
        offset = 0
        for entry in group["weights"]:
            stored = np.dtype(entry.get("quantization", entry)["dtype"]).newbyteorder("<")
            count = int(np.prod(entry["shape"], dtype=np.int64))
            values = np.frombuffer(data, stored, count, offset).reshape(entry["shape"])
            weights[entry["name"]] = values.astype(entry["dtype"])
            offset += count * stored.itemsize
    nodes = tuple(_read_node(node) for node in model["modelTopology"]["node"])
    return Graph(tuple(node for node in nodes if node.op != "Const"), weights)


def _read_node(node: dict[str, Any]) -> Node:
    attributes = node.get("attr", {})

    def words(key: str) -> list[str]:
        texts = attributes.get(key, {}).get("list", {}).get("s", [])
        return [base64.b64decode(text).decode() for text in texts]

    strides = attributes.get("strides", {}).get("list", {}).get("i", [1, 1, 1, 1])
    padding = attributes.get("padding", {}).get("s", "")
    return Node(
        node["name"],
        node["op"],
        tuple(name.split(":")[0] for name in node.get("input", ())),
        tuple(int(stride) for stride in strides),
        base64.b64decode(padding).decode() or "VALID",
        tuple(words("fused_ops")),
    )


def repair_fused_relus(graph: Graph) -> Graph:
    """Undoes two faults in the conversion of PReLU, in a copy of the graph.

    The exporter wrote PReLU as relu(x) + s · (x − |x|), s half the slope.  The
    converter to TensorFlow.js then

    1. fused the relu into the depthwise convolution before it, although
       ``Abs`` and ``Sub`` read the same tensor and need it before the relu;
    2. wrote s with the wrong sign.

    So the relu goes back to the one ``Add`` that wants it, and s is negated.
    """
    nodes: list[Node] = []
    renamed: dict[str, str] = {}
    for node in graph.nodes:
        inputs = node.inputs
        if node.op == "Add":
            inputs = tuple(renamed.get(name, name) for name in inputs)
        if node.op == "FusedDepthwiseConv2dNative" and "Relu" in node.fused:
            nodes.append(replace(node, fused=("BiasAdd",)))
            renamed[node.name] = f"{node.name}/Relu"
            nodes.append(Node(f"{node.name}/Relu", "Relu", (node.name,)))
        else:
            nodes.append(replace(node, inputs=inputs))
    slopes = {node.inputs[1] for node in graph.nodes if node.name.endswith("/mul_1")}
    weights = {
        name: -graph.weight(name) if name in slopes else value
        for name, value in graph.weights.items()
    }
    return Graph(tuple(nodes), weights)


def run(graph: Graph, image: Array, output: str) -> NDArray[np.float32]:
    """The value of node ``output`` for ``image``, float32 [n, h, w, 3]."""
    import tensorflow as tf

    def convolve(node: Node, x: Any, kernel: Any, *rest: Any) -> Any:
        depthwise = "Depthwise" in node.op
        function = tf.nn.depthwise_conv2d if depthwise else tf.nn.conv2d
        return finish(node, function(x, kernel, list(node.strides), node.padding), *rest)

    def finish(node: Node, x: Any, *rest: Any) -> Any:
        if "BiasAdd" in node.fused:
            x = x + rest[0]
        return tf.nn.relu(x) if "Relu" in node.fused else x

    simple: dict[str, Callable[..., Any]] = {
        "Abs": tf.abs,
        "Add": tf.add,
        "AddV2": tf.add,
        "MatMul": tf.matmul,
        "Maximum": tf.maximum,
        "Mean": tf.reduce_mean,
        "Minimum": tf.minimum,
        "Mul": tf.multiply,
        "Pad": tf.pad,
        "Relu": tf.nn.relu,
        "Reshape": tf.reshape,
        "Squeeze": lambda x: tf.squeeze(x, [1, 2]),
        "Sub": tf.subtract,
    }
    values: dict[str, Any] = {name: tf.constant(value) for name, value in graph.weights.items()}
    for node in graph.nodes:
        arguments = [values[name] for name in node.inputs]
        if node.op == "Placeholder":
            values[node.name] = tf.constant(image, tf.float32)
        elif "Conv2" in node.op:
            values[node.name] = convolve(node, *arguments)
        else:
            values[node.name] = simple[node.op](*arguments)
        if node.name == output:
            return np.asarray(values[node.name])
    raise KeyError(output)

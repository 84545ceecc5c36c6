"""The reader of TensorFlow.js graphs, and the repair of fused PReLUs."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfjs_graph


def word(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def node(name: str, op: str, *inputs: str, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "op": op, "input": list(inputs), "attr": attributes}


@pytest.fixture
def broken_prelu(tmp_path: Path) -> Path:
    """depthwise → PReLU of slope 0.5, with the two faults of the real file."""
    kernel = np.ones((1, 1, 2, 1), np.float32)
    bias = np.array([1, -2], np.float32)
    half_slope = np.array([-0.25, -0.25], np.float16)
    convolution = {
        "fused_ops": {"list": {"s": [word("BiasAdd"), word("Relu")]}},
        "padding": {"s": word("SAME")},
        "strides": {"list": {"i": ["1", "1", "1", "1"]}},
    }
    nodes = [
        node("image", "Placeholder"),
        *(node(name, "Const") for name in ("kernel", "bias", "p/mul")),
        node("p/depthwise", "FusedDepthwiseConv2dNative", "image", "kernel", "bias", **convolution),
        node("p/Abs", "Abs", "p/depthwise"),
        node("p/sub", "Sub", "p/depthwise", "p/Abs"),
        node("p/mul_1", "Mul", "p/sub", "p/mul"),
        node("p/add", "Add", "p/depthwise", "p/mul_1"),
    ]
    manifest = [
        {"name": "kernel", "shape": [1, 1, 2, 1], "dtype": "float32"},
        {"name": "bias", "shape": [2], "dtype": "float32"},
        {
            "name": "p/mul",
            "shape": [2],
            "dtype": "float32",
            "quantization": {"dtype": "float16", "original_dtype": "float32"},
        },
    ]
    model = {
        "modelTopology": {"node": nodes},
        "weightsManifest": [{"paths": ["part.bin"], "weights": manifest}],
    }
    (tmp_path / "part.bin").write_bytes(kernel.tobytes() + bias.tobytes() + half_slope.tobytes())
    path = tmp_path / "model.json"
    path.write_text(json.dumps(model))
    return path


def test_weights_are_read_in_the_manifest_s_order_and_precision(broken_prelu: Path) -> None:
    graph = tfjs_graph.read(broken_prelu)
    np.testing.assert_array_equal(graph.weight("bias"), [1, -2])
    np.testing.assert_array_equal(graph.weight("p/mul"), [-0.25, -0.25])
    assert graph.weight("p/mul").dtype == np.float32
    assert "kernel" not in [node.name for node in graph.nodes]


def test_the_repaired_graph_is_a_prelu(broken_prelu: Path) -> None:
    graph = tfjs_graph.read(broken_prelu)
    image = np.array([[-4, -4], [4, 4]], np.float32).reshape(1, 1, 2, 2)
    before_prelu = np.array([[-3, -6], [5, 2]], np.float32)
    prelu = np.where(before_prelu > 0, before_prelu, 0.5 * before_prelu)

    broken = tfjs_graph.run(graph, image, "p/add").reshape(2, 2)
    repaired = tfjs_graph.run(tfjs_graph.repair_fused_relus(graph), image, "p/add").reshape(2, 2)
    np.testing.assert_allclose(repaired, prelu)
    assert np.abs(broken - prelu).max() > 1


def test_an_output_that_is_not_there_is_a_key_error(broken_prelu: Path) -> None:
    with pytest.raises(KeyError, match="nowhere"):
        tfjs_graph.run(tfjs_graph.read(broken_prelu), np.zeros((1, 1, 2, 2)), "nowhere")

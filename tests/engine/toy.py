"""Tiny surrogates and a short recipe: an engine that cloaks in a second what it cloaks at all."""

from __future__ import annotations

import functools
import io
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from fawkes_host.engine.album import Album
from fawkes_host.engine.detect import Face, detect
from fawkes_host.engine.pipeline import Engine
from fawkes_host.engine.recipe import Recipe
from fawkes_host.evaluation.portrait import draw_portrait
from fawkes_models.network import Network

TEMPLATE = np.array([(10.9, 14.9), (21.1, 14.9), (16, 20.6), (12, 26.3), (20.3, 26.3)], np.float32)
"""In a chip of 32 px."""

SHORT = Recipe(
    step_sizes=((6, 1.0, 0.2),), fits=(2,), projections=(2, 4, 6), full_size_from=4, asked_ahead=2
)

SECRET = b"a secret that every toy engine has"


def toy_network(name: str, seed: int, size: int = 32, dimension: int = 16) -> Network:
    """Two convolutions and a projection, of random weights."""
    random = np.random.default_rng(seed)
    shapes = {"first": (5, 5, 3, 8), "second": (3, 3, 8, 8), "last": (8 * 4 * 4, dimension)}
    weights = {
        part: (random.normal(size=shape) / np.sqrt(np.prod(shape[:-1]))).astype(np.float32)
        for part, shape in shapes.items()
    }

    def embed(chips: Any, weights: Any) -> Any:
        import tensorflow as tf

        planes = tf.nn.relu(tf.nn.conv2d(chips / 127.5 - 1.0, weights["first"], 2, "SAME"))
        planes = tf.nn.relu(tf.nn.conv2d(planes, weights["second"], 2, "SAME"))
        planes = tf.nn.avg_pool2d(planes, size // 16, size // 16, "SAME")
        return tf.reshape(planes, (-1, 8 * 4 * 4)) @ weights["last"]

    # Blind to brightness, as recognisers nearly are.
    weights["first"] -= weights["first"].mean(axis=(0, 1), keepdims=True)
    centre = np.zeros(dimension, np.float32)
    return Network(name, size, dimension, TEMPLATE, centre, embed, weights)


@functools.cache
def toy_networks() -> tuple[Network, ...]:
    return toy_network("one", 1), toy_network("other", 2)


def toy_engine(album: Album | None = None, secret: bytes = SECRET) -> Engine:
    """An engine with an album of its own."""
    return Engine(
        toy_networks(),
        Album() if album is None else album,
        secret,
        recipe=SHORT,
        decoy_recipe=SHORT,
    )


FOUND: dict[bytes, list[Face]] = {}
"""What detection has found, by pixels: the same few drawings are looked at in every test."""


def detect_once(pixels: np.ndarray) -> list[Face]:
    key = repr(pixels.shape).encode() + pixels.tobytes()
    if key not in FOUND:
        FOUND[key] = detect(pixels)
    return FOUND[key]


def png(pixels: np.ndarray) -> bytes:
    """A file of pixels uint8 [h, w, 3]."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def draw_person(width: float, gamma: float = 1.0, edge_px: int = 320) -> np.ndarray:
    """A drawn face of other proportions, which make it somebody else to ``discerning_engine``;
    ``gamma`` makes another photo of it."""
    size = (round(edge_px * min(width, 1.0)), round(edge_px / max(width, 1.0)))
    drawn = np.asarray(Image.fromarray(draw_portrait(edge_px)).resize(size), np.float64)
    return (255 * (drawn / 255) ** gamma).astype(np.uint8)


@functools.cache
def discerning_networks() -> tuple[Network, ...]:
    """Toy networks centred on drawn faces, so that these differ by what is not common to all."""
    plain = toy_engine()
    photos = [png(draw_person(width)) for width in (0.8, 1.0, 1.25)]
    faces = [plain.portraits(photo)[0].embedding for photo in photos]
    return tuple(
        replace(network, centre=np.mean([face[network.name] for face in faces], axis=0))
        for network in toy_networks()
    )


def discerning_engine(album: Album | None = None, secret: bytes = SECRET) -> Engine:
    """A toy engine to which drawings of other proportions are other people."""
    return Engine(
        discerning_networks(),
        Album() if album is None else album,
        secret,
        recipe=SHORT,
        decoy_recipe=SHORT,
    )

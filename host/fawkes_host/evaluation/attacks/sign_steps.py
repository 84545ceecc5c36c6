"""MI-DI-TI: sign steps with momentum, input diversity and a smoothed gradient, for comparison.

Dong et al. (2018, 2019) and Xie et al. (2019), whose constants are used, on this project's
surrogates: the embedding is pushed away from the face's own, in RGB, within a largest change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine import align, views
from fawkes_host.engine.align import Frame, frame_face
from fawkes_host.engine.detect import Face
from fawkes_host.evaluation.attacks.base import FaceAttack
from fawkes_host.photo.decode import Photo
from fawkes_host.tensors import Tensor

STEPS = 10
MOMENTUM = 1.0
DIVERSITY_CHANCE = 0.7
SMALLEST_SCALE = 0.9
"""Input diversity shrinks to this at most, and shifts by what that frees."""
KERNEL_PX = 15
KERNEL_SIGMA = 3.0


class SignStepsAttack(FaceAttack):
    """MI-DI-TI on every face."""

    def __init__(self, optimiser: SignSteps, epsilon: float, seed: int) -> None:
        self._optimiser = optimiser
        self._epsilon = epsilon
        self._seed = seed

    def change_face(self, pixels: NDArray[np.uint8], photo: Photo, face: Face) -> NDArray[np.uint8]:
        frame = frame_face(face.landmarks, photo.width, photo.height)
        canvas = frame.extract(photo.pixels)
        change = self._optimiser.optimise(canvas, frame, self._epsilon, self._seed)
        return add_change(pixels, frame, change)


class SignSteps:
    """Its optimiser on a set of surrogates."""

    def __init__(self, networks: Sequence[Any]) -> None:
        import tensorflow as tf

        self.networks = tuple(networks)
        self._gradient = tf.function(self._embedding_gradient, reduce_retracing=True)
        self._own = tf.function(self._embed_all, reduce_retracing=True)

    def optimise(
        self, canvas: NDArray[np.float32], frame: Frame, epsilon: float, seed: int
    ) -> NDArray[np.float32]:
        """Return the change float32 [C, C, 3] of a canvas float32 [C, C, 3], RGB 0..255; no sample
        changes by more than ``epsilon``."""
        import tensorflow as tf

        random = np.random.default_rng(seed)
        original = tf.constant(canvas[None])
        plain = [
            tf.constant(views.plain_transform(network, frame.landmarks)[None])
            for network in self.networks
        ]
        own = self._own(original, plain)
        change = np.zeros_like(canvas[None])
        velocity = np.zeros_like(change)
        for _ in range(STEPS):
            drawn = [
                tf.constant(_draw_view(network, frame, random)[None])
                if random.random() < DIVERSITY_CHANCE
                else view
                for network, view in zip(self.networks, plain, strict=True)
            ]
            changed = np.clip(canvas + change, 0.0, 255.0)
            gradient = self._gradient(tf.constant(changed, tf.float32), drawn, own).numpy()
            velocity = MOMENTUM * velocity + gradient / (np.abs(gradient).mean() + 1e-12)
            change = change - epsilon / STEPS * np.sign(velocity)
            change = np.clip(change, -epsilon, epsilon).astype(np.float32)
        return np.asarray(change[0] * frame.mask()[..., None], np.float32)

    def _embed_all(self, images: Tensor, transforms: list[Tensor]) -> list[Tensor]:
        """Return the unit embedding [n, d] of images [n, C, C, 3] for each surrogate, whose
        transforms are [n, 8]."""
        import tensorflow as tf

        return [
            tf.nn.l2_normalize(network(views.show_plain(images, view, network.input_size)), -1)
            for network, view in zip(self.networks, transforms, strict=True)
        ]

    def _embedding_gradient(
        self, images: Tensor, transforms: list[Tensor], own: list[Tensor]
    ) -> Tensor:
        """Return the smoothed gradient [n, C, C, 3] of the likeness to ``own`` embeddings."""
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(images)
            likeness = tf.add_n(
                [
                    tf.reduce_sum(now * before)
                    for now, before in zip(self._embed_all(images, transforms), own, strict=True)
                ]
            )
        gradient = tape.gradient(likeness, images)
        offsets = np.arange(KERNEL_PX) - KERNEL_PX // 2
        taps = np.exp(-0.5 * (offsets / KERNEL_SIGMA) ** 2)
        kernel = np.outer(taps, taps) / taps.sum() ** 2
        kernel = np.repeat(kernel[..., None, None], 3, axis=2).astype(np.float32)
        return tf.nn.depthwise_conv2d(gradient, kernel, (1, 1, 1, 1), "SAME")


def _draw_view(network: Any, frame: Frame, random: np.random.Generator) -> NDArray[np.float32]:
    """Return a transform from chip to canvas, float32 [8], shrunk and shifted at random."""
    size = network.input_size
    scale = random.uniform(SMALLEST_SCALE, 1.0)
    shift = random.uniform(0.0, size * (1.0 - scale), 2)
    shrink = np.column_stack([np.eye(2) / scale, -shift / scale])
    to_canvas = align.compose(align.similarity(network.template, frame.landmarks), shrink)
    return views.as_projective(to_canvas)


def add_change(
    pixels: NDArray[np.uint8], frame: Frame, change: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """Return a photo uint8 [h, w, 3] with a canvas' change float32 [C, C, 3] added."""
    planes = [frame.to_photo(np.ascontiguousarray(change[..., i])) for i in range(3)]
    changed = pixels.copy()
    crop = changed[frame.crop.slices] + np.stack(planes, axis=-1)
    changed[frame.crop.slices] = np.clip(np.rint(crop), 0, 255).astype(np.uint8)
    return changed

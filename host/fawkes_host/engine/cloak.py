"""The cloak: a small change of a face that moves it in the feature space of face recognisers.

loss → gradient → normalise → step → project, as in Fawkes (Shan et al., 2020), with what later
work and our measurements added (``docs/recipe.md``): one change of luminance for all
three channels, a step preconditioned by the photo's local contrast, input diversity (Xie et al.,
2019), momentum (Dong et al., 2018), and one surrogate a step, in turn, which momentum brings
together.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine import align, views
from fawkes_host.engine.album import Embeddings
from fawkes_host.engine.align import CANVAS_PX, Frame
from fawkes_host.engine.views import Diversity
from fawkes_host.tensors.gradient import gradient
from fawkes_host.visibility.budget import Budget, Viewer

LUMINANCE = (0.299, 0.587, 0.114)
"""ITU-R BT.601, the luma of JPEG."""

TINY = 1e-12
"""Keeps what is divided by a magnitude finite."""


class Goal(StrEnum):
    """Where a face is moved to."""

    PUSH = "push"
    """Away from the person's embedding."""
    PULL = "pull"
    """Towards the people that it resembles least."""
    BOTH = "both"


@dataclass(frozen=True)
class Recipe:
    """How a cloak is optimised; the numbers were chosen by measurement (``docs/recipe.md``)."""

    goal: Goal = Goal.PUSH
    step_sizes: tuple[tuple[int, float, float], ...] = ((64, 1.0, 0.03), (32, 0.05, 0.015))
    """Of every phase: its steps, and the root mean square of its first and of its last step, as
    shares of that of the largest change.  The others lie on the line between, so that what one
    random view adds averages out."""
    asked_ahead: int = 2
    """A step uses the slope of one surrogate, in turn: many cheap steps are worth more than a few
    with all.  So many are asked at a time, each on its share of the cores, and with two of them
    each slope is one step old when it is used."""
    momentum: float = 0.6
    contrast_powers: tuple[float, ...] = (0.25, 0.0, 0.25, 0.25)
    """Exponents of the local contrast W in a step, of the canvas and of it halved once, twice, …: a
    change hides in texture of its own size.  All 0 spreads it evenly."""
    linf: float = 20.0
    """No pixel changes by more grey levels than this, before the last fit to the budget."""
    diversity: Diversity = field(default_factory=Diversity)
    radius: float = 2.0
    """Root mean square of the change, in grey levels of the whole canvas, before the first fit."""
    fits: tuple[int, ...] = (16, 37)
    """After so many steps the radius is fitted to the budget of visibility."""
    overshoot: float = 1.25
    """The radius is that of a change which spends so much of the budget."""
    projections: tuple[int, ...] = (16, 27, 37, 45, 56, 64, 72, 80, 88, 96)
    """After so many steps the change is brought within the budget by its steepest way, so that it
    loses what is most visible and keeps the rest."""
    full_size_from: int = 37
    """From this step on a face larger than the canvas is looked at in the photo's own resolution:
    what it spends there is another share than in the canvas, and other pixels spend it."""

    @property
    def steps(self) -> int:
        """How many there are in all phases."""
        return sum(count for count, _, _ in self.step_sizes)


class Cloaker:
    """Optimises cloaks on a set of surrogate networks.

    Every graph is traced once, by ``warm_up`` or the first photo.
    """

    def __init__(
        self,
        networks: Sequence[Any],
        recipe: Recipe = Recipe(),
        targets: dict[str, NDArray[np.float32]] | None = None,
    ) -> None:
        """``networks`` are those of ``fawkes_models``; ``targets`` holds candidate embeddings
        [k, d] by network (``fawkes_models.targets``), and a goal other than ``PUSH`` needs them."""

        if recipe.goal is not Goal.PUSH and targets is None:
            raise ValueError(f"the goal {recipe.goal} needs targets")
        self.networks = tuple(networks)
        self.recipe = recipe
        self._targets = {
            n.name: np.asarray(n.centred(targets[n.name])) for n in self.networks if targets
        }
        self._embed = {n.name: _build_embed(n) for n in self.networks}
        self._uphill = {n.name: _build_uphill(n) for n in self.networks}
        self._prepare = _build_prepare(recipe)
        self._pool = ThreadPoolExecutor(recipe.asked_ahead, "surrogate")

    def warm_up(self) -> None:
        """Trace every graph on a blank face."""
        template = self.networks[0].template * (CANVAS_PX / self.networks[0].input_size)
        frame = align.frame_face(template, CANVAS_PX, CANVAS_PX)
        blank = np.full((CANVAS_PX, CANVAS_PX, 3), 128, np.float32)
        viewer = Viewer(blank[frame.crop.slices])
        person, steps = self.embed(blank, frame), len(self.networks)
        self.optimise(blank, frame, viewer, Budget(90.0, 0.01, 1.0), 0, person, steps=steps)

    def optimise(
        self,
        canvas: NDArray[np.float32],
        frame: Frame,
        viewer: Viewer,
        budget: Budget,
        seed: int,
        person: Embeddings,
        on_step: Callable[[float], None] | None = None,
        steps: int | None = None,
    ) -> NDArray[np.float32]:
        """Return the change of a face's luminance, float32 [C, C] in grey levels.

        ``canvas`` is float32 [C, C, 3], RGB 0..255; ``viewer`` looks at the face crop as the photo
        has it.  The change spends ``budget`` there, roughly: the last fit is the merge's.
        ``person`` is the embedding of whose face it is, or where only this one is known, the
        face's.  ``on_step`` hears the share of the steps done before each of them and may raise.
        ``steps`` ends after so many of the recipe's.
        """
        import tensorflow as tf

        recipe = self.recipe
        sizes = [np.linspace(first, last, count) for count, first, last in recipe.step_sizes]
        step_sizes = np.concatenate(sizes).astype(np.float32)[:steps]
        random = np.random.default_rng(seed)
        photos = [tf.constant(canvas), tf.constant(_blurred_photo(canvas))]
        mask = frame.mask()
        preconditioner = np.asarray(self._prepare(canvas[None], mask[None, ..., None]))[0, ..., 0]
        mask = mask[frame.crop_slices]
        directions = self._directions(person)
        turns = itertools.cycle(self.networks)

        def ask(change: NDArray[np.float32]) -> Future[Any]:
            network = next(turns)
            view = views.draw(network, frame.landmarks, recipe.diversity, random)
            return self._pool.submit(
                self._uphill[network.name],
                photos[int(view.blur)],
                tf.constant(change),
                view.transform,
                view.warp,
                view.blur,
                directions[network.name],
            )

        small = viewer if frame.full_size else Viewer(canvas[frame.crop_slices])
        radius = recipe.radius
        change = np.zeros((CANVAS_PX, CANVAS_PX), np.float32)
        velocity = np.zeros_like(change)
        asked: deque[Future[Any]] = deque()
        for step, step_size in enumerate(step_sizes):
            if on_step is not None:
                on_step(step / len(step_sizes))
            while len(asked) < min(recipe.asked_ahead, len(step_sizes) - step):
                asked.append(ask(change))

            velocity = recipe.momentum * velocity + asked.popleft().result().numpy()
            downhill = preconditioner * velocity
            change = change - step_size * radius / (_rms(downhill) + TINY) * downhill
            change = np.clip(change, -recipe.linf, recipe.linf)
            change *= min(1.0, radius / (_rms(change) + TINY))

            if step + 1 in recipe.projections:
                full_size = step + 1 >= recipe.full_size_from
                if full_size and not (frame.full_size or viewer.shrinks):
                    whole = frame.project(change)
                    spent, within = viewer.bring_within(whole, budget)
                    excess = frame.shrink(whole - within)
                else:
                    shown = change[frame.crop_slices]
                    spent, within = small.bring_within(shown, budget)
                    excess = shown - within
                change[frame.crop_slices] -= mask * excess
                if step + 1 in recipe.fits:
                    # What is spent is nearly proportional to the change.
                    radius *= float(np.clip(recipe.overshoot / max(spent, 0.01), 0.33, 3.0))
        return change

    def embed(self, canvas: NDArray[np.float32], frame: Frame) -> Embeddings:
        """The centred unit embedding of a canvas's face, for each surrogate."""
        embeddings = {}
        for network in self.networks:
            view = views.plain_transform(network, frame.landmarks)[None]
            embeddings[network.name] = np.asarray(self._embed[network.name](canvas[None], view))[0]
        return embeddings

    def _directions(self, person: Embeddings) -> Embeddings:
        """For each network float32 [d]: the face's embedding is moved against it."""
        if self.recipe.goal is Goal.PUSH:
            return person
        # One target in all networks: the cluster of people that resembles the person least.
        likeness = sum(person[name] @ targets.T for name, targets in self._targets.items())
        target = int(np.argmin(likeness))
        pull = {name: -targets[target] for name, targets in self._targets.items()}
        if self.recipe.goal is Goal.PULL:
            return pull
        return {name: person[name] + pull[name] for name in person}


def _build_embed(network: Any) -> Any:
    import tensorflow as tf

    @tf.function(
        autograph=False,
        input_signature=[
            tf.TensorSpec((None, CANVAS_PX, CANVAS_PX, 3)),
            tf.TensorSpec((None, 8)),
        ],
    )
    def embed(pixels: Any, transforms: Any) -> Any:
        return network.centred(network(views.show_plain(pixels, transforms, network.input_size)))

    return embed


def _build_prepare(recipe: Recipe) -> Any:
    import tensorflow as tf

    plane = tf.TensorSpec((None, CANVAS_PX, CANVAS_PX, 1))

    @tf.function(
        autograph=False, input_signature=[tf.TensorSpec((None, CANVAS_PX, CANVAS_PX, 3)), plane]
    )
    def prepare(pixels: Any, mask: Any) -> Any:
        luminance = tf.reduce_sum(pixels * LUMINANCE, axis=-1, keepdims=True)
        preconditioner = mask
        for scale, power in enumerate(recipe.contrast_powers):
            if scale:
                luminance = tf.nn.avg_pool2d(luminance, 2, 2, "SAME")
            if power:
                contrast = tf.image.resize(_local_contrast(luminance), (CANVAS_PX, CANVAS_PX))
                preconditioner *= contrast**power
        return preconditioner

    return prepare


def _build_uphill(network: Any) -> Any:
    """The slope of one network's loss by the change, float32 [C, C], its mean magnitude 1.

    The photo that it takes is blurred where the view is; the change it blurs itself.
    """
    import tensorflow as tf

    show = views.build_show(network.input_size)

    @tf.function(
        autograph=False,
        input_signature=[
            tf.TensorSpec((CANVAS_PX, CANVAS_PX, 3)),
            tf.TensorSpec((CANVAS_PX, CANVAS_PX)),
            tf.TensorSpec((8,)),
            tf.TensorSpec((views.KNOTS, views.KNOTS, 2)),
            tf.TensorSpec(()),
            tf.TensorSpec((network.embedding_size,)),
        ],
    )
    def uphill(
        pixels: Any, change: Any, transform: Any, warp: Any, blur: Any, direction: Any
    ) -> Any:
        # Photo and change apart: one plane's gradient costs a tenth of that of three.
        seen = views.blurred(change, blur)
        photo, shift = show(transform, warp, pixels, seen[..., None])
        chips = tf.clip_by_value(photo + shift, 0.0, 255.0)
        loss = tf.reduce_sum(network.centred(network(chips)) * direction)
        slope = gradient(loss, change)
        # Normalised, so that every network has the same say.
        return slope / (tf.reduce_mean(tf.abs(slope)) + TINY)

    return uphill


def _blurred_photo(canvas: NDArray[np.float32]) -> NDArray[np.float32]:
    """A canvas [C, C, 3] as blurred views show it."""
    planes = np.asarray(views.blurred(canvas.transpose(2, 0, 1)))
    return np.ascontiguousarray(planes.transpose(1, 2, 0))


def _rms(plane: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(plane**2)))


def _local_contrast(luminance: Any) -> Any:
    """W = 2·variance + C2, the denominator of SSIM's contrast term; planes [n, h, w, 1], 0..255."""
    import tensorflow as tf

    offsets = np.arange(-5, 6)
    window = np.exp(-0.5 * (offsets / 1.5) ** 2)
    taps = (window / window.sum()).astype(np.float32)[:, None, None, None]

    def average(planes: Any) -> Any:
        planes = tf.pad(planes, [[0, 0], [5, 5], [5, 5], [0, 0]], "SYMMETRIC")
        planes = tf.nn.conv2d(planes, taps, 1, "VALID")
        return tf.nn.conv2d(planes, taps.transpose(1, 0, 2, 3), 1, "VALID")

    variance = tf.nn.relu(average(luminance**2) - average(luminance) ** 2)
    return 2.0 * variance + (0.03 * 255.0) ** 2

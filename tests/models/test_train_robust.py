"""Adversarial fine-tuning: the network gives way less, and still says what it said."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

import assess
import portraits
import train
from fawkes_models import store
from fawkes_models.network import Network
from fawkes_models.registry import SURROGATES
from robust import Adversary, Trainee, perturb
from teachers import Teachers

ADVERSARY = Adversary(radius=8.0, steps=2)
SIZE = 24


def embed(chips: Any, weights: Any) -> Any:
    import tensorflow as tf

    from fawkes_models.networks.layers import convolve

    x = tf.nn.relu(convolve(chips / 128.0 - 1.0, weights["one"], weights["bias"], 2))
    x = tf.nn.relu(convolve(x, weights["two"], weights["bias"], 2))
    return tf.reshape(x, (-1, 6 * 6 * 8)) @ weights["embedding"]


@pytest.fixture
def network() -> Network:
    random = np.random.default_rng(3)

    def draw(*shape: int) -> np.ndarray:
        return (random.normal(size=shape) / np.sqrt(np.prod(shape[:-1]))).astype(np.float32)

    return Network(
        name="tiny",
        input_size=SIZE,
        embedding_size=16,
        template=(portraits.TEMPLATE * SIZE / portraits.PORTRAIT_PX).astype(np.float32),
        centre=np.zeros(16, np.float32),
        embed=embed,
        weights={
            "one": draw(3, 3, 3, 8),
            "two": draw(3, 3, 8, 8),
            "bias": np.zeros(8, np.float32),
            "embedding": draw(288, 16),
        },
    )


def worst(network: Network, reference: Network, chips: np.ndarray, radius: float) -> float:
    """The mean similarity to what ``reference`` says of ``chips``, under attack on ``network``."""
    nobody = np.array([""] * len(chips))
    target = Teachers([reference]).say([chips])
    return assess.assess(network, target, chips, nobody, radius)["similarity_under_attack"]


def chips_of(pictures: portraits.Portraits, network: Network) -> np.ndarray:
    import views

    rows = np.arange(len(pictures))
    return views.draw(pictures, rows, network.template, SIZE, np.random.default_rng(1))


def test_the_adversary_keeps_its_radius_and_changes_luminance_alone(
    network: Network, pictures: portraits.Portraits
) -> None:
    import tensorflow as tf

    chips = np.clip(chips_of(pictures, network), 60, 190)  # so that nothing is clipped
    noise = np.ones((*chips.shape[:3], 1), np.float32)

    @tf.function(autograph=False)
    def attack() -> Any:
        target = network.centred(network(tf.constant(chips)))
        return perturb(lambda c: network.centred(network(c)), target, chips, noise, ADVERSARY)

    change = attack().numpy() - chips
    np.testing.assert_allclose(change, change[..., :1].repeat(3, -1), atol=1e-3)
    rms = np.sqrt((change[..., 0] ** 2).mean((1, 2)))
    assert (rms <= ADVERSARY.radius * 1.001).all()
    assert (rms > ADVERSARY.radius * 0.8).all()


@pytest.mark.slow
def test_training_makes_a_network_robust_and_leaves_the_original_alone(
    network: Network, pictures: portraits.Portraits, tmp_path: Path
) -> None:
    before = {name: values.copy() for name, values in network.weights.items()}
    trainee = Trainee(network, ADVERSARY, learning_rate=2e-3)
    train.train(trainee, Teachers([network]), pictures, 80, 15, 0, tmp_path / "c.npz")
    trained = trainee.freeze()

    chips = chips_of(pictures, network)
    attacked = worst(network, network, chips, ADVERSARY.radius)
    assert worst(trained, network, chips, ADVERSARY.radius) > attacked + 0.3 * (1 - attacked)
    assert worst(trained, network, chips, 0.01) > 0.8
    for name, values in before.items():
        np.testing.assert_array_equal(network.weights[name], values)


def test_the_learning_rate_rises_and_falls() -> None:
    paces = [train.pace(number, 100) for number in range(100)]
    assert paces[0] == pytest.approx(0.05)
    assert max(paces) == paces[19] == pytest.approx(1.0)
    assert paces[-1] == pytest.approx(0.0)


@pytest.mark.slow
def test_an_interrupted_run_ends_as_one_that_was_not(
    network: Network,
    pictures: portraits.Portraits,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(train, "CHECKPOINT_EVERY", 3)
    whole = Trainee(network, ADVERSARY, 1e-3)
    train.train(whole, Teachers([network]), pictures, 8, 10, 0, tmp_path / "whole.npz")

    class Interrupted(Exception):
        pass

    cut = Trainee(network, ADVERSARY, 1e-3)
    steps = iter(range(5))
    step = cut.train

    def stop(*arguments: Any) -> float:
        if next(steps, None) is None:
            raise Interrupted
        return step(*arguments)

    monkeypatch.setattr(cut, "train", stop)
    with pytest.raises(Interrupted):
        train.train(cut, Teachers([network]), pictures, 8, 10, 0, tmp_path / "cut.npz")
    # Weight files are read in any order.
    in_another_order = dict(reversed(network.weights.items()))
    resumed = Trainee(replace(network, weights=in_another_order), ADVERSARY, 1e-3)
    train.train(resumed, Teachers([network]), pictures, 8, 10, 0, tmp_path / "cut.npz")
    for name, values in whole.freeze().weights.items():
        np.testing.assert_allclose(resumed.freeze().weights[name], values, rtol=1e-4, atol=1e-6)


def test_trained_weights_are_read_again(network: Network, tmp_path: Path) -> None:
    file = tmp_path / "trained.safetensors"
    file.write_bytes(save({name: values + 1 for name, values in network.weights.items()}))
    read = store.retrained(network, file)
    np.testing.assert_array_equal(read.weights["bias"], network.weights["bias"] + 1)


def test_weights_of_another_network_are_refused(network: Network, tmp_path: Path) -> None:
    file = tmp_path / "trained.safetensors"
    file.write_bytes(save({"one": np.zeros((3, 3, 3, 9), np.float32)}))
    with pytest.raises(ValueError, match="does not hold weights of tiny"):
        store.retrained(network, file)


def test_what_is_no_weight_file_is_refused(network: Network, tmp_path: Path) -> None:
    file = tmp_path / "trained.safetensors"
    file.write_bytes(b"no")
    with pytest.raises(ValueError, match="is not a weight file"):
        store.retrained(network, file)


def test_the_nearest_of_every_photo_is_asked_for_its_person() -> None:
    rows = np.eye(4, dtype=np.float32)[[0, 0, 1, 1, 2, 2]]
    rows[5] = rows[0]  # Grace's second photo looks like Ada.
    people = np.array(["ada", "ada", "emmy", "emmy", "grace", "grace"])
    assert assess.nearest_is_the_same(rows, people) == pytest.approx(4 / 6)


@pytest.mark.slow
@pytest.mark.parametrize("name", SURROGATES)
def test_a_surrogate_says_the_same_with_weights_that_can_be_trained(name: str) -> None:
    import tensorflow as tf

    network = store.load(name)
    size = network.input_size
    chips = np.random.default_rng(2).uniform(0, 255, (1, size, size, 3)).astype(np.float32)
    frozen = tf.function(network)(tf.constant(chips)).numpy()

    @tf.function(autograph=False)
    def embed(weights: Any) -> tuple[Any, list[Any]]:
        embeddings = network.embed(tf.constant(chips), weights)
        return embeddings, tf.gradients(tf.reduce_sum(embeddings), list(weights.values()))

    tensors = {key: tf.constant(values) for key, values in network.weights.items()}
    embeddings, slopes = embed(tensors)
    np.testing.assert_allclose(embeddings, frozen, rtol=1e-3, atol=1e-4)
    assert None not in slopes
    assert all(np.isfinite(slope).all() for slope in slopes)


@pytest.mark.parametrize("file", [(), ("nowhere.safetensors",)])
def test_what_cannot_be_assessed_is_said(
    file: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["assess.py", "faceres", *file, "--faces", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit):
        assess.main()
    assert (file[0] if file else "no face in any photo") in capsys.readouterr().err


def test_training_on_a_folder_without_faces_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = str(tmp_path / "trained.safetensors")
    arguments = ["train.py", "faceres", "--faces", str(tmp_path), "--output", output]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit):
        train.main()
    assert "no face in any of the photos" in capsys.readouterr().err


def test_the_command_refuses_an_unknown_network(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["train.py", "vgg", "--faces", ".", "--output", "x"])
    with pytest.raises(SystemExit):
        train.main()
    assert "dlib_resnet" in capsys.readouterr().err

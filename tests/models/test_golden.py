"""The shipped networks give what their sources give (see models/convert/parity.py)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fawkes_models import store
from fawkes_models.registry import NETWORKS

GOLDEN = Path(__file__).with_name("golden.npz")


@pytest.mark.parametrize("name", NETWORKS)
def test_embeddings_are_those_of_the_source(name: str) -> None:
    import tensorflow as tf

    network = store.load(name)
    with np.load(GOLDEN) as golden:
        chips, expected = golden[f"{name}/chips"], golden[f"{name}/embeddings"]
    found = network(tf.constant(chips, tf.float32)).numpy()

    assert found.shape == (2, network.embedding_size)
    norms = np.linalg.norm(found, axis=1) * np.linalg.norm(expected, axis=1)
    assert ((found * expected).sum(1) / norms).min() > 0.9999
    assert np.abs(found - expected).max() < 0.005 * np.abs(expected).max()


@pytest.mark.parametrize("name", NETWORKS)
def test_a_graph_gives_what_eager_execution_gives(name: str) -> None:
    import tensorflow as tf

    network = store.load(name)
    with np.load(GOLDEN) as golden:
        chips = tf.constant(golden[f"{name}/chips"], tf.float32)
    eager, graph = network(chips).numpy(), tf.function(network)(chips).numpy()

    np.testing.assert_allclose(graph, eager, atol=1e-4 * np.abs(eager).max())

"""TensorFlow starts quietly."""

from __future__ import annotations

import subprocess
import sys

import pytest

RETRACE = """
from fawkes_host.tensors import runtime
runtime.start(runtime.Device.CPU)
import tensorflow as tf

def trace():
    return tf.function(lambda x: 2 * x)

for _ in range(8):
    trace()(tf.ones([3]))
"""


@pytest.mark.slow
def test_tensorflow_advises_no_user_on_its_graphs():
    """Where as many networks are traced as decoys use, it used to."""
    done = subprocess.run(
        [sys.executable, "-c", RETRACE], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""

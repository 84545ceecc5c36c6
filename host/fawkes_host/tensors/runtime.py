"""Starts TensorFlow: quietly, and on the device that was asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum

from platformdirs import user_cache_path

from fawkes_host.protocol.errors import NoGpu


class Device(StrEnum):
    """Where the networks run."""

    AUTO = "auto"
    CPU = "cpu"
    GPU = "gpu"


def start(device: Device = Device.AUTO) -> str:
    """Import TensorFlow and settle its devices; return ``"CPU"`` or ``"GPU"``.

    The first call of a process decides.  Raises :class:`NoGpu` where a GPU was asked for and
    TensorFlow sees none.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Off by default on processors without AVX512-VNNI, yet a fifth to two fifths faster there.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    _house_libraries()
    if device is Device.CPU:
        # Without this, a build for GPUs takes memory on each of them even when none is used.
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    with _silent_stderr():
        import tensorflow as tf

        # Its advice on graphs is for who writes them.
        tf.get_logger().setLevel("ERROR")
        gpus = tf.config.list_physical_devices("GPU") if device is not Device.CPU else []
    if device is Device.GPU and not gpus:
        raise NoGpu()
    with suppress(RuntimeError):
        # Two surrogates run at a time, each on its half of the cores; operations that share all of
        # them wait for each other.
        tf.config.threading.set_intra_op_parallelism_threads(max(1, (os.cpu_count() or 1) // 2))
    for gpu in gpus:
        # Raises only once a GPU is in use, and then the choice has been made already.
        with suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(gpu, True)
    return "GPU" if gpus else "CPU"


def _house_libraries() -> None:
    """Have libraries keep what they keep between runs with what this program keeps, which
    ``fawkes-host uninstall`` takes away, and not read settings that were made for other programs.
    """
    folder = user_cache_path("fawkes-host", appauthor=False)
    for variable, name in {"KERAS_HOME": "keras", "MPLCONFIGDIR": "matplotlib"}.items():
        os.environ.setdefault(variable, str(folder / name))


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Keep off fd 2 what TensorFlow's C++ code says of missing GPUs before any setting can stop
    it."""
    if "tensorflow" in sys.modules:
        yield
        return
    sys.stderr.flush()
    kept = os.dup(2)
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(sink)

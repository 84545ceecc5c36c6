"""The reader of dlib's serialisation, on bytes written by hand."""

from __future__ import annotations

import numpy as np
import pytest

import dlib_dat


def integer(value: int) -> bytes:
    data = abs(value).to_bytes(max(1, (abs(value).bit_length() + 7) // 8), "little")
    return bytes([len(data) | (0x80 if value < 0 else 0)]) + data


def real(mantissa: int, exponent: int) -> bytes:
    return integer(mantissa) + integer(exponent)


def text(word: str) -> bytes:
    return integer(len(word)) + word.encode()


def tensor(values: np.ndarray) -> bytes:
    shape = [*values.shape, *[1] * (4 - values.ndim)]
    return integer(2) + b"".join(map(integer, shape)) + values.astype("<f4").tobytes()


ALIAS = integer(1) + integer(1) * 4
STATE = b"010" + tensor(np.zeros(0)) * 3


def metric_network(filters: np.ndarray, fully_connected: np.ndarray) -> bytes:
    """input → con_4 → affine_ → relu_ → fc_2, as dlib writes it."""
    out, _, rows, columns = filters.shape
    bias, gamma, beta = np.arange(out), np.arange(out) + 10, np.arange(out) + 20
    into, size = fully_connected.shape
    return b"".join(
        [
            text("loss_metric_2") + real(1, -2) + real(3, -3) + integer(2) * 4,
            text("input_rgb_image_sized"),
            real(5, -1) + real(-3, 2) + real(7, 0) + integer(150) * 2,
            text("con_4") + tensor(np.concatenate([filters.ravel(), bias])),
            b"".join(map(integer, (out, rows, columns, 2, 2, 1, 1))),
            ALIAS * 2 + real(1, 0) * 4 + STATE + integer(1),
            text("affine_")
            + tensor(np.concatenate([gamma, beta]))
            + ALIAS * 2
            + integer(0)
            + STATE,
            text("relu_") + STATE,
            text("fc_2") + integer(size) + integer(into) + tensor(fully_connected),
        ]
    )


FILTERS = np.arange(2 * 3 * 3 * 3, dtype=np.float32).reshape(2, 3, 3, 3)
EMBEDDING = np.arange(8, dtype=np.float32).reshape(2, 4)


def test_a_network_is_read_layer_by_layer() -> None:
    network = dlib_dat.read_metric_network(metric_network(FILTERS, EMBEDDING))
    assert network.mean == (2.5, -12.0, 7.0)
    assert network.input_size == 150
    (convolution,) = network.convolutions
    np.testing.assert_array_equal(convolution.filters, FILTERS)
    np.testing.assert_array_equal(convolution.bias, [0, 1])
    np.testing.assert_array_equal(convolution.gamma, [10, 11])
    np.testing.assert_array_equal(convolution.beta, [20, 21])
    assert (convolution.stride, convolution.padding) == (2, 1)
    np.testing.assert_array_equal(network.embedding, EMBEDDING)


@pytest.mark.parametrize("cut", [1, 40, 200])
def test_a_truncated_file_is_refused(cut: int) -> None:
    with pytest.raises(dlib_dat.FormatError):
        dlib_dat.read_metric_network(metric_network(FILTERS, EMBEDDING)[:-cut])


def test_an_unknown_layer_is_refused() -> None:
    data = metric_network(FILTERS, EMBEDDING).replace(b"relu_", b"gelu_")
    with pytest.raises(dlib_dat.FormatError, match="gelu_"):
        dlib_dat.read_metric_network(data)


def test_another_kind_of_file_is_refused() -> None:
    with pytest.raises(dlib_dat.FormatError, match="input_rgb_image_sized"):
        dlib_dat.read_metric_network(b"\x01\x01\x0closs_multi_2")

"""Photos in pieces."""

from __future__ import annotations

import hashlib

import pytest

from fawkes_host.protocol.chunks import Assembly, split
from fawkes_host.protocol.errors import TransferDamaged
from fawkes_host.protocol.limits import CHUNK_BYTES


def assembly_of(data: bytes) -> Assembly:
    return Assembly(len(data), hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("size", [1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_pieces_make_the_photo_again(size):
    data = hashlib.shake_256(b"photo").digest(size)
    assembly = assembly_of(data)
    for index, piece in split(data):
        assert 0 < len(piece) <= CHUNK_BYTES
        assembly.add(index, bytes(piece))
    assert assembly.finish() == data


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([(1, b"ab")], id="first one missing"),
        pytest.param([(0, b"ab"), (0, b"cd")], id="one twice"),
        pytest.param([(0, b"ab"), (2, b"cd")], id="gap"),
        pytest.param([(0, b"abcde")], id="more than announced"),
        pytest.param([(0, b"ab")], id="less than announced"),
        pytest.param([(0, b"ab"), (1, b"cx")], id="other bytes"),
    ],
)
def test_damaged_transfer_is_noticed(pieces):
    assembly = assembly_of(b"abcd")
    with pytest.raises(TransferDamaged):
        for index, piece in pieces:
            assembly.add(index, piece)
        assembly.finish()

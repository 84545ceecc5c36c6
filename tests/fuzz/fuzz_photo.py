"""Fuzzes decoding, encoding and the metadata policies with atheris (libFuzzer for Python).

    pip install -e .[fuzz]
    python -m tests.fuzz.seeds /tmp/corpus
    python -m tests.fuzz.fuzz_photo /tmp/corpus -max_total_time=3600 -artifact_prefix=/tmp/found-

A finding is a file that raised something else than a coded error, crashed, hung, or took too much
memory; make it small with ``-minimize_crash=1`` and put it into ``regressions/``.
"""

from __future__ import annotations

import sys
import zlib

import atheris

with atheris.instrument_imports(include=["fawkes_host.photo"]):
    from tests.fuzz.target import execute

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def with_true_checksums(data: bytes) -> bytes:
    """Set the checksums of a PNG's chunks right, which a decoder would stop at otherwise."""
    fixed = bytearray(data)
    position = len(PNG_SIGNATURE)
    while position + 12 <= len(fixed):
        length = int.from_bytes(fixed[position : position + 4], "big")
        end = position + 8 + length
        if end + 4 > len(fixed):
            break
        fixed[end : end + 4] = zlib.crc32(fixed[position + 4 : end]).to_bytes(4, "big")
        position = end + 4
    return bytes(fixed)


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Let libFuzzer mutate, and repair what would keep a PNG from being looked at."""
    mutated = bytes(atheris.Mutate(data, max_size))
    if mutated.startswith(PNG_SIGNATURE) and seed % 4:
        mutated = with_true_checksums(mutated)
    return mutated[:max_size]


def test_one_input(data: bytes) -> None:
    """Execute one file."""
    execute(data)


if __name__ == "__main__":
    atheris.Setup(sys.argv, test_one_input, custom_mutator=mutate)
    atheris.Fuzz()

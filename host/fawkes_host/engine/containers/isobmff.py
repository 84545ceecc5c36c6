"""HEIF and AVIF files: boxes and items (ISO/IEC 14496-12, 23008-12)."""

from __future__ import annotations

from typing import Literal


def image_format(data: bytes) -> Literal["HEIF", "AVIF"] | None:
    return None


def find_movies(data: bytes) -> list[tuple[int, int]]:
    return []


def without_place(movie: bytes) -> bytes:
    return movie

"""What decides the bytes of a cloaked photo, beside this program's code and its secret."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Protocol

from fawkes_host.engine import remembered
from fawkes_host.photo.media_types import replaced_by_jpeg


class Order(Protocol):
    """What is asked of the engine: a photo by its SHA-256, and how it is to be cloaked."""

    @property
    def sha256(self) -> str: ...

    @property
    def level(self) -> str: ...

    @property
    def policy(self) -> str: ...

    @property
    def accept(self) -> Collection[str]: ...


def fingerprint(order: Order) -> str:
    """Return a digest that differs wherever the cloaked photos of two orders may differ.

    A photo of someone who is remembered is cloaked better, so it holds now and not for good.  The
    album is left out: photos cloaked knowing less of a person are as good as they were.
    """
    formats = ",".join(sorted(replaced_by_jpeg(order.accept)))
    known = str(remembered.stamp())
    parts = (order.sha256, order.level, order.policy, formats, known)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()

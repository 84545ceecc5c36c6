"""The sizes and times both sides hold to; ``hello`` announces them."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

MIB: Final = 1 << 20


class Limits(Struct, frozen=True, kw_only=True):
    """Announced in ``hello``, so that a client need not hold copies of the numbers."""

    photo_bytes: int = 100 * MIB
    """The largest photo."""

    chunk_bytes: int = MIB // 2
    """The largest chunk before base64: 699,052 characters, which with its envelope stays
    below the 1 MiB at which Chromium and Firefox cut the port."""

    frame_bytes: int = MIB
    """The largest JSON frame, either way."""

    window_chunks: int = 16
    """How many chunks a client should send ahead of the acknowledgements: 8 MiB, which
    keeps a fast pipe full and a slow one from piling up in the browser's memory."""

    deadline_s: float = 3600.0
    """The longest deadline a client may set."""


LIMITS: Final = Limits()

"""The sizes and times both sides hold to; ``hello`` announces them.

Imports nothing, since the relay has to answer before it can import much.
"""

from __future__ import annotations

MIB = 1 << 20

PHOTO_BYTES = 100 * MIB
"""The largest photo."""

CHUNK_BYTES = MIB // 2
"""The largest chunk before base64: 699,052 characters, which with its envelope stays below
the 1 MiB at which Chromium and Firefox cut the port."""

FRAME_BYTES = MIB
"""The largest frame, either way."""

ACCEPTED_TYPES = 32
"""Media types that a client may name: more than there are formats of photos."""

WINDOW_CHUNKS = 16
"""How many chunks a client should send ahead of the acknowledgements: 8 MiB, which keeps a
fast pipe full and a slow one from piling up in the browser's memory."""

DEADLINE_S = 3600.0
"""The longest deadline a client may set, in seconds."""

DEFAULT_DEADLINE_S = 300.0
"""The deadline of a photo whose client names none: a large group on a slow processor."""

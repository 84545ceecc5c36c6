"""The host's ``hello`` as plain objects, for the relay's first answer.

The types of ``messages.py`` take longer to import than that answer may take; a test holds
the two together.
"""

from __future__ import annotations

from collections.abc import Mapping

from fawkes_host.protocol import limits

PROTOCOL = 1
"""Raised when an old peer could misunderstand a new one; added fields do not raise it."""

NATIVE_HOST = "org.fawkes.host"
"""The name under which browsers know the relay."""

CLOAK_NAMES = ("low", "mid", "high")
"""The levels of a cloak, weakest first."""

DECOY_NAME = "decoy"
LEVEL_NAMES = (*CLOAK_NAMES, DECOY_NAME)
"""What can be asked for a photo."""

POLICY_NAMES = ("strip-location", "keep", "strip")
ENGINE_STATES = ("cold", "warming", "ready")


def greeting(version: str, state: Mapping[str, object]) -> dict[str, object]:
    """The ``hello`` of a host whose service has left ``state`` behind; cold without."""
    return {
        "type": "hello",
        "protocol": PROTOCOL,
        "version": version,
        "engine": state.get("engine", "cold"),
        "devices": state.get("devices", []),
        "problem": state.get("problem"),
        "levels": LEVEL_NAMES,
        "policies": POLICY_NAMES,
        "limits": {
            "photo_bytes": limits.PHOTO_BYTES,
            "chunk_bytes": limits.CHUNK_BYTES,
            "frame_bytes": limits.FRAME_BYTES,
            "window_chunks": limits.WINDOW_CHUNKS,
            "deadline_s": limits.DEADLINE_S,
        },
    }

"""The secret of this installation, from which every cloak's randomness comes.

With it a cloak is the same for the same photo here, and nobody elsewhere can compute it: a public
deterministic tool would hand an attacker pairs to train a purifier on.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from platformdirs import user_data_path

SECRET_BYTES = 32


def secret_path() -> Path:
    """Where the secret lies, readable by its owner alone."""
    return user_data_path("fawkes-host", appauthor=False) / "installation.secret"


def secret() -> bytes:
    """Return the secret, made on the first call.

    Where the folder cannot be written, a new secret serves this process.
    """
    path = secret_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = secrets.token_bytes(SECRET_BYTES)
        # Linked into place whole, so that two processes starting at once end with one secret.
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        known = _read(path)
        if known is not None:
            return known
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(fresh)
        try:
            os.link(temporary, path)
        except FileExistsError:
            fresh = _read(path) or fresh
        finally:
            temporary.unlink()
        return fresh
    except OSError:
        return secrets.token_bytes(SECRET_BYTES)


def _read(path: Path) -> bytes | None:
    try:
        known = path.read_bytes()
    except FileNotFoundError:
        return None
    return known if len(known) == SECRET_BYTES else None


def seed(photo: bytes, face: int) -> int:
    """Return the seed (128 bits) of one face of a photo, given as its file's bytes."""
    digest = hashlib.blake2b(photo, key=secret(), digest_size=16, person=b"fawkes face")
    digest.update(face.to_bytes(4, "big"))
    return int.from_bytes(digest.digest(), "big")

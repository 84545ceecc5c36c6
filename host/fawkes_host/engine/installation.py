"""The secret of this installation, from which every cloak's randomness comes.

With it a cloak is the same for the same photo here, and nobody elsewhere can compute it: a public
deterministic tool would hand an attacker pairs to train a purifier on.
"""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

from platformdirs import user_data_path

from fawkes_host.system import files

SECRET_BYTES = 32


def secret_path() -> Path:
    """Return where the secret lies, readable by its owner alone."""
    return user_data_path("fawkes-host", appauthor=False) / "installation.secret"


def secret() -> bytes:
    """Return the secret, made on the first call.

    Where the folder cannot be written, a new secret serves this process.
    """
    path = secret_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = secrets.token_bytes(SECRET_BYTES)
        known = _read(path)
        if known is not None:
            return known
        try:
            # Two processes that start at once end with one secret.
            files.write_atomically(path, fresh, mode=files.PRIVATE_MODE, overwrite=False)
        except FileExistsError:
            fresh = _read(path) or fresh
        return fresh
    except OSError:
        return secrets.token_bytes(SECRET_BYTES)


def _read(path: Path) -> bytes | None:
    try:
        known = path.read_bytes()
    except FileNotFoundError:
        return None
    return known if len(known) == SECRET_BYTES else None


def seed(secret: bytes, photo: bytes, face: int) -> int:
    """Return the seed (128 bits) of one face of a photo, given as its file's bytes."""
    digest = hashlib.blake2b(photo, key=secret, digest_size=16, person=b"fawkes face")
    digest.update(face.to_bytes(4, "big"))
    return int.from_bytes(digest.digest(), "big")

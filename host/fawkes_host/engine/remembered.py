"""People whom the user has asked to remember: what the surrogates see of their faces, in a file
that nobody else can read, and only until the user says to forget.

``album`` says what for.  No photo is kept; but whoever has the file can recognise these people,
as with a photo of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fawkes_host.engine import installation
from fawkes_host.protocol.errors import PeopleDamaged
from fawkes_host.system import files

if TYPE_CHECKING:
    from fawkes_host.engine.album import Embeddings

FACES = 500
"""So many are remembered at most; the newest are kept."""

SURROGATES = "surrogates"
"""The file's entry that says of which weights its embeddings are."""


class Remembered:
    """The remembered faces, read again once the file changes."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = tuple(networks)
        self._stamp = 0
        self._faces: list[Embeddings] = []

    def __call__(self) -> list[Embeddings]:
        """Return them; nobody where there is no file that fits.  Raises ``PeopleDamaged``."""
        now = stamp()
        if now != self._stamp:
            self._faces = read(self._networks)
            self._stamp = now
        return self._faces


def path() -> Path:
    """Return where the file lies, or would."""
    return installation.secret_path().with_name("people.safetensors")


def read(networks: Sequence[str]) -> list[Embeddings]:
    """Return the remembered faces; none where the file is not there, or is of other weights than
    these networks have now.

    Raises ``PeopleDamaged`` where it cannot be read: cloaks would be weaker than the user expects,
    and the next ``add`` would lose everybody.
    """
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        found = load(path().read_bytes())
        if bytes(found[SURROGATES]) != _weights(networks):
            return []
        if len(found) == 1:
            return []
        columns = [found[name].astype(np.float32) for name in networks]
        faces: list[Embeddings] = [
            dict(zip(networks, rows, strict=True)) for rows in zip(*columns, strict=True)
        ]
    except FileNotFoundError:
        return []
    except (OSError, SafetensorError, KeyError, ValueError) as fault:
        raise PeopleDamaged(file=str(path())) from fault
    if not all(np.isfinite(row).all() and row.ndim == 1 for face in faces for row in face.values()):
        raise PeopleDamaged(file=str(path()))
    return faces


def add(faces: Iterable[Embeddings], networks: Sequence[str]) -> int:
    """Remember faces besides those that are; return how many are new.

    Raises ``OSError``, ``PeopleDamaged``.
    """
    import numpy as np
    from safetensors.numpy import save

    from fawkes_host.engine.album import same_picture

    known = read(networks)
    before = len(known)
    for face in faces:
        if not any(same_picture(face, other) for other in known):
            known.append(face)
    kept = known[-FACES:]
    columns = {name: np.stack([face[name] for face in kept]) for name in networks} if kept else {}
    columns[SURROGATES] = np.frombuffer(_weights(networks), np.uint8)
    place = path()
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    files.write_private(place, save(columns))
    return len(known) - before


def forget() -> bool:
    """Delete the file; return whether there was one.  Raises ``OSError``."""
    for draft in path().parent.glob(f".{path().name}.*"):  # of a process that was killed
        draft.unlink(missing_ok=True)
    try:
        path().unlink()
    except FileNotFoundError:
        return False
    return True


def stamp() -> int:
    """Return a number that changes with the file, 0 for none."""
    try:
        return path().stat().st_mtime_ns
    except OSError:
        return 0


def _weights(networks: Sequence[str]) -> bytes:
    from fawkes_models.registry import SURROGATES as CARDS

    return hashlib.sha256(" ".join(CARDS[n].weights.sha256 for n in networks).encode()).digest()

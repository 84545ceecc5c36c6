"""What a tracker has enrolled: one person's posted photos, and clean photos of everyone else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fawkes_host.evaluation.recognisers import Embeddings

SECOND_IDENTITY = "(second identity)"
"""The name of the account with decoys; no folder can be called so by chance."""


@dataclass(frozen=True, eq=False)
class Others:
    """Clean photos of everyone but the person: embeddings [n, d] of length one, names [n].

    One object is shared by all galleries of a person, so that trackers can train on it once.
    """

    embeddings: Embeddings
    names: NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Gallery:
    """``own`` [k, d] is enrolled under the person's name, ``second`` [m, d] under another."""

    person: str
    own: Embeddings
    others: Others
    second: Embeddings | None = None

    @property
    def embeddings(self) -> Embeddings:
        """All of them, [n, d]."""
        parts = [self.others.embeddings, self.own]
        if self.second is not None:
            parts.append(self.second)
        return np.concatenate(parts)

    @property
    def names(self) -> NDArray[np.str_]:
        """Whose they are, [n]."""
        names = [*self.others.names, *[self.person] * len(self.own)]
        if self.second is not None:
            names += [SECOND_IDENTITY] * len(self.second)
        return np.array(names)


def everyone_but(embeddings: Embeddings, names: NDArray[np.str_], absent: Sequence[str]) -> Others:
    """Return the rows of all photos that belong to none of ``absent``."""
    kept = ~np.isin(names, list(absent))
    return Others(embeddings[kept], names[kept])


def stack(rows: Sequence[Embeddings | None], dimension: int) -> Embeddings:
    """Return rows as [k, d]; a photo in which no face was found is not enrolled."""
    found = [row for row in rows if row is not None]
    return np.stack(found) if found else np.zeros((0, dimension), np.float32)


def count_leaked(share: float, posted: int) -> int:
    """Return how many of the posted photos leak clean: at least one unless the share is none."""
    return 0 if share == 0.0 else max(1, round(share * posted))


def leak(
    cloaked: Sequence[Embeddings | None],
    clean: Sequence[Embeddings | None],
    share: float,
    seed: int,
) -> list[Embeddings | None]:
    """Return the posted photos with a seeded choice of them replaced by their clean originals.

    Larger shares hold the choice of smaller ones, so that a curve has no noise of its own.
    """
    order = np.random.default_rng(seed).permutation(len(cloaked))
    leaked = set(order[: count_leaked(share, len(cloaked))].tolist())
    return [clean[i] if i in leaked else row for i, row in enumerate(cloaked)]

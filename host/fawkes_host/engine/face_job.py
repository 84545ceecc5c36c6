"""One record for one face, from its detection to its receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fawkes_host.engine.album import Embeddings, mean_person
from fawkes_host.engine.align import Frame
from fawkes_host.engine.detect import Face
from fawkes_host.engine.merge import Patch


@dataclass
class FaceJob:
    """One face of a photo that is being cloaked."""

    face: Face
    frame: Frame
    embedding: Embeddings
    others: Sequence[Embeddings] = ()
    """Faces of the same person on other photos."""
    person: Embeddings = field(init=False)
    """What the person's photos have in common; where only this one is known, the face itself."""
    patch: Patch = field(init=False)
    """The cloak, once it is made."""
    seconds: float = 0.0
    """What making it took."""

    def __post_init__(self) -> None:
        self.person = mean_person([self.embedding, *self.others])

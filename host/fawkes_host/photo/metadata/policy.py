"""What is to be done with the metadata of a photo, and what of it goes when pixels change."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from fawkes_host.photo.codecs.thumbnail import Thumbnails


class Policy(Enum):
    """The user's wish for a photo's metadata."""

    STRIP_LOCATION = "strip-location"
    """Every trace of the place goes; the rest stays.  The default."""

    KEEP = "keep"
    STRIP = "strip"
    """All goes but what is needed to show the photo: orientation and colour profile."""


@dataclass(frozen=True)
class Removal:
    """What to take out of one file, and a list for what the user should hear about it."""

    location: bool
    everything: bool
    previews: bool
    """Thumbnails, previews and companion pictures show the face as it was, so they go with every
    policy once pixels have changed."""
    notices: set[str] = field(default_factory=set)
    thumbnails: Thumbnails | None = None
    """Makes new thumbnails for the old ones that can be replaced."""

    @classmethod
    def of(
        cls, policy: Policy, pixels_changed: bool, thumbnails: Thumbnails | None = None
    ) -> Removal:
        return cls(
            location=policy is not Policy.KEEP,
            everything=policy is Policy.STRIP,
            previews=pixels_changed,
            thumbnails=None if policy is Policy.STRIP else thumbnails,
        )

    @property
    def nothing(self) -> bool:
        return not (self.location or self.everything or self.previews)

    def note(self, notice: str) -> None:
        self.notices.add(notice)

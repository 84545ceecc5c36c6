"""Passes animations through: frame by frame, a cloak would flicker, and no recogniser is trained
on single frames of a few dozen pixels."""

from __future__ import annotations

from fawkes_host.photo import scrub
from fawkes_host.photo.containers import sniff
from fawkes_host.photo.encode import Encoded
from fawkes_host.photo.metadata import Policy
from fawkes_host.protocol.errors import AnimatedImage

NOTICE = "animation_untouched"


def pass_through(data: bytes, policy: Policy, error: AnimatedImage) -> Encoded:
    """Return an animation after its policy, every frame as it was, and say so.

    Raises:
        AnimatedImage: ``error`` itself, for the pages of a TIFF, which are photos or scans.
    """
    if sniff.identify(data) == "TIFF":
        raise error
    scrubbed = scrub.scrub(data, policy)
    return Encoded(scrubbed.data, (NOTICE, *scrubbed.notices))

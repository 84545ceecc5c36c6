"""What goes with a photo beside its pixels, and what the user's policy leaves of it."""

from fawkes_host.photo.metadata.policy import Policy, Removal

__all__ = ["Policy", "Removal"]

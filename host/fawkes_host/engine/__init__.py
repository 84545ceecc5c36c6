"""Cloaks the faces of a photo."""

MAKERS = (
    "fawkes_host.engine",
    "fawkes_host.photo",
    "fawkes_host.visibility",
    "fawkes_host.tensors",
    "fawkes_models",
)
"""The packages that decide what a cloak is, to the byte."""

"""Sentences for what a photo lost beside what its metadata policy plainly says."""

from __future__ import annotations

SENTENCES = {
    "thumbnail_removed": "its thumbnail, which showed the face as it was",
    "companion_pictures_removed": "companion pictures, which could show the face as it was",
    "motion_video_removed": "its motion video, which could show the face as it was",
    "layers_removed": "layers that showed the face as it was",
    "trailing_data_removed": "data behind the picture",
    "unknown_metadata_removed": "metadata that could hold the place",
    "metadata_unreadable": "metadata that could not be read",
    "maker_note_removed": "the camera maker's note, which could hold the place",
    "colours_expanded": "its palette: cloaked, it needs more colours",
    "animation_untouched": "a cloak: it is an animation, and every frame stayed as it was",
    "converted_to_jpeg": "its format: it is a JPEG now, as the page wants it",
    "converted_to_png": "its format: it is a PNG now, since a GIF has too few colours for a cloak",
    "transparency_removed": "its transparency: it is white there now",
    "metadata_too_long": "metadata that a JPEG has no room for",
    "bit_depth_reduced": "some depth of colour: it has 8 bits now",
}
"""By the engine's notice codes."""

DOUBTFUL = "face_doubtful"
"""The notice of a place that may show a face: nothing is lost by it."""

SUFFIXES = {"converted_to_png": ".png"}
"""Of what became another format unasked."""


def tell_lost(notices: list[str]) -> str:
    """One line on what is gone, and on what may be a face; a code without a sentence stands for
    itself."""
    lost = "; ".join(SENTENCES.get(code, code) for code in notices if code != DOUBTFUL)
    parts = [f"lost {lost}"] if lost else []
    if DOUBTFUL in notices:
        parts.append("something that may be a face stayed as it was")
    return ", ".join(parts)

"""Applies a removal to a TIFF, in place: strips and maker notes are found by absolute offsets."""

from __future__ import annotations

from fawkes_host.photo.containers import tiff
from fawkes_host.photo.containers.tiff import Directory, TiffFile
from fawkes_host.photo.metadata import exif
from fawkes_host.photo.metadata.policy import Removal
from fawkes_host.protocol.errors import DamagedImage

_SHOWN = frozenset(
    {254, 255, *range(256, 260), 262, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284}
    | {290, 291, 292, 293, 296, 301, *range(317, 326), 332, 334, 336, 338, 339, 340, 341, 347}
    | {*range(512, 522), *range(529, 533), tiff.ICC}
)
"""TIFF 6.0's tags that tell how to decode and show a picture."""

_LAYERS = 37724
"""Photoshop's layers: the picture once more, as it was."""


def scrub(data: bytes, removal: Removal) -> bytes:
    """Return the file without what ``removal`` names: as long as before, its strips as they are."""
    if removal.nothing:
        return data
    file = TiffFile(data)
    first = file.chain()[0]
    file.protect(first.offset, first.next_position + 4 - first.offset)
    for entry in first.entries:
        if entry.tag in _SHOWN and entry.size > 4:
            file.protect(entry.start, entry.size)
    for start, size in file.picture_spans(first):
        file.protect(start, size)
    if removal.previews:
        _remove_previews(file, removal)
    for directory in list(file.walk()):
        if removal.everything:
            _remove_all_but_shown(file, directory)
        else:
            exif.scrub_directory(file, directory, removal)
    return bytes(file.data)


def _remove_previews(file: TiffFile, removal: Removal) -> None:
    for page in file.chain():
        pointer = page.find(tiff.SUB_DIRECTORIES)
        for offset in file.integers(pointer) if pointer else []:
            try:
                file.wipe_picture(file.read_directory(offset))
            except DamagedImage:
                continue
            removal.note("thumbnail_removed")
        file.remove(page.offset, tiff.SUB_DIRECTORIES)
        if page.find(_LAYERS):
            removal.note("layers_removed")
            file.remove(page.offset, _LAYERS)
    exif.remove_later_pages(file, removal)


def _remove_all_but_shown(file: TiffFile, directory: Directory) -> None:
    """Empty a directory; those it points to are on the list of ``walk`` themselves."""
    for entry in directory.entries:
        if entry.tag in _SHOWN or entry.tag == tiff.SUB_DIRECTORIES:
            continue
        if entry.tag == tiff.GPS_DIRECTORY:
            file.remove_gps(directory.offset)
            continue
        file.remove(directory.offset, entry.tag)

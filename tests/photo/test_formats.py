"""The table of formats is whole."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fawkes_host.photo.containers.sniff import SUPPORTED
from fawkes_host.photo.formats import FORMATS
from fawkes_host.photo.media_types import NAMINGS, PHOTO_SUFFIXES, replaced_by_jpeg


def test_every_format_is_in_every_table_once():
    assert tuple(FORMATS) == tuple(NAMINGS) == SUPPORTED
    for told in ("media_types", "suffixes"):
        all_of_them = [one for naming in NAMINGS.values() for one in getattr(naming, told)]
        assert len(all_of_them) == len(set(all_of_them))
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in PHOTO_SUFFIXES)


@pytest.mark.parametrize("name", [name for name in NAMINGS if NAMINGS[name].becomes_jpeg])
def test_whoever_takes_one_type_of_a_format_takes_the_format(name):
    assert name in replaced_by_jpeg(["image/jpeg"])
    assert name not in replaced_by_jpeg([])
    for media_type in NAMINGS[name].media_types:
        assert name not in replaced_by_jpeg(["image/jpeg", media_type])
        assert name not in replaced_by_jpeg([media_type])


def test_names_of_formats_load_no_codec():
    script = "import sys, fawkes_host.photo.media_types; print('numpy' in sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "False"

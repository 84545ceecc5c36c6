from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from fawkes_host.evaluation.portrait import draw_portrait


@pytest.fixture
def two_of_a_person(tmp_path) -> Path:
    """A folder with two photos of a person and one of nobody."""
    folder = tmp_path / "two"
    folder.mkdir()
    portrait = Image.fromarray(draw_portrait(200))
    portrait.save(folder / "colour.png")
    portrait.convert("L").resize((160, 200)).save(folder / "grey.png")
    Image.new("RGB", (90, 60)).save(folder / "nobody.png")
    return folder

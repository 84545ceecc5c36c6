"""``fawkes-host compare``: original and cloaked photo side by side."""

from __future__ import annotations

import io
from pathlib import Path

import click

from fawkes_host.cli.inputs import read_photo
from fawkes_host.cli.output import Originals, write_output

GAP_PX = 8
FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}


@click.command("compare")
@click.argument("original", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("cloaked", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The picture to make: a .png, .jpg or .webp file.",
)
@click.option("--overwrite", is_flag=True, help="Replace the picture if it exists.")
def command(original: Path, cloaked: Path, output: Path, overwrite: bool) -> None:
    """Put two photos of the same size side by side, the original on the left."""
    if output.suffix.lower() not in FORMATS:
        raise click.UsageError(f"The picture's name must end in {', '.join(FORMATS)}.")
    from PIL import Image

    from fawkes_host.photo.sandbox.client import decode

    left, right = (decode(read_photo(path)) for path in (original, cloaked))
    if (left.width, left.height) != (right.width, right.height):
        raise click.UsageError("The photos differ in size, so one is not the other's cloak.")
    picture = Image.new("RGB", (2 * left.width + GAP_PX, left.height), "white")
    picture.paste(Image.fromarray(left.pixels), (0, 0))
    picture.paste(Image.fromarray(right.pixels), (left.width + GAP_PX, 0))
    file = io.BytesIO()
    picture.save(file, FORMATS[output.suffix.lower()], quality=92)
    write_output(output, file.getvalue(), overwrite, original, Originals([original, cloaked]))

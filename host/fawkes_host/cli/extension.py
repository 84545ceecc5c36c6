"""``fawkes-host extension``: the extension as a folder to load and as zips for the stores."""

from __future__ import annotations

import os
from pathlib import Path

import click

from fawkes_host.cli.output import write_output
from fawkes_host.cli.terminal import say

FOLDER = "fawkes"

EPILOG = """\b
Examples:
  fawkes-host extension --output ~/fawkes-extension
  fawkes-host extension --output dist --overwrite

\b
What is written:
  fawkes/                      the folder to load unpacked, in every browser
  fawkes-VERSION-chromium.zip  for the stores of Chrome, Edge and Opera
  fawkes-VERSION-firefox.zip   for the store of Firefox

\b
The same version gives the same bytes each time and on every computer. A store
gives the extension an identity of its own; make it known to the program by
  fawkes-host install --extension-id ID

\b
Exit status:
  0  done
  2  wrong usage
  4  something could not be written
"""


@click.command("extension", epilog=EPILOG)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where to write; made if it does not exist.",
)
@click.option("--overwrite", is_flag=True, help="Replace an earlier one; never anything else.")
def command(output: Path, overwrite: bool) -> None:
    """Write the extension that fits this program: to load by hand, and for the stores."""
    from fawkes_host.protocol.errors import OutputExists, UnwritableOutput
    from fawkes_install import extension_files
    from fawkes_install.browsers import Family

    version = extension_files.manifest()["version"]
    folder = output / FOLDER
    if os.path.lexists(folder):
        if not extension_files.is_ours(folder):
            raise UnwritableOutput(detail=f"{folder} is something else, and is left alone")
        if not overwrite:
            raise OutputExists(output=str(folder))
    names = {Family.CHROMIUM: "chromium", Family.GECKO: "firefox"}
    for family, name in names.items():
        path = output / f"fawkes-{version}-{name}.zip"
        write_output(path, extension_files.pack(family), overwrite)
        say(str(path))
    try:
        extension_files.copy_to(folder)
    except OSError as error:
        raise UnwritableOutput(detail=error.strerror or str(error)) from error
    say(str(folder))

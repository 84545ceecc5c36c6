"""``fawkes-host remember``: gets to know people, so that photos of them are cloaked better."""

from __future__ import annotations

import sys

import click

from fawkes_host.cli.terminal import say

EPILOG = """\b
Example:
  fawkes-host remember photos-of-me/
"""


@click.command("remember", epilog=EPILOG)
@click.argument("photos", nargs=-1, required=True, metavar="PHOTO|FOLDER...")
@click.option("--recursive", is_flag=True, help="Look into the folders of folders too.")
def command(photos: tuple[str, ...], recursive: bool) -> None:
    """Get to know the people who are on several of these photos.

    One photo shows the moment as well as the person, several show what they have in common: each
    photo of a person who is remembered is cloaked better. Ten bring most of that. What the networks
    see of their faces is written to a file that only you can read; whoever gets it could recognise
    these people by it. No photo is kept, and nobody who is on a single photo. See 'fawkes-host
    forget'.
    """
    from fawkes_host.cli.inputs import find_sources, read_photo

    sources = find_sources(photos, recursive)
    if not sources:
        raise click.UsageError("No photos found; use --recursive to look into folders of folders.")
    from fawkes_host.engine import remembered
    from fawkes_host.protocol.errors import ExitStatus, FawkesError, UnwritableOutput
    from fawkes_host.tensors import runtime

    runtime.start()
    from fawkes_host.engine.pipeline import Engine

    engine = Engine.load()
    failed = 0
    progress = click.progressbar(sources, label="Looking at photos", file=sys.stderr)
    with progress as waiting:
        for source in waiting:
            try:
                engine.enrol(read_photo(source))
            except FawkesError as error:
                failed += 1
                say(f"{source}: {error} ({error.code})", err=True)
    faces = engine.recurring_faces()
    if faces:
        try:
            new = remembered.add(faces, [network.name for network in engine.networks])
        except OSError as error:
            raise UnwritableOutput(detail=error.strerror or str(error)) from error
        say(f"{len(faces)} faces of people who are on several of these photos, {new} new.")
        say(f"Kept in {remembered.path()}; 'fawkes-host forget' deletes it.")
    else:
        say("Nobody is on two of these photos, so nobody is remembered.")
    if failed:
        all_of_them = failed == len(sources)
        status = ExitStatus.ALL_FAILED if all_of_them else ExitStatus.SOME_FAILED
        raise click.exceptions.Exit(status)

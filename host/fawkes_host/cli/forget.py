"""``fawkes-host forget``: deletes what ``remember`` has kept."""

from __future__ import annotations

import click


@click.command("forget")
def command() -> None:
    """Delete what 'fawkes-host remember' has kept of people's faces.

    A service that is running forgets them with its next photo.
    """
    from fawkes_host.engine import remembered
    from fawkes_host.protocol.errors import UnwritableOutput

    try:
        there = remembered.forget()
    except OSError as error:
        raise UnwritableOutput(detail=error.strerror or str(error)) from error
    click.echo(f"Deleted {remembered.path()}." if there else "Nobody was remembered.")

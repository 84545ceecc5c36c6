"""What is said on a terminal, where names of files must not be taken for commands."""

from __future__ import annotations

import click

from fawkes_host.protocol.errors import printable


def say(text: str, err: bool = False) -> None:
    """Print lines."""
    click.echo("\n".join(printable(line) for line in text.split("\n")), err=err)

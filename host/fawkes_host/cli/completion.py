"""``fawkes-host completion``: what a shell needs to complete commands and options."""

from __future__ import annotations

import click

EPILOG = """\b
Examples:
  In bash, put this into ~/.bashrc:
    eval "$(fawkes-host completion bash)"
  In zsh, into ~/.zshrc, after compinit:
    eval "$(fawkes-host completion zsh)"
  In fish, once:
    fawkes-host completion fish > ~/.config/fish/completions/fawkes-host.fish

\b
The script asks fawkes-host itself, so that it stays right after updates.
"""


@click.command("completion", epilog=EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for a shell."""
    from click.shell_completion import get_completion_class

    from fawkes_host.cli.main import COMPLETE_VARIABLE, PROGRAM, group

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(group, {}, PROGRAM, COMPLETE_VARIABLE).source())

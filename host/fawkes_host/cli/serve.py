"""``fawkes-host serve``: the engine service in the foreground."""

from __future__ import annotations

from typing import Any

import click


@click.command("serve")
@click.option(
    "--tcp",
    "tcp_port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Also listen on this port of 127.0.0.1, for those who know its token (0: any free).",
)
@click.option("--device", type=click.Choice(["auto", "cpu", "gpu"]), help="What to cloak on.")
@click.option(
    "--idle-minutes",
    type=click.FloatRange(min=0, min_open=True),
    help="Leave after so many minutes without a photo.",
)
@click.option("--cache/--no-cache", default=None, help="Keep cloaked photos on disk, or not.")
@click.option(
    "--log-level", type=click.Choice(["debug", "info", "warning"]), help="How much to log."
)
def command(**flags: Any) -> None:
    """Run the engine service in the foreground.

    Browsers and `cloak --service` start it by themselves; run it by hand to watch it work,
    or with --tcp for programs that cannot do native messaging.  Ctrl+C ends it.
    """
    from fawkes_host.service import endpoint, settings
    from fawkes_host.service.main import serve

    place = endpoint.default()

    def announce(addresses: list[str]) -> None:
        for address in addresses:
            click.echo(f"Listening on {address}")
            click.echo(f"The port and its token are in {endpoint.stand_alone(place).path}")
        click.echo("Ready for browsers. Press Ctrl+C to stop.")

    serve(settings.load(flags), place, log_to_stderr=True, listening=announce)

"""``fawkes-host stop``: ends the engine service."""

from __future__ import annotations

import click


@click.command("stop")
@click.option("--now", is_flag=True, help="Give up the photos that run and wait.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for it to leave.",
)
def command(now: bool, timeout_s: float) -> None:
    """End the engine service, after the photos it has; the next photo starts another."""
    from fawkes_host.protocol.errors import ServiceUnavailable
    from fawkes_host.protocol.messages import Stop
    from fawkes_host.service import client, endpoint, lifecycle

    place = endpoint.default()
    if not place.alive():
        click.echo("No service is running.")
        return
    with client.Link(place.connect(), wake=False) as link:
        link.send(Stop(now=now))
        if not lifecycle.wait_until_gone(place, timeout_s):
            raise ServiceUnavailable(detail=f"it did not leave within {timeout_s:g} s")
    click.echo("The service has stopped.")

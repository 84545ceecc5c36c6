"""``fawkes-host status``: what the engine service is doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from fawkes_host.protocol.messages import Status


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:
    """Show whether the engine service runs, and what it is doing.

    Exits with 0 whether it runs or not; --json has the field "running".
    """
    from fawkes_host.protocol.messages import Status, encode
    from fawkes_host.service import client, endpoint

    place = endpoint.default()
    if place.alive():
        with client.connect(place, start=False) as link:
            status = client.ServiceClient(link).status()
    else:
        status = Status(running=False)
    if as_json:
        click.echo(encode(status))
    else:
        click.echo("\n".join(describe(status)))


def describe(status: Status) -> list[str]:
    """The lines that tell a person what the service is doing."""
    if not status.running:
        return ["No service is running; the next photo starts one."]
    engine: str = status.engine
    if status.devices:
        engine += f" on {', '.join(status.devices)}"
    if status.problem:
        engine += f" (last problem: {status.problem})"
    queue = f"{status.photos_waiting} waiting" + (", one running" if status.photo_running else "")
    memory = f"{_size(status.memory_bytes)} service, {_size(status.engine_memory_bytes)} engine"
    rows = {
        "Service": f"version {status.version}, pid {status.pid}, up {_duration(status.uptime_s)}",
        "Engine": engine,
        "Memory": memory,
        "Queue": f"{queue}, {_size(status.bytes_held)} held for {status.clients} clients",
        "Photos": f"{status.photos_done} done, {status.photos_failed} failed",
        "Cache": f"{status.cache_photos} photos, {_size(status.cache_bytes)},"
        f" {status.cache_hits} hits",
    }
    return [f"{name:<8} {text}" for name, text in rows.items()]


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _size(count: int) -> str:
    return f"{count / (1 << 20):.1f} MiB"

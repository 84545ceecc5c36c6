"""``fawkes-host models``: which networks a cloak is made on."""

from __future__ import annotations

import click

from fawkes_host.cli.result import print_result


@click.command("models")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(as_json: bool) -> None:
    """List the networks: licence, source, checksum, and where each file lies."""
    from fawkes_models import registry, store

    rows = [
        {
            "name": card.name,
            "licence": card.licence,
            "source": f"{card.source.ecosystem} {card.source.package} {card.source.version}",
            "sha256": card.weights.sha256,
            "path": str(store.WEIGHTS_FOLDER / card.weights.name),
        }
        for card in registry.NETWORKS.values()
    ]
    if as_json:
        print_result({"models": rows})
        return
    for row in rows:
        click.echo(f"{row['name']}  ({row['licence']})")
        for key in ("source", "sha256", "path"):
            click.echo(f"  {key:<7} {row[key]}")

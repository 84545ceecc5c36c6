"""``fawkes-host bench``: speed and memory on this machine."""

from __future__ import annotations

from typing import Any

import click

from fawkes_host.cli.result import print_result


@click.command("bench")
@click.option(
    "--device",
    type=click.Choice(("auto", "cpu", "gpu")),
    default="auto",
    show_default=True,
    help="Where the networks run.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(device: str, as_json: bool) -> None:
    """Measure speed and memory: takes a few minutes, and wants an idle machine.

    The optimiser of Fawkes 1.0 runs beside ours on the same networks; a ratio of 5 says that it
    takes five times as long for a face.
    """
    from fawkes_host.evaluation.bench import run_bench

    report = run_bench(device, lambda text: click.echo(f"{text} …", err=True))
    if as_json:
        print_result(report)
    else:
        click.echo(_table(report))


def _table(report: dict[str, Any]) -> str:
    first, large = report["first_photo"], report["large_photo"]
    lines = [
        f"{report['machine']['cores']} cores, {report['device']}",
        "",
        f"first photo in a fresh process   {first['total_s']:7.2f} s"
        f"  (TensorFlow {first['import_s']:.2f}, networks {first['load_s']:.2f}, "
        f"photo {first['cloak_s']:.2f})",
        f"12 megapixels, {large['faces']} faces           {large['total_s']:7.2f} s"
        f"  (peak memory {large['peak_bytes'] / 2**20:,.0f} MiB)",
    ]
    lines += [f"detection at {n:<19} {s:7.2f} s" for n, s in report["detection_s"].items()]
    lines += ["", "level   seconds a face, median (p95)      Fawkes 1.0"]
    lines += ["        one face         four faces       its level   times ours"]
    for name, level in report["levels"].items():
        one, four, fawkes = level["batch_1"], level["batch_4"], report["fawkes_1_0"][name]
        lines.append(
            f"{name:<7} {one['median_s_per_face']:5.2f} ({one['p95_s_per_face']:5.2f})    "
            f"{four['median_s_per_face']:5.2f} ({four['p95_s_per_face']:5.2f})    "
            f"{fawkes['s_per_face']:7.2f} s   {fawkes['ratio']:6.1f}"
        )
    return "\n".join(lines)

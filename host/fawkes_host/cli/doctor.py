"""``fawkes-host doctor``: what works, what does not, and what to do about it."""

from __future__ import annotations

import sys

import click

from fawkes_host.cli.result import print_result
from fawkes_host.cli.terminal import say

MARKS = {"ok": "ok     ", "warning": "warning", "broken": "BROKEN "}

EPILOG = """\b
Examples:
  fawkes-host doctor             look, and change nothing
  fawkes-host doctor --fix       mend what can be mended, then look again
  fawkes-host doctor --engine    also start TensorFlow and tell the device
  fawkes-host doctor --json

\b
What is looked at:
  python     its version
  packages   TensorFlow and everything else that is needed
  networks   the weight files and their checksums
  codecs     what a hostile photo could do to this machine
  program    what browsers start
  BROWSER    for each browser found, the file that makes the program known:
             whether it is there, its rights, the program it leads to, and
             the extensions it allows
  folders    whether other users are kept out of them
  handshake  a real conversation with this program, as a browser starts it;
             other programs that a browser would start are named, not run
  service    whether it runs, answers, is this version, or could be started
  last photo whether a browser has asked for one in the last two months
  cache, disk, sandboxes (snaps and Flatpaks)
  versions   of the host, of the extension that came with it, and of the one
             in each browser (temporary ones in Firefox cannot be seen)

\b
What --fix does:
  writes files for browsers anew, corrects rights, mends programs after their
  folder has moved, ends a service that hangs or is another version

\b
Exit status:
  0  nothing is broken (there may be warnings)
  1  something is broken
  2  wrong usage
"""


@click.command("doctor", epilog=EPILOG)
@click.option("--fix", is_flag=True, help="Mend what can be mended.")
@click.option(
    "--engine", is_flag=True, help="Start the engine too: takes from seconds to a few minutes."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(fix: bool, engine: bool, as_json: bool) -> None:
    """Check that photos can get from your browsers to the engine and back.

    One line for each check. Nothing is changed without --fix.
    """
    from fawkes_host.doctor import host_checks
    from fawkes_host.protocol.errors import ProgramMissing
    from fawkes_host.system import native_host
    from fawkes_install import checks

    try:
        program = native_host.installed_program()
    except ProgramMissing:
        program = native_host.own_program()  # A check will say that it is not there.
    wanted = host_checks.checks(native_host.registrar(), native_host.native_host(program), engine)
    findings = checks.examine(wanted)
    mended: list[tuple[checks.Finding, str | None]] = []
    # Mending a manifest can bring to light that the program it leads to needs mending too.
    for _ in range(2):
        again = checks.mend(findings) if fix else []
        if not again:
            break
        mended += again
        findings = checks.examine(wanted)
    healthy = checks.healthy(findings)
    if as_json:
        report = {
            "healthy": healthy,
            "checks": [finding.describe() for finding in findings],
            "mended": [
                {"check": finding.name, "told": finding.told, "failed": reason}
                for finding, reason in mended
            ],
        }
        print_result(report)
    else:
        for finding, reason in mended:
            verb = "could not mend" if reason else "mended"
            say(f"{verb:<8} {finding.name}: {finding.told}" + (f" ({reason})" if reason else ""))
        for finding in findings:
            advice = f" → {finding.advice}" if finding.advice else ""
            say(f"{MARKS[finding.state]}  {finding.name}: {finding.told}.{advice}")
        if not healthy and not fix and any(finding.mend for finding in findings):
            say("\nRun fawkes-host doctor --fix to mend what can be mended.")
    sys.exit(0 if healthy else 1)

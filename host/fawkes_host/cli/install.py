"""``fawkes-host install``: makes the program known to browsers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fawkes_host.cli.result import print_result
from fawkes_host.cli.terminal import say

if TYPE_CHECKING:
    from fawkes_install.browsers import Browser
    from fawkes_install.discovery import Found
    from fawkes_install.manifest import NativeHost
    from fawkes_install.plan import Step
    from fawkes_install.registration import Registrar, Scope


EPILOG = """\b
Examples:
  fawkes-host install                     every browser that is found
  fawkes-host install --dry-run           only show what would be written
  fawkes-host install --browser firefox --browser brave
  sudo fawkes-host install --system       for all users of this computer
  sudo fawkes-host install --system --firefox-policy
                                          and Firefox ESR keeps the extension

\b
Browsers:
  chrome chromium edge brave vivaldi opera arc firefox librewolf
  (tor: known, and not supported)

\b
What is written:
  A small file for each browser, in the folder where that browser looks for
  programs that extensions may talk to; on Windows also a registry value.
  It names the program and the one extension that may start it.
  With --firefox-policy the extension and an entry in policies.json, both in
  /etc/firefox/policies: Firefox ESR, Developer Edition and Nightly install it
  at each start. They then accept other extensions without a signature too,
  unless xpinstall.signatures.required says otherwise in about:config.

\b
Exit status:
  0  done, also where there was nothing to do
  2  wrong usage
  4  something could not be written; nothing was changed

See also: fawkes-host doctor, fawkes-host uninstall.
"""


def complete_name(_context: click.Context, _option: click.Parameter, begun: str) -> list[str]:
    """Names of browsers, for shells."""
    from fawkes_install.browsers import BROWSERS

    return [
        name for name, one in BROWSERS.items() if name.startswith(begun) and not one.unsupported
    ]


@click.command("install", epilog=EPILOG)
@click.option(
    "--browser",
    "names",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_name,
    help="Set up this browser, found or not. May be repeated.",
)
@click.option("--all", "everything", is_flag=True, help="Set up all browsers, found or not.")
@click.option(
    "--system", is_flag=True, help="For all users of this computer; needs an administrator."
)
@click.option(
    "--firefox-policy",
    is_flag=True,
    help="With --system, on Linux: have Firefox ESR, Developer Edition and Nightly keep the "
    "extension, which nobody has signed.",
)
@click.option(
    "--extension-id",
    "identities",
    multiple=True,
    metavar="ID",
    help="Let this extension talk to the program too, for a build of your own. May be repeated.",
)
@click.option(
    "--program",
    type=click.Path(exists=True, dir_okay=False, resolve_path=False, path_type=Path),
    help="Start this program instead of fawkes-native, for packagers.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    names: tuple[str, ...],
    everything: bool,
    system: bool,
    firefox_policy: bool,
    identities: tuple[str, ...],
    program: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make the program known to your browsers, so that the extension can use it.

    Without options, every browser that is found is set up. What is done is done
    for all of them or for none, and doing it again changes nothing.
    """
    from fawkes_host.system import native_host
    from fawkes_install import discovery, extension_files
    from fawkes_install.registration import Scope

    registrar = native_host.registrar()
    found = discovery.find(registrar.machine)
    browsers = choose(names, everything, found, registrar)
    host = native_host.native_host(program.absolute() if program else None)
    try:
        host = host.allowing(identities)
    except ValueError as error:
        raise click.UsageError(
            f"{error} is no identity of an extension: 32 letters a to p, or name@domain."
        ) from None
    scope = Scope.SYSTEM if system else Scope.USER
    steps = registrar.plan_install(host, browsers, scope)
    if firefox_policy:
        steps += plan_policy(registrar, system)
    if system and not dry_run:
        refuse_changeable(host.program)
    made = [step for step in steps if step.pending()] if dry_run else perform(steps)

    folder = extension_files.folder()
    seen = {one.browser.name: one for one in found}
    if as_json:
        report = {
            "dry_run": dry_run,
            "scope": str(scope),
            "program": str(host.program),
            "extension": str(folder),
            "browsers": [
                {
                    "name": browser.name,
                    "found": browser.name in seen,
                    "manifests": [str(place.path) for place in registrar.places([browser], scope)],
                    "load": loading(browser, folder),
                }
                for browser in browsers
            ],
            "notes": notes(found, host, registrar),
            "steps": [{**step.describe(), "changed": step in made} for step in steps],
        }
        print_result(report)
        return
    say("\n".join(tell(browsers, made, dry_run, registrar, scope, folder)))
    for note in notes(found, host, registrar):
        say(f"\nNote: {note}")


def plan_policy(registrar: Registrar, system: bool) -> list[Step]:
    """The steps by which Firefox keeps the extension; raises UsageError, RegistrationFailed."""
    from fawkes_host.protocol.errors import RegistrationFailed
    from fawkes_install import firefox_policy
    from fawkes_install.machine import System

    if not system:
        raise click.UsageError("--firefox-policy is for all users: add --system.")
    if registrar.machine.system is not System.LINUX:
        raise click.UsageError("--firefox-policy is for Linux.")
    try:
        return registrar.plan_policy()
    except (OSError, ValueError) as fault:
        path = f"{firefox_policy.FOLDER}/{firefox_policy.FILE}"
        raise RegistrationFailed(detail=f"{path} is left alone: {fault}") from fault


def choose(
    names: tuple[str, ...], everything: bool, found: list[Found], registrar: Registrar
) -> list[Browser]:
    """The browsers to set up, in the order of the table; raises UsageError."""
    from fawkes_install.browsers import BROWSERS
    from fawkes_install.sandbox import Reach

    if names and everything:
        raise click.UsageError("Use --browser or --all, not both.")
    for name in names:
        browser = BROWSERS.get(name)
        if browser is None:
            raise click.UsageError(f"{name} is none of {', '.join(BROWSERS)}.")
        if browser.unsupported:
            raise click.UsageError(f"{browser.title} is not supported: {browser.unsupported}.")
        if registrar.machine.system not in browser.places:
            raise click.UsageError(f"There is no {browser.title} for this system.")
    able = {one.browser.name for one in found if one.verdict.reach is not Reach.NO}
    return [
        browser
        for browser in BROWSERS.values()
        if not browser.unsupported
        and registrar.machine.system in browser.places
        and (everything or (browser.name in names if names else browser.name in able))
    ]


def refuse_changeable(program: Path) -> None:
    """Raise RegistrationFailed for a program that one user may change under all the others."""
    from fawkes_host.protocol.errors import RegistrationFailed
    from fawkes_host.system import folders

    try:
        # A script leads to a Python and its packages.
        for path in (program, Path(sys.prefix)):
            if found := folders.changeable(path):
                raise RegistrationFailed(
                    detail=f"{found} can be changed by others than root, and all users would run "
                    "it. Install the program as root (sudo pipx install --global fawkes-host), or "
                    "run fawkes-host install for each user"
                )
    except OSError as fault:
        raise RegistrationFailed(detail=str(fault)) from fault


def perform(steps: list[Step]) -> list[Step]:
    """Makes the changes; returns those that were made.  Raises RegistrationFailed."""
    from fawkes_host.protocol.errors import RegistrationFailed
    from fawkes_install.plan import PlanFailed, apply

    try:
        return apply(steps)
    except PlanFailed as failure:
        detail = str(failure)
        if isinstance(failure.fault, PermissionError):
            detail += " (an administrator may do it)"
        if failure.left:
            changed = ", ".join(str(step.describe().get("path")) for step in failure.left)
            detail += f"; could not be undone: {changed}"
        raise RegistrationFailed(detail=detail) from failure


def tell(
    browsers: list[Browser],
    made: list[Step],
    dry_run: bool,
    registrar: Registrar,
    scope: Scope,
    folder: Path,
) -> list[str]:
    """What was done, and the one thing that is left to do."""
    if not browsers:
        return [
            "No browser was found that can use the program.",
            "Install one, then run this again; or name one with --browser.",
        ]
    lines = []
    for browser in browsers:
        for place in registrar.places([browser], scope):
            changed = any(step.describe().get("path") == str(place.path) for step in made)
            verb = ("would write" if dry_run else "wrote") if changed else "is set up by"
            lines.append(f"{browser.title}: {verb} {place.path}")
        if not registrar.places([browser], scope):
            lines.append(f"{browser.title}: has no folder for all users; leave out --system")
    values = [step.describe() for step in made if "key" in step.describe()]
    lines += [f"Registry: {'would set' if dry_run else 'set'} {one['key']}" for one in values]
    lines += ["", "Left to do: load the extension."]
    for browser in browsers:
        lines.append(f"  {browser.title}: {loading(browser, folder)}")
    return lines


def loading(browser: Browser, folder: Path) -> str:
    """How the extension gets into a browser by hand."""
    from fawkes_install.browsers import Family

    if browser.family is Family.GECKO:
        return (
            f"open {browser.page}, choose “Load Temporary Add-on…”, and select "
            f"{folder / 'manifest.json'}. Firefox forgets it when it closes, since it is not "
            "signed. Firefox ESR, Developer Edition and Nightly keep it: see --firefox-policy in "
            "fawkes-host install --help"
        )
    return (
        f"open {browser.page}, switch on “Developer mode”, choose “Load unpacked”, "
        f"and select {folder}"
    )


def notes(found: list[Found], host: NativeHost, registrar: Registrar) -> list[str]:
    """What to know about browsers that are different."""
    from fawkes_install.machine import System

    told = [one.verdict.note for one in found if one.verdict.note]
    home = registrar.machine.home
    shut = [home / name for name in ("Desktop", "Documents", "Downloads")]
    if registrar.machine.system is System.MACOS and any(
        host.program.is_relative_to(folder) for folder in shut
    ):
        told.append(
            f"macOS keeps browsers from starting programs in {host.program.parent}. Move this "
            "folder out of Desktop, Documents and Downloads, and set it up again."
        )
    return list[Any](dict.fromkeys(told))

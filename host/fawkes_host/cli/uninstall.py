"""``fawkes-host uninstall``: takes away everything that this program has put anywhere."""

from __future__ import annotations

import click

from fawkes_host.cli.result import print_result
from fawkes_host.cli.terminal import say

EPILOG = """\b
Examples:
  fawkes-host uninstall --dry-run         only show what would go
  fawkes-host uninstall
  fawkes-host uninstall --keep-settings   to install again later
  sudo fawkes-host uninstall --system     what install --system wrote

\b
What goes:
  the running service, with photos under way
  what made the program known to browsers, and with --system what has Firefox
  keep the extension
  the cache of cloaked photos, the log, the socket
  settings, token and the secret that cloaks are made with, unless
  --keep-settings: without that secret, the same photo gets another cloak

\b
What stays:
  the extension, which each browser removes on its own page
  the program itself: pipx uninstall fawkes-host, or delete its folder
  your photos

\b
Exit status:
  0  all is gone
  2  wrong usage
  4  something could not be removed; nothing was changed
"""


@click.command("uninstall", epilog=EPILOG)
@click.option("--keep-settings", is_flag=True, help="Leave settings and secret where they are.")
@click.option(
    "--system", is_flag=True, help="Also what is there for all users; needs an administrator."
)
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(keep_settings: bool, system: bool, dry_run: bool, as_json: bool) -> None:
    """Take away all that this program has written, and end its service.

    Run it before you remove the program itself.
    """
    from fawkes_host.cli.install import perform
    from fawkes_host.protocol.errors import RegistrationFailed, ServiceUnavailable, UnsafeFolder
    from fawkes_host.service import endpoint, stop
    from fawkes_host.system import folders, native_host
    from fawkes_install.plan import RemoveFolder, Step
    from fawkes_install.registration import Scope

    registrar = native_host.registrar()
    place = endpoint.default()
    scopes = [Scope.USER, Scope.SYSTEM] if system else [Scope.USER]
    steps = [step for scope in scopes for step in registrar.plan_uninstall(scope)]
    if system:
        try:
            steps += registrar.plan_policy_removal()
        except (OSError, ValueError) as fault:
            raise RegistrationFailed(detail=f"the policies of Firefox: {fault}") from fault
    gone = [place.folder, folders.cache_folder(), folders.log_folder()]
    kept = [folders.config_folder(), folders.data_folder()]
    if not keep_settings:
        # The outermost last: on Windows some of them lie inside others.
        gone = sorted({*gone, *kept}, key=lambda folder: -len(folder.parts))
    running = False
    try:
        running = place.alive()
        foreign = False
    except UnsafeFolder:  # No service of this user's listens there, and it is not ours to remove.
        foreign = True
        gone = [folder for folder in gone if folder != place.folder]
    steps += [RemoveFolder(folder, folders.outer(folder)) for folder in gone]

    made: list[Step]
    if dry_run:
        made = [step for step in steps if step.pending()]
    else:
        if not foreign and not stop.end(place):
            raise ServiceUnavailable(detail="it does not leave, and nothing was removed")
        made = perform(steps)
    left = [str(one.path) for one in registrar.registered(Scope.SYSTEM)] if not system else []
    if as_json:
        report = {
            "dry_run": dry_run,
            "service_ended": running,
            "steps": [step.describe() for step in made],
            "left_for_all_users": left,
        }
        print_result(report)
        return
    verb = "Would remove" if dry_run else "Removed"
    if running:
        say("Would end the service." if dry_run else "Ended the service.")
    for step in made:
        told = step.describe()
        say(f"{verb} {told.get('path') or told['key']}")
    if not made:
        say("There is nothing to remove.")
    if left:
        say(f"Left, since it is for all users (--system takes it): {', '.join(left)}")
    say("The extension can be removed on each browser's page of extensions.")

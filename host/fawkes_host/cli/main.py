"""``fawkes-host``: the group that every command belongs to.

Commands are imported when they are called, so that ``--help`` stays instant.
"""

from __future__ import annotations

import importlib
import signal
import sys

import click

import fawkes_host
from fawkes_host.cli.terminal import say
from fawkes_host.protocol.errors import ExitStatus, FawkesError, printable
from fawkes_host.system import child

PROGRAM = "fawkes-host"
COMPLETE_VARIABLE = "_FAWKES_HOST_COMPLETE"
"""In which a shell's completion script asks, by click's convention."""

COMMANDS = {
    "install": "Make the program known to your browsers.",
    "uninstall": "Take away all that this program has written.",
    "doctor": "Check that everything works, and mend what does not.",
    "cloak": "Cloak photos and folders of photos.",
    "remember": "Get to know people, so that photos of them are cloaked better.",
    "forget": "Delete what was remembered.",
    "decoys": "Make photos of others that recognisers take for you.",
    "compare": "Put a photo and its cloaked copy side by side.",
    "bench": "Measure speed and memory, with Fawkes 1.0 beside it.",
    "evaluate": "Measure protection and visibility on photos of people.",
    "models": "List the networks, their licences and checksums.",
    "serve": "Run the engine service that browsers share.",
    "status": "Show what the engine service is doing.",
    "stop": "Stop the engine service.",
    "extension": "Write the extension: a folder to load, and zips for the stores.",
    "completion": "Print the completion script for bash, zsh or fish.",
}
"""Name and one line of help; each lives as ``command`` in the module of its name, or in the
module ``command`` of a package of its name."""

EPILOG = """\b
Exit status:
  0    all done
  1    unexpected error
  2    wrong usage
  3    some inputs failed
  4    all inputs failed
  130  interrupted
"""


class LazyGroup(click.Group):
    """A group whose commands are modules, imported when needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"fawkes_host.cli.{cmd_name}")
        if hasattr(module, "__path__"):
            module = importlib.import_module(f"{module.__name__}.command")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(fawkes_host.__version__, prog_name=PROGRAM)
def group() -> None:
    """Cloak the faces in your photos before you share them.

    A cloak is a small change that makes face recognisers trained on the photo fail to know the
    person. Everything happens on this computer.
    """


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _let_signals_interrupt() -> None:
    """Let an end that others ask for leave nothing behind either, as Ctrl+C does."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # One that is ignored, as nohup does it, stays so.
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def main() -> None:
    """Run the command line; never returns."""
    _let_signals_interrupt()
    child.leave_no_dump()
    try:
        status = group.main(
            prog_name=PROGRAM, complete_var=COMPLETE_VARIABLE, standalone_mode=False
        )
    except click.exceptions.Exit as stop:
        status = stop.exit_code
    except click.UsageError as error:
        click.UsageError(printable(error.format_message()), error.ctx).show()
        status = ExitStatus.USAGE
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        status = ExitStatus.INTERRUPTED
    except FawkesError as error:
        say(f"Error ({error.code}): {error}", err=True)
        status = ExitStatus.ALL_FAILED
    except BrokenPipeError:
        # Whoever read our output has left; Python would complain once more while it closes stdout.
        sys.stderr.close()
        status = ExitStatus.UNEXPECTED
    sys.exit(status if isinstance(status, int) else ExitStatus.OK)


if __name__ == "__main__":
    main()

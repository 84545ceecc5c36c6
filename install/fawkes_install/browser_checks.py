"""What ``doctor`` asks about browsers: manifests, their rights and programs, sandboxes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from fawkes_install import discovery, extension_files, manifest
from fawkes_install.browsers import BROWSERS, Family
from fawkes_install.checks import Finding, State
from fawkes_install.discovery import Found
from fawkes_install.loaded import find_loaded, has_profiles
from fawkes_install.manifest import NativeHost, Trouble
from fawkes_install.plan import Step, WriteFile, apply
from fawkes_install.registration import Place, Registrar, Scope
from fawkes_install.sandbox import Packaging, Reach

_TROUBLES = {
    Trouble.MISSING: "it does not know the program: there is no {path}",
    Trouble.NOT_READABLE: "{path} may not be read by you",
    Trouble.OPEN_TO_OTHERS: "{path} may be changed by other users",
    Trouble.FOLDER_OPEN_TO_OTHERS: "the folder of {path} may be changed by other users",
    Trouble.CORRUPT: "{path} is not JSON",
    Trouble.OTHER_HOST: "{path} is about another program",
    Trouble.PROGRAM_GONE: "{path} leads to {program}, which is gone",
    Trouble.PROGRAM_NOT_EXECUTABLE: "{program} may not be executed",
    Trouble.PROGRAM_OPEN_TO_OTHERS: "{program} may be changed by other users",
    Trouble.NOT_ALLOWED: "{path} does not allow this extension",
}

_OF_PROGRAM = (Trouble.PROGRAM_NOT_EXECUTABLE, Trouble.PROGRAM_OPEN_TO_OTHERS)

_ADVICE = "Run: fawkes-host install"

_STRANGERS_ADVICE = (
    "Unless you have asked for them by install --extension-id, run: fawkes-host install"
)


def check_browsers(registrar: Registrar, host: NativeHost) -> Iterator[Finding]:
    """One finding for each browser that can start programs, or more if more is wrong."""
    able = [one for one in discovery.find(registrar.machine) if one.verdict.reach is not Reach.NO]
    names = list(dict.fromkeys(one.browser.name for one in able))
    if not names:
        yield Finding(
            "browsers",
            State.WARNING,
            "no browser was found that could use the program",
            f"Install one of these, then run fawkes-host install: {_titles()}.",
        )
    shared = set(registrar.registered(Scope.SYSTEM))
    for name in names:
        browser = BROWSERS[name]
        for_everybody = shared & set(registrar.places([browser], Scope.SYSTEM))
        places = registrar.places([browser])
        if for_everybody and not any(place.path.exists() for place in places):
            places = sorted(for_everybody, key=lambda place: place.path)
        found = [finding for place in places for finding in _of(place, host, name, registrar)]
        yield from found
        if not any(finding.state is State.BROKEN for finding in found):
            where = ", ".join(str(place.path) for place in places)
            yield Finding(name, State.OK, f"{browser.title} knows the program by {where}")


def check_sandboxes(registrar: Registrar) -> Iterator[Finding]:
    """One finding for each snap and Flatpak, and for browsers that are never set up."""
    for found in discovery.find(registrar.machine):
        if note := found.verdict.note:
            state = State.OK if found.verdict.reach is Reach.YES else State.WARNING
            yield Finding("sandboxes", state, note)
    if not any(_shut_in(found) for found in discovery.find(registrar.machine)):
        yield Finding("sandboxes", State.OK, "no browser is a snap or a Flatpak")


def check_loaded(registrar: Registrar, host: NativeHost, version: str) -> Iterator[Finding]:
    """Whether the extension is in each browser that has run, and is of the host's ``version``."""
    machine = registrar.machine
    for name in dict.fromkeys(found.browser.name for found in discovery.find(machine)):
        browser = BROWSERS[name]
        if browser.unsupported or not has_profiles(browser, machine):
            continue
        loaded = find_loaded(browser, host, machine)
        for one in loaded:
            told = f"{browser.title} has the extension {one.version} ({one.profile.name})"
            if one.version == version:
                yield Finding("versions", State.OK, told)
                continue
            older = "extension" if _numbers(one.version) < _numbers(version) else "program"
            advice = f"Update the {older}."
            yield Finding("versions", State.WARNING, f"{told}, the host is {version}", advice)
        if not loaded and browser.family is Family.CHROMIUM:
            told = f"{browser.title} does not have the extension yet"
            advice = f"Load it at {browser.page} from {extension_files.folder()}"
            yield Finding("versions", State.WARNING, told, advice)


def _numbers(version: str) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in version.split(".")]


def _shut_in(found: Found) -> bool:
    return found.packaging is not Packaging.ORDINARY


def _of(place: Place, host: NativeHost, name: str, registrar: Registrar) -> Iterator[Finding]:
    program = manifest.program_of(manifest.read(place.path) or {}) or host.program
    title = BROWSERS[name].title
    strangers = manifest.strangers(place.path, host, place.family)
    if strangers:
        told = (
            f"{title}: {place.path} lets other extensions use the program: {', '.join(strangers)}"
        )
        yield Finding(name, State.WARNING, told, _STRANGERS_ADVICE)
    troubles = manifest.examine(place.path, host, place.family)
    # A manifest without ours is wrong altogether; one that was changed for somebody is theirs.
    ours_alone = not strangers or Trouble.NOT_ALLOWED in troubles
    for trouble in troubles:
        told = _TROUBLES[trouble].format(path=place.path, program=program)
        advice, remedy = _ADVICE, _rewrite(place, host, registrar) if ours_alone else None
        if trouble in _OF_PROGRAM:
            # Of a program that somebody has named, this one changes nothing.
            advice = f"Run: chmod 755 '{program}'"
            remedy = _mode_of(program) if host.is_program(program) else None
        elif trouble is Trouble.FOLDER_OPEN_TO_OTHERS:
            folder = place.path.parent
            advice, remedy = f"Run: chmod go-w '{folder}'", _close(folder)
        yield Finding(name, State.BROKEN, f"{title}: {told}", advice, remedy)
    steps = registrar.steps_for(place, host)
    key_only = [step for step in steps if not isinstance(step, WriteFile) and step.pending()]
    if key_only and place.path.exists():
        told = f"{title}: the registry does not lead to {place.path}"
        yield Finding(name, State.BROKEN, told, _ADVICE, lambda: _apply(key_only))


def _rewrite(place: Place, wanted: NativeHost, registrar: Registrar) -> Callable[[], None]:
    return lambda: _apply(registrar.steps_for(place, wanted))


def _mode_of(program: Path) -> Callable[[], None]:
    """Executable by everybody, and writable by its owner alone."""
    return lambda: program.chmod((program.stat().st_mode | 0o555) & ~0o022)


def _close(folder: Path) -> Callable[[], None]:
    """Take the right to write from others, of a folder itself and of none that a link leads to."""

    def close() -> None:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            os.fchmod(descriptor, os.fstat(descriptor).st_mode & ~0o022)
        finally:
            os.close(descriptor)

    return close


def _apply(steps: list[Step]) -> None:
    apply(steps)


def _titles() -> str:
    return ", ".join(one.title for one in BROWSERS.values() if not one.unsupported)

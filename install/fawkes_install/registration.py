"""Plans that make a host known to browsers, and unknown again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fawkes_install import extension_files, firefox_policy, manifest
from fawkes_install.browsers import BROWSERS, Browser, Family
from fawkes_install.machine import Machine, System
from fawkes_install.manifest import NativeHost
from fawkes_install.plan import DeleteKey, RemoveFile, SetValue, Step, WriteFile, apply
from fawkes_install.windows_registry import Hive, Registry, WindowsRegistry

_WINDOWS_FOLDER = "fawkes-host"


class Scope(StrEnum):
    """For whom: this user, or everybody on the computer (which takes an administrator)."""

    USER = "user"
    SYSTEM = "system"


@dataclass(frozen=True)
class Place:
    """Where browsers of a family find a manifest; on Windows a registry key leads there.

    ``top`` is the nearest folder above that is not ours to remove.
    """

    family: Family
    path: Path
    top: Path
    key: str | None = None
    hive: Hive = Hive.USER


class Registrar:
    """Knows where every browser of ``machine`` looks for the host ``name``."""

    def __init__(self, machine: Machine, name: str, registry: Registry | None = None) -> None:
        self.machine = machine
        self.name = name
        self._registry = registry

    def places(self, browsers: Iterable[Browser], scope: Scope = Scope.USER) -> list[Place]:
        """The places of ``browsers``, each once, since some share them."""
        found = (place for browser in browsers for place in self._places_of(browser, scope))
        return list(dict.fromkeys(found))

    def plan_install(
        self, host: NativeHost, browsers: Iterable[Browser], scope: Scope = Scope.USER
    ) -> list[Step]:
        """The writes that make ``host`` known to ``browsers``."""
        steps: list[Step] = []
        for place in self.places(browsers, scope):
            steps += [step for step in self.steps_for(place, host) if step not in steps]
        return steps

    def steps_for(self, place: Place, host: NativeHost) -> list[Step]:
        """The writes that one place takes."""
        steps: list[Step] = [WriteFile(place.path, manifest.content(host, place.family))]
        if place.key is not None:
            steps.append(SetValue(self._windows(), place.hive, place.key, str(place.path)))
        return steps

    def plan_uninstall(self, scope: Scope = Scope.USER) -> list[Step]:
        """What takes the host from every browser of the table, installed or not."""
        places = self.places(BROWSERS.values(), scope)
        keys: list[Step] = [
            DeleteKey(self._windows(), place.hive, place.key) for place in places if place.key
        ]
        files = {place.path: RemoveFile(place.path, place.top) for place in places}
        return [*keys, *files.values()]

    def plan_policy(self) -> list[Step]:
        """The writes that have Firefox on Linux keep our extension, for all users.

        Raises OSError, and ValueError where its file of policies is none.
        """
        file = self._policy()
        xpi = file.with_name(f"{extension_files.gecko_identity()}.xpi")
        before = file.read_bytes() if file.exists() else None
        return [
            WriteFile(xpi, extension_files.pack(Family.GECKO)),
            WriteFile(
                file,
                firefox_policy.with_extension(before, extension_files.gecko_identity(), xpi),
            ),
        ]

    def plan_policy_removal(self) -> list[Step]:
        """What takes back ``plan_policy``; nothing where it was never made.  Raises as it does."""
        file, top = self._policy(), self.machine.path("/etc")
        identity = extension_files.gecko_identity()
        xpi = file.with_name(f"{identity}.xpi")
        if self.machine.system is not System.LINUX or not xpi.exists():
            return []
        steps: list[Step] = []
        if file.exists():
            left = firefox_policy.without_extension(file.read_bytes(), identity)
            steps.append(RemoveFile(file, top) if left is None else WriteFile(file, left))
        return [*steps, RemoveFile(xpi, top)]

    def registered(self, scope: Scope = Scope.USER) -> list[Place]:
        """The places in which there is a manifest."""
        return [place for place in self.places(BROWSERS.values(), scope) if place.path.exists()]

    def heal(self, host: NativeHost) -> list[Path]:
        """Points manifests whose program is gone at ``host``'s; returns those it changed.

        A manifest that leads to a program that is there is somebody's choice, and stays.  So does
        one that allows extensions besides ours: ``doctor`` names them.
        """
        healed = []
        for place in self.registered():
            found = manifest.read(place.path)
            program = manifest.program_of(found) if found else None
            if found is None or found.get("name") != host.name:
                continue
            if program is None or not program.exists():
                if manifest.strangers(place.path, host, place.family):
                    continue
                apply([WriteFile(place.path, manifest.content(host, place.family))])
                healed.append(place.path)
        return healed

    def _places_of(self, browser: Browser, scope: Scope) -> Iterator[Place]:
        places = browser.places.get(self.machine.system)
        if places is None:
            return
        folders = places.user if scope is Scope.USER else places.system
        for folder in folders:
            if self.machine.system is System.WINDOWS:
                yield self._windows_place(browser.family, folder, scope)
            else:
                path = self.machine.path(folder)
                yield Place(browser.family, path / f"{self.name}.json", self._top(folder))

    def _windows_place(self, family: Family, key: str, scope: Scope) -> Place:
        base = self.machine.path("{local}/" if scope is Scope.USER else "{everyone}/")
        path = base / _WINDOWS_FOLDER / "browsers" / f"{self.name}.{family}.json"
        hive = Hive.USER if scope is Scope.USER else Hive.EVERYBODY
        return Place(family, path, base, rf"{key}\{self.name}", hive)

    def _top(self, folder: str) -> Path:
        """Of ``{config}/chromium/…`` the configuration folder, of ``/etc/opt/…`` ``/etc``."""
        if folder.startswith("/"):
            return self.machine.path("/" + folder.split("/")[1])
        return self.machine.path(folder.partition("/")[0] + "/")

    def _policy(self) -> Path:
        return self.machine.path(firefox_policy.FOLDER) / firefox_policy.FILE

    def _windows(self) -> Registry:
        if self._registry is None:
            self._registry = WindowsRegistry()
        return self._registry

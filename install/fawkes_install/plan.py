"""Changes to the computer as a list of steps: shown first, then made, undone if one fails."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from fawkes_install.windows_registry import Hive, Registry


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Change:
    """A step that has been made: how to take it back, and what is left once all are made."""

    undo: Callable[[], None] = _nothing
    finish: Callable[[], None] = _nothing


class Step(Protocol):
    """One change.  ``apply`` makes it whole or raises OSError and has changed nothing."""

    def pending(self) -> bool:
        """Whether there is anything to do."""

    def apply(self) -> Change:
        """Makes the change."""

    def describe(self) -> dict[str, Any]:
        """The step for people and for ``--json``: ``action`` and what it is about."""


class PlanFailed(Exception):
    """A step failed and those before it were undone; ``left`` are those that could not be."""

    def __init__(self, step: Step, fault: OSError, left: Sequence[Step]) -> None:
        self.step = step
        self.fault = fault
        self.left = list(left)
        subject = " ".join(str(part) for part in step.describe().values())
        super().__init__(f"{subject}: {fault.strerror or fault}")


def apply(steps: Sequence[Step]) -> list[Step]:
    """Makes every change that is pending; returns the steps that were.  Raises PlanFailed."""
    made: list[tuple[Step, Change]] = []
    for step in steps:
        if not step.pending():
            continue
        try:
            made.append((step, step.apply()))
        except OSError as fault:
            raise PlanFailed(step, fault, _undo(made)) from fault
    for _, change in made:
        change.finish()
    return [step for step, _ in made]


def _undo(made: Sequence[tuple[Step, Change]]) -> list[Step]:
    left = []
    for step, change in reversed(made):
        try:
            change.undo()
        except OSError:
            left.append(step)
    return left


@dataclass(frozen=True)
class WriteFile:
    """Puts ``content`` into ``path``, readable by everybody and writable by the user alone."""

    path: Path
    content: bytes
    mode: int = 0o644

    def pending(self) -> bool:
        try:
            return (
                self.path.read_bytes() != self.content
                or self.path.is_symlink()
                or (os.name == "posix" and self.path.stat().st_mode & 0o777 != self.mode)
            )
        except OSError:
            return True

    def apply(self) -> Change:
        before = _keep(self.path)
        made = _make_folders(self.path.parent)
        try:
            _replace(self.path, self.content, self.mode)
        except OSError:
            _remove_folders(made)
            raise

        def undo() -> None:
            if before is None:
                self.path.unlink(missing_ok=True)
                _remove_folders(made)
            else:
                _replace(self.path, *before)

        return Change(undo)

    def describe(self) -> dict[str, Any]:
        return {"action": "write", "path": str(self.path)}


@dataclass(frozen=True)
class RemoveFile:
    """Removes ``path``, and folders above it that are empty then, up to but not ``top``."""

    path: Path
    top: Path

    def pending(self) -> bool:
        return self.path.is_symlink() or self.path.exists()

    def apply(self) -> Change:
        before = _keep(self.path)
        self.path.unlink()
        removed = _remove_empty(self.path.parent, self.top)

        def undo() -> None:
            for folder in reversed(removed):
                folder.mkdir(exist_ok=True)
            if before is not None:
                _replace(self.path, *before)

        return Change(undo)

    def describe(self) -> dict[str, Any]:
        return {"action": "remove", "path": str(self.path)}


@dataclass(frozen=True)
class RemoveFolder:
    """Removes ``path`` with all in it, and folders above that are empty then, up to ``top``."""

    path: Path
    top: Path

    def pending(self) -> bool:
        return self.path.is_symlink() or self.path.exists()

    def apply(self) -> Change:
        """Moves the folder aside, so that it can come back until all else is done."""
        if self.path.is_symlink():
            target = self.path.readlink()
            self.path.unlink()
            return Change(lambda: self.path.symlink_to(target))
        aside = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}.removed")
        self.path.rename(aside)

        def finish() -> None:
            shutil.rmtree(aside, ignore_errors=True)
            _remove_empty(self.path.parent, self.top)

        return Change(lambda: _rename(aside, self.path), finish)

    def describe(self) -> dict[str, Any]:
        return {"action": "remove", "path": str(self.path)}


@dataclass(frozen=True)
class SetValue:
    """Sets the default value of a registry key."""

    registry: Registry
    hive: Hive
    key: str
    value: str

    def pending(self) -> bool:
        return self.registry.read(self.hive, self.key) != self.value

    def apply(self) -> Change:
        before = self.registry.read(self.hive, self.key)
        self.registry.write(self.hive, self.key, self.value)

        def undo() -> None:
            if before is None:
                self.registry.delete(self.hive, self.key)
            else:
                self.registry.write(self.hive, self.key, before)

        return Change(undo)

    def describe(self) -> dict[str, Any]:
        return {"action": "set", "key": f"{self.hive}\\{self.key}", "value": self.value}


@dataclass(frozen=True)
class DeleteKey:
    """Deletes a registry key."""

    registry: Registry
    hive: Hive
    key: str

    def pending(self) -> bool:
        return self.registry.read(self.hive, self.key) is not None

    def apply(self) -> Change:
        before = self.registry.read(self.hive, self.key)
        self.registry.delete(self.hive, self.key)

        def undo() -> None:
            if before is not None:
                self.registry.write(self.hive, self.key, before)

        return Change(undo)

    def describe(self) -> dict[str, Any]:
        return {"action": "delete", "key": f"{self.hive}\\{self.key}"}


def _keep(path: Path) -> tuple[bytes, int] | None:
    """Content and mode of a file that is about to change; None where there is none."""
    try:
        mode = path.stat().st_mode & 0o777
    except FileNotFoundError:
        return None
    if not os.access(path, os.R_OK):
        path.chmod(mode | 0o400)  # Its owner may have shut it to themselves.
    return path.read_bytes(), mode


def _replace(path: Path, content: bytes, mode: int) -> None:
    """Writes beside ``path`` and renames, so that a browser never reads half a manifest."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(mode)
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


def _rename(old: Path, new: Path) -> None:
    old.rename(new)


def _make_folders(folder: Path) -> list[Path]:
    """Makes ``folder`` and those above it; returns the new ones, outermost first."""
    missing = []
    above = folder
    while not above.exists():
        missing.append(above)
        above = above.parent
    made: list[Path] = []
    try:
        for path in reversed(missing):
            path.mkdir(mode=0o755)  # Whatever the umask: who may write here chooses programs.
            made.append(path)
    except OSError:
        _remove_folders(made)
        raise
    return made


def _remove_folders(folders: Sequence[Path]) -> None:
    """Removes ``folders``, innermost first, as far as they are empty."""
    for folder in reversed(folders):
        with suppress(OSError):
            folder.rmdir()


def _remove_empty(folder: Path, top: Path) -> list[Path]:
    """Removes ``folder`` and those above it while they are empty, never ``top``."""
    removed = []
    while folder != top and folder.is_relative_to(top):
        try:
            folder.rmdir()
        except OSError:
            break
        removed.append(folder)
        folder = folder.parent
    return removed

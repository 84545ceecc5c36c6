"""Plans: whole or not at all, again and again, and back to where they began."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fawkes_install.plan import (
    Change,
    DeleteKey,
    PlanFailed,
    RemoveFile,
    RemoveFolder,
    SetValue,
    Step,
    WriteFile,
    apply,
)
from fawkes_install.windows_registry import Hive, WindowsRegistry
from tests.support.fake_winreg import FakeWinreg
from tests.support.person import as_written


class Refused:
    """A step that always fails."""

    def pending(self) -> bool:
        return True

    def apply(self) -> Change:
        raise PermissionError(13, "Permission denied")

    def describe(self) -> dict[str, Any]:
        return {"action": "write", "path": "/refused"}


def snapshot(folder: Path) -> dict[str, Any]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def test_second_time_changes_nothing(tmp_path: Path) -> None:
    steps = [WriteFile(tmp_path / "a" / "b" / "one.json", b"{}")]
    assert apply(steps) == steps
    before = as_written(tmp_path / "a/b/one.json")
    assert apply(steps) == []
    assert as_written(tmp_path / "a/b/one.json") == before


def test_wrong_rights_are_a_reason_to_write_again(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    step = WriteFile(path, b"{}")
    apply([step])
    for mode in (0o666, 0o000, 0o600):
        path.chmod(mode)
        assert step.pending()
        apply([step])
        assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_others_may_not_write_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        apply([WriteFile(tmp_path / "a" / "b" / "one.json", b"{}")])
    finally:
        os.umask(before)
    for path in (tmp_path / "a").rglob("*"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o022


def test_link_is_replaced_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"{}")
    (tmp_path / "one.json").symlink_to(target)
    apply([WriteFile(tmp_path / "one.json", b"{}")])
    assert not (tmp_path / "one.json").is_symlink()
    assert target.read_bytes() == b"{}"


def test_failure_takes_back_what_was_done_before_it(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_bytes(b"old")
    (tmp_path / "old.json").chmod(0o640)
    (tmp_path / "gone" / "deep").mkdir(parents=True)
    (tmp_path / "gone" / "deep" / "file").write_bytes(b"file")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside").write_bytes(b"inside")
    winreg = FakeWinreg()
    registry = WindowsRegistry(winreg)
    registry.write(Hive.USER, r"Software\Old\NativeMessagingHosts\x", "old")
    registry.write(Hive.USER, r"Software\Gone\NativeMessagingHosts\x", "gone")
    before, values = snapshot(tmp_path), winreg.values()
    steps: Sequence[Step] = [
        WriteFile(tmp_path / "old.json", b"new"),
        WriteFile(tmp_path / "new" / "folder" / "new.json", b"new"),
        RemoveFile(tmp_path / "gone" / "deep" / "file", tmp_path),
        RemoveFolder(tmp_path / "folder", tmp_path),
        SetValue(registry, Hive.USER, r"Software\Old\NativeMessagingHosts\x", "new"),
        SetValue(registry, Hive.USER, r"Software\New\NativeMessagingHosts\x", "new"),
        DeleteKey(registry, Hive.USER, r"Software\Gone\NativeMessagingHosts\x"),
        Refused(),
    ]
    with pytest.raises(PlanFailed, match="/refused: Permission denied") as failure:
        apply(steps)
    assert failure.value.left == []
    assert snapshot(tmp_path) == before
    assert winreg.values() == values
    assert stat.S_IMODE((tmp_path / "old.json").stat().st_mode) == 0o640
    assert apply(steps[:-1]) == steps[:-1]
    assert snapshot(tmp_path) == {
        "new": None,
        "new/folder": None,
        "new/folder/new.json": b"new",
        "old.json": b"new",
    }


def test_step_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way")
    with pytest.raises(PlanFailed):
        apply([WriteFile(tmp_path / "file" / "below" / "one.json", b"{}")])
    with pytest.raises(PlanFailed):  # Its draft has a longer name than a file may have.
        apply([WriteFile(tmp_path / "new" / ("x" * 250), b"{}")])
    folder = tmp_path / "made" / "one.json"
    folder.mkdir(parents=True)
    with pytest.raises(PlanFailed):
        apply([WriteFile(folder, b"{}")])
    assert snapshot(tmp_path) == {"file": b"in the way", "made": None, "made/one.json": None}


def test_what_cannot_be_taken_back_is_named(tmp_path: Path) -> None:
    class Stuck(Refused):
        def apply(self) -> Change:
            def undo() -> None:
                raise OSError("stuck")

            return Change(undo)

    stuck = Stuck()
    with pytest.raises(PlanFailed) as failure:
        apply([stuck, Refused()])
    assert failure.value.left == [stuck]


def test_empty_folders_above_go_up_to_what_is_not_ours(tmp_path: Path) -> None:
    top = tmp_path / "config"
    path = top / "browser" / "hosts" / "one.json"
    apply([WriteFile(path, b"{}")])
    (top / "browser" / "kept").write_bytes(b"")
    apply([RemoveFile(path, top)])
    assert snapshot(top) == {"browser": None, "browser/kept": b""}
    (top / "browser" / "kept").unlink()
    apply([WriteFile(path, b"{}"), RemoveFile(path, top)])
    assert snapshot(tmp_path) == {"config": None}


def test_folder_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    apply([RemoveFolder(tmp_path / "link", tmp_path)])
    assert snapshot(tmp_path) == {"theirs": None, "theirs/file": b""}


def test_registry_that_refuses_undoes_the_manifest(tmp_path: Path) -> None:
    key = r"Software\Mozilla\NativeMessagingHosts\org.fawkes.host"
    winreg = FakeWinreg(refused={rf"HKEY_CURRENT_USER\{key}"})
    registry = WindowsRegistry(winreg)
    path = tmp_path / "fawkes-host" / "one.json"
    with pytest.raises(PlanFailed, match="Access is denied"):
        apply([WriteFile(path, b"{}"), SetValue(registry, Hive.USER, key, str(path))])
    assert snapshot(tmp_path) == {}
    assert winreg.values() == {}


def test_value_that_is_no_text_is_none_of_ours() -> None:
    winreg = FakeWinreg()
    with winreg.CreateKeyEx("HKEY_CURRENT_USER", "Software\\x") as opened:
        winreg.SetValueEx(opened, "", 0, 3, b"bytes")
    assert WindowsRegistry(winreg).read(Hive.USER, "Software\\x") is None

"""The extension for people and for stores."""

from __future__ import annotations

import io
import json
import os
import shutil
import time
import zipfile
from pathlib import Path

import pytest

import fawkes_host
from fawkes_install import extension_files
from fawkes_install.browsers import Family
from tests.support.person import ROOT, Person


@pytest.mark.parametrize("family", Family)
def test_zip_has_the_same_bytes_each_time_and_anywhere(tmp_path: Path, family: Family) -> None:
    first = extension_files.pack(family)
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "extension", copy)
    for path in copy.rglob("*"):
        os.utime(path, (time.time(), 1_700_000_000))
        path.chmod(0o700)
    (copy / ".hidden").write_text("an editor's")
    assert extension_files.pack(family, copy) == first
    (copy / "popup" / "popup.css").write_text("changed")
    assert extension_files.pack(family, copy) != first


@pytest.mark.parametrize(
    ("family", "without"),
    [
        (Family.CHROMIUM, {"key", "browser_specific_settings"}),
        (Family.GECKO, {"key", "minimum_chrome_version"}),
    ],
)
def test_zip_is_the_extension_without_what_its_store_refuses(
    family: Family, without: set[str]
) -> None:
    shipped = json.loads((ROOT / "extension" / "manifest.json").read_text("utf-8"))
    with zipfile.ZipFile(io.BytesIO(extension_files.pack(family))) as archive:
        names = archive.namelist()
        for entry in archive.infolist():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert (entry.create_system, entry.external_attr >> 16) == (3, 0o100644)
            assert entry.compress_type == zipfile.ZIP_STORED
        manifest = json.loads(archive.read("manifest.json"))
        assert (
            archive.read("background/main.js")
            == (ROOT / "extension" / "background" / "main.js").read_bytes()
        )
    assert manifest == {key: value for key, value in shipped.items() if key not in without}
    assert names == sorted(names)
    assert not [name for name in names if name.endswith((".md", ".d.ts"))]
    assert {"icons/on-128.png", "_locales/de/messages.json", "popup/popup.html"} <= set(names)


def test_folder_is_the_shipped_one(tmp_path: Path) -> None:
    extension_files.copy_to(tmp_path / "fawkes")
    (tmp_path / "fawkes" / "old.js").write_text("of an older version")
    extension_files.copy_to(tmp_path / "fawkes")
    written = {
        path.relative_to(tmp_path / "fawkes").as_posix(): path.read_bytes()
        for path in (tmp_path / "fawkes").rglob("*")
        if path.is_file()
    }
    assert written == dict(extension_files.files(ROOT / "extension"))
    assert [path.name for path in tmp_path.iterdir()] == ["fawkes"]


@pytest.mark.parametrize("what", ["folder", "empty", "link", "file", "another extension"])
def test_folder_that_is_not_ours_is_never_replaced(tmp_path: Path, what: str) -> None:
    target = tmp_path / "fawkes"
    if what == "file":
        target.write_text("kept")
    elif what == "link":
        extension_files.copy_to(tmp_path / "elsewhere")
        target.symlink_to(tmp_path / "elsewhere")
    else:
        target.mkdir()
        if what == "folder":
            (target / "thesis.txt").write_text("kept")
        elif what == "another extension":
            (target / "manifest.json").write_text('{"name": "Fawkes", "key": "another"}')
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(FileExistsError):
        extension_files.copy_to(target)
    assert sorted(tmp_path.rglob("*")) == before


def test_folder_that_cannot_be_written_leaves_the_one_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "fawkes"
    extension_files.copy_to(target)
    (target / "old.js").write_text("of an older version")

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match="full"):
        extension_files.copy_to(target)
    assert (target / "old.js").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["fawkes"]


def test_command_writes_both_zips_and_the_folder(person: Person) -> None:
    done = person.run("extension", "--output", person.home / "out")
    assert done.returncode == 0, done.stderr
    version = fawkes_host.__version__
    names = {path.name for path in (person.home / "out").iterdir()}
    assert names == {
        "fawkes",
        f"fawkes-{version}-chromium.zip",
        f"fawkes-{version}-firefox.zip",
    }
    assert (person.home / "out" / "fawkes" / "manifest.json").is_file()
    again = person.run("extension", "--output", person.home / "out")
    assert (again.returncode, "--overwrite" in again.stderr) == (4, True)
    assert person.run("extension", "--output", person.home / "out", "--overwrite").returncode == 0


def test_version_is_one_for_distribution_extension_and_protocol() -> None:
    assert extension_files.manifest()["version"] == fawkes_host.__version__
    metadata = (ROOT / "pyproject.toml").read_text("utf-8")
    assert 'path = "host/fawkes_host/__init__.py"' in metadata
    assert 'dynamic = ["version"]' in metadata

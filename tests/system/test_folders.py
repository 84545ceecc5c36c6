"""Folders for the user alone: made closed, closed where they are open, refused where not ours."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest

from fawkes_host.protocol.errors import UnsafeFolder
from fawkes_host.system import folders

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
NOBODY = 65534


@contextlib.contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_runtime_folder_is_the_one_of_platformdirs(world):
    assert folders.runtime_folder() == platformdirs.user_runtime_path("fawkes-host")


@pytest.mark.parametrize("mask", [0o000, 0o002, 0o022, 0o077])
def test_every_folder_that_is_missing_is_made_closed_whatever_the_umask(tmp_path, mask):
    wanted = tmp_path / "share" / "fawkes-host" / "photos"
    with umask(mask):
        assert folders.make_private(wanted) == wanted
        assert folders.check_private(wanted)
    assert [mode(path) for path in (wanted, *wanted.parents[:2])] == [0o700] * 3


@pytest.mark.parametrize("name", ["fawkes-host", "fawkes-host/photos"])
@pytest.mark.parametrize("open_mode", [0o755, 0o775, 0o777, 0o1777])
def test_folders_of_ours_that_stand_open_are_closed(tmp_path, name, open_mode):
    folder = tmp_path / name
    folder.mkdir(parents=True)
    ours = (folder,) if folder.parent == tmp_path else (folder.parent, folder)
    for path in ours:
        path.chmod(open_mode)
    assert folders.check_private(folder, close=False)
    assert mode(folder) == open_mode
    assert folders.check_private(folder)
    assert {mode(path) for path in ours} == {0o700}


def test_what_is_not_there_is_not_made_by_asking(tmp_path):
    assert not folders.check_private(tmp_path / "fawkes-host" / "photos")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("link", ["fawkes-host", "fawkes-host/photos"])
def test_folder_of_ours_behind_a_link_is_refused(tmp_path, link):
    (tmp_path / "real" / "photos").mkdir(parents=True)
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(tmp_path / "real")
    with pytest.raises(UnsafeFolder, match="it is a link"):
        folders.make_private(tmp_path / "fawkes-host" / "photos")


@pytest.mark.parametrize("kind", ["dangling", "loop", "file"])
def test_what_is_no_folder_is_a_coded_error(tmp_path, kind):
    place = tmp_path / "fawkes-host"
    if kind == "file":
        place.write_bytes(b"")
    else:
        place.symlink_to(place if kind == "loop" else tmp_path / "nowhere")
    with pytest.raises(UnsafeFolder):
        folders.make_private(place)
    with pytest.raises(UnsafeFolder):
        folders.make_private(place / "photos")


@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("by_link", [False, True])
def test_folder_that_others_could_replace_is_refused_however_far_up(tmp_path, depth, by_link):
    """Also where the way leads there by a link that nobody else can change."""
    shared = tmp_path / "shared"
    inner = shared.joinpath(*"abc"[: depth - 1])
    inner.mkdir(parents=True)
    shared.chmod(0o777)
    if by_link:
        (tmp_path / "link").symlink_to(inner)
        inner = tmp_path / "link"
    with pytest.raises(UnsafeFolder, match="another user can replace what is in"):
        folders.make_private(inner / "fawkes-host")
    assert list(inner.iterdir()) == []
    shared.chmod(0o1777)  # As the temporary folder is: only owners rename what is theirs.
    folders.make_private(inner / "fawkes-host")


def test_group_of_one_is_nobody_else(tmp_path, monkeypatch):
    tmp_path.chmod(0o770)
    me = pwd.getpwuid(os.geteuid())
    group = [me.pw_name, "x", tmp_path.stat().st_gid, []]
    monkeypatch.setattr(
        pwd,
        "getpwuid",
        lambda _: pwd.struct_passwd((me.pw_name, "x", me.pw_uid, group[2], "", "/", "")),
    )
    monkeypatch.setattr(grp, "getgrgid", lambda _: grp.struct_group(tuple(group)))
    assert not folders.check_private(tmp_path / "fawkes-host")
    for at, value in ((3, ["somebody"]), (0, "users")):
        kept, group[at] = group[at], value
        with pytest.raises(UnsafeFolder):
            folders.check_private(tmp_path / "fawkes-host")
        group[at] = kept


@ROOT_ONLY
@pytest.mark.parametrize("given", [".", "..", "../.."])
def test_folder_of_another_user_is_refused_and_so_is_one_inside(tmp_path, given):
    folder = tmp_path / "a" / "fawkes-host" / "photos"
    folder.mkdir(parents=True)
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o700)
    os.chown(os.path.normpath(folder / given), NOBODY, NOBODY)
    with pytest.raises(UnsafeFolder, match="another user"):
        folders.make_private(folder)


@ROOT_ONLY
def test_link_of_another_user_on_the_way_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.lchown(tmp_path / "link", NOBODY, NOBODY)
    with pytest.raises(UnsafeFolder, match="another user"):
        folders.make_private(tmp_path / "link" / "fawkes-host")


def test_secret_is_made_once_and_kept_private(world):
    first = folders.secret("token")
    assert len(first) == 32
    assert folders.secret("token") == first
    path = folders.config_folder() / "token"
    assert mode(path) == 0o600
    path.write_text("damaged")
    assert folders.secret("token") != first


@ROOT_ONLY
@pytest.mark.parametrize("at", ["prog", ".", "..", None])
def test_program_that_one_user_may_change_is_registered_for_nobody_else(tmp_path, monkeypatch, at):
    from fawkes_host.cli import install
    from fawkes_host.protocol.errors import RegistrationFailed

    folder = tmp_path / "opt" / "bin"
    folder.mkdir(parents=True, mode=0o755)
    program = folder / "prog"
    program.write_bytes(b"")
    monkeypatch.setattr("sys.prefix", str(folder))
    if at is None:
        assert folders.changeable(program) is None
        install.refuse_changeable(program)
        for change in (program, folder, folder.parent):
            mode_before = mode(change)
            change.chmod(0o777)
            with pytest.raises(RegistrationFailed, match="others than root"):
                install.refuse_changeable(program)
            change.chmod(mode_before)
    else:
        os.chown(os.path.normpath(folder / at), NOBODY, NOBODY)
        with pytest.raises(RegistrationFailed, match="for each user"):
            install.refuse_changeable(program)

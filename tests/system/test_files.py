"""Files are written whole or not at all."""

from __future__ import annotations

import os
import stat
import sys

import pytest

from fawkes_host.system import files

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="modes are a Unix thing")


@pytest.fixture(params=["without a name", "beside", "no links"])
def way(request, monkeypatch):
    """The ways of systems that have less to offer."""
    if request.param != "without a name":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    if request.param == "no links":

        def refuse(*_arguments, **_options):
            raise PermissionError

        monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("flush", [False, True])
def test_first_wins_unless_told_otherwise_and_nothing_else_is_left(tmp_path, flush):
    path = tmp_path / "file"
    files.write_atomically(path, b"first", overwrite=False, flush=flush)
    with pytest.raises(FileExistsError):
        files.write_atomically(path, b"second", overwrite=False, flush=flush)
    assert path.read_bytes() == b"first"
    files.write_atomically(path, b"third", flush=flush)
    assert path.read_bytes() == b"third"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("overwrite", [False, True])
def test_link_is_replaced_and_never_followed(tmp_path, overwrite):
    (tmp_path / "kept").write_bytes(b"kept")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "kept")
    if overwrite:
        files.write_private(link, b"new")
        assert not link.is_symlink()
    else:
        with pytest.raises(FileExistsError):
            files.write_atomically(link, b"new", overwrite=False)
    assert (tmp_path / "kept").read_bytes() == b"kept"


@POSIX
@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("umask", [0o000, 0o002, 0o022, 0o077])
@pytest.mark.parametrize("overwrite", [False, True])
def test_private_is_private_whatever_the_umask(tmp_path, umask, overwrite):
    before = os.umask(umask)
    try:
        files.write_atomically(tmp_path / "mine", b"", mode=files.PRIVATE_MODE, overwrite=overwrite)
        files.write_atomically(tmp_path / "other", b"", overwrite=overwrite)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "other").stat().st_mode) == 0o666 & ~umask


def test_failure_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"kept")
    monkeypatch.setattr(os, "fsync", lambda _fd: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        files.write_atomically(path, b"new", flush=True)
    assert path.read_bytes() == b"kept"
    assert list(tmp_path.iterdir()) == [path]


def test_only_files_of_this_users_are_read_and_nothing_is_waited_for(tmp_path):
    (tmp_path / "mine").write_bytes(b"mine")
    assert files.read_own(tmp_path / "mine") == b"mine"
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe")
        for name in ("link", "pipe", "missing"):
            with pytest.raises(OSError):
                files.read_own(tmp_path / name)
        if os.geteuid() == 0:
            os.chown(tmp_path / "mine", 65534, 65534)
            with pytest.raises(PermissionError):
                files.read_own(tmp_path / "mine")

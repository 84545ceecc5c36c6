"""Faults in the middle of a photo: nothing partial, nothing left, and a code that says what it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import fawkes_host
from fawkes_host.engine.progress import STAGES

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and mounts are POSIX")

ROOT = Path(__file__).parents[2]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"a photo, as far as this engine can tell")
    return path


def heed_signals() -> None:
    """Tests that run in the background may have inherited that these are ignored."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def run(stage: str, fault: str, *arguments: str | Path, **environment: str):
    return subprocess.run(
        [sys.executable, "-m", "tests.cli.faulty_command", stage, fault, *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **environment}, cwd=ROOT,
        preexec_fn=heed_signals,
    )  # fmt: skip


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize(
    ("stage", "signal_name", "named"),
    [
        *zip(STAGES, ("SIGTERM", "SIGINT", "SIGHUP") * 2, ("",) * 6, strict=True),
        *[("write", name, named) for name in ("SIGINT", "SIGTERM") for named in ("", "yes")],
    ],
)
def test_a_signal_at_any_stage_leaves_nothing_behind(stage, signal_name, named, photo, tmp_path):
    out = tmp_path / "made" / "deep" / "out.jpg"
    done = run(stage, signal_name, "cloak", photo, "-o", out, FAULTY_NAMED=named)
    assert done.returncode == 130, done.stderr
    assert "Interrupted" in done.stderr
    assert tree(tmp_path) == ["photo.jpg"]


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="only Linux has files without a name")
@pytest.mark.parametrize("stage", ["encode", "write"])
def test_not_even_a_kill_leaves_half_a_file(stage, photo, tmp_path):
    before = photo.read_bytes()
    done = run(stage, "SIGKILL", "cloak", photo)
    assert done.returncode == -9
    assert tree(tmp_path) == ["photo.jpg"]
    assert photo.read_bytes() == before
    assert run("none", "SIGINT", "cloak", photo).returncode == 0
    assert tree(tmp_path) == ["photo.jpg", "photo_cloaked.jpg"]


def test_a_temporary_file_that_is_deleted_is_a_coded_error(photo, tmp_path):
    done = run("write", "unlink", "cloak", "--json", photo,
               FAULTY_NAMED="yes", FAULTY_FOLDER=str(tmp_path))  # fmt: skip
    (result,) = json.loads(done.stdout)["results"]
    assert (done.returncode, result["error"]["code"]) == (4, "unwritable_output")
    assert tree(tmp_path) == ["photo.jpg"]


@pytest.fixture
def mount(tmp_path):
    """Mount a small file system of its own, where that may be done."""
    mounted = []

    def call(name: str, options: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("no file system may be mounted here")
        mounted.append(folder)
        return folder

    yield call
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("named", ["", "yes"], ids=["nameless", "named"])
def test_a_disk_that_fills_up_is_a_coded_error_and_the_next_photo_is_fine(
    named, photo, tmp_path, mount
):
    disk = mount("disk", "size=48k")
    small = tmp_path / "small.jpg"
    small.write_bytes(b"x")
    done = run("none", "SIGINT", "cloak", "--json", "-o", f"{disk}/", photo, small,
               FAULTY_NAMED=named)  # fmt: skip
    first, second = json.loads(done.stdout)["results"]
    assert done.returncode == 3
    assert first["error"]["code"] == "disk_full"
    assert second["status"] == "no_face"
    assert tree(disk) == ["small.jpg"]


def test_a_folder_that_may_not_be_written_is_a_coded_error(photo, mount):
    folder = mount("folder", "ro,size=64k")
    for out in (folder / "out.jpg", folder / "new" / "out.jpg"):
        done = run("none", "SIGINT", "cloak", "--json", "-o", out, photo)
        (result,) = json.loads(done.stdout)["results"]
        assert (done.returncode, result["error"]["code"]) == (4, "unwritable_output")
    assert tree(folder) == []


def test_an_output_that_appears_meanwhile_is_not_replaced(photo, tmp_path):
    """Between the first look and the writing somebody else may have been there."""
    out = tmp_path / "out.jpg"
    code = (
        "import sys; from tests.cli import faulty_command as f\n"
        "f.backends.start_engine = lambda device: f.FaultyEngine('encode', '')\n"
        "photo, out = sys.argv[1:3]\n"
        "sys.argv[1:] = ['cloak', '--json', photo, '-o', out]\n"
        "f.inflict = lambda _: open(out, 'w').write('mine')\n"
        "f.main.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(photo), str(out)], cwd=ROOT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    (result,) = json.loads(done.stdout)["results"]
    assert result["error"]["code"] == "output_exists"
    assert out.read_text() == "mine"
    assert tree(tmp_path) == ["out.jpg", "photo.jpg"]


def test_no_clock_that_can_jump_decides_anything():
    """Times of day are for the log alone; deadlines and patience run on a clock that only goes on."""
    root = Path(fawkes_host.__file__).parent
    for path in root.rglob("*.py"):
        code = path.read_text("utf-8")
        assert "time.time()" not in code, path
        assert "datetime.now" not in code, path
        assert "utcnow" not in code, path

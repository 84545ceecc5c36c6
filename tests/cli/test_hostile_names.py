"""Names that lead elsewhere than they seem to: pipes, devices, originals, terminals."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from fawkes_host.cli import main
from fawkes_host.cli.cloak import backends
from fawkes_host.cli.output import Originals, write_output
from fawkes_host.protocol.errors import UnwritableOutput
from fawkes_host.system import files

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Unix has these files")


class Engine:
    """Cloaks whatever it gets."""

    def cloak(self, data: bytes, *_: object, **_more: object) -> SimpleNamespace:
        receipt = SimpleNamespace(faces=[], notices=[])
        return SimpleNamespace(data=b"cloaked " + data, status="cloaked", receipt=receipt)

    def enrol(self, data: bytes) -> None:
        """Know nobody."""


@pytest.fixture
def run(monkeypatch, capfdbinary):
    def call(*arguments: str | Path) -> tuple[int, bytes, str]:
        monkeypatch.setattr(backends, "start_engine", lambda device: Engine())
        monkeypatch.setattr(sys, "argv", ["fawkes-host", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
        with pytest.raises(SystemExit) as stop:
            main.main()
        out, err = capfdbinary.readouterr()
        return int(stop.value.code or 0), out, err.decode()

    return call


@pytest.mark.parametrize("kind", ["pipe", "device", "link to a pipe", "socket"])
def test_what_is_no_file_is_not_opened(run, tmp_path, kind):
    path = tmp_path / "photo.jpg"
    if kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "socket":
        import socket

        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
    else:
        pipe = tmp_path / ("pipe" if kind == "link to a pipe" else "photo.jpg")
        os.mkfifo(pipe)
        if pipe != path:
            path.symlink_to(pipe)
    for command in (["cloak", "--json", path], ["cloak", "--json", path, path.with_name("b.jpg")]):
        status, out, _ = run(*command)
        assert status == 4
        assert json.loads(out)["results"][0]["error"]["code"] == "unreadable_input"


def test_file_without_end_is_read_no_further_than_a_photo_may_go(run, tmp_path):
    with (tmp_path / "huge.jpg").open("wb") as huge:
        huge.truncate(1 << 40)
    status, out, _ = run("cloak", "--json", tmp_path / "huge.jpg")
    assert status == 4
    (result,) = json.loads(out)["results"]
    assert result["error"]["code"] == "too_many_bytes"


def test_original_is_not_replaced_by_another_of_its_names(run, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "in" / name).write_bytes(name.encode())
    # What a folder that is mounted twice, or a file system without case, would show.
    os.link(tmp_path / "in" / "a.jpg", tmp_path / "out" / "b.jpg")
    status, out, _ = run("cloak", "--json", "--overwrite", "-o", tmp_path / "out", tmp_path / "in")
    assert status == 3
    first, second = json.loads(out)["results"]
    assert first["status"] == "cloaked"
    assert second["error"]["code"] == "unwritable_output"
    assert "original" in second["error"]["message"]
    assert (tmp_path / "out" / "b.jpg").read_bytes() == b"a.jpg"


def test_original_that_comes_there_at_the_last_moment_is_not_replaced_either(tmp_path, monkeypatch):
    original, output = tmp_path / "a.jpg", tmp_path / "b.jpg"
    original.write_bytes(b"original")
    keep = Originals([original])
    keep.refuse(output)
    fill = files._fill

    def meanwhile(*arguments):
        fill(*arguments)
        os.link(original, output)

    monkeypatch.setattr(files, "_fill", meanwhile)
    with pytest.raises(UnwritableOutput):
        write_output(output, b"cloaked", True, original, keep)
    assert output.read_bytes() == b"original"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o666])
def test_result_is_open_to_nobody_to_whom_its_original_is_not(run, tmp_path, mode):
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"photo")
    photo.chmod(mode)
    before = os.umask(0)
    try:
        assert run("cloak", photo)[0] == 0
    finally:
        os.umask(before)
    found = stat.S_IMODE((tmp_path / "a_cloaked.jpg").stat().st_mode)
    assert found == 0o600 | mode & 0o066


def test_names_are_no_commands_to_a_terminal(run, tmp_path):
    name = "a\x1b[2J\rgone\x9b.jpg"
    _, _, err = run("cloak", tmp_path / name)
    assert "\\x1b[2J" in err
    _, _, told = run("cloak", "-o", tmp_path / name, tmp_path / name)
    _, _, usage = run(f"cl\x1b[2Joak{name}")
    for text in (err, told, usage):
        assert not {"\x1b", "\r", "\x9b"} & set(text)


def test_compare_decodes_in_the_codec_process(tmp_path):
    script = (
        "import sys; from fawkes_host.photo import decode;"
        "decode.decode = None; sys.argv = ['fawkes-host', 'compare', *sys.argv[1:]];"
        "from fawkes_host.cli.main import main; main()"
    )
    from PIL import Image

    for name in ("a.png", "b.png"):
        Image.new("RGB", (20, 10)).save(tmp_path / name)
    paths = [str(tmp_path / name) for name in ("a.png", "b.png")]
    done = subprocess.run(
        [sys.executable, "-c", script, *paths, "-o", str(tmp_path / "both.png")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "both.png") as both:
        assert both.size == (48, 10)

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fawkes_host.cli import main
from fawkes_host.cli.cloak import backends, command
from fawkes_host.cli.cloak.backends import Cloaked
from fawkes_host.engine.pipeline import Engine
from fawkes_host.evaluation.portrait import draw_portrait
from fawkes_host.photo.sandbox import client as sandbox
from fawkes_host.protocol.errors import DamagedImage
from tests.engine.toy import toy_engine


@pytest.fixture(scope="module")
def engine():
    return toy_engine()


@pytest.fixture
def run(engine, monkeypatch, capfdbinary):
    """Run ``fawkes-host`` in this process, with an engine that is warm already."""

    def call(
        *arguments: str | Path, stdin: bytes = b"", engine: Engine = engine
    ) -> tuple[int, bytes, str]:
        monkeypatch.setattr(backends, "start_engine", lambda device: engine)
        monkeypatch.setattr(sys, "argv", ["fawkes-host", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as stop:
            main.main()
        out, err = capfdbinary.readouterr()
        return int(stop.value.code or 0), out, err.decode()

    return call


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "portrait.png"
    path.parent.mkdir()
    Image.fromarray(draw_portrait(200)).save(path)
    return path


def tree(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def report_of(out: bytes) -> list[dict]:
    report = json.loads(out)
    assert report["schema"] == 1
    return report["results"]


@pytest.mark.slow
def test_result_lies_beside_the_original_which_is_not_touched(run, portrait):
    before = portrait.read_bytes()
    status, out, err = run("cloak", portrait)
    assert (status, out, err) == (0, b"", "")
    assert tree(portrait.parent) == ["portrait.png", "portrait_cloaked.png"]
    assert portrait.read_bytes() == before
    assert (portrait.parent / "portrait_cloaked.png").read_bytes() != before


@pytest.mark.slow
def test_json_report_has_the_documented_fields(run, portrait):
    status, out, _ = run("cloak", "--json", "--level", "low", portrait)
    (result,) = report_of(out)
    assert status == 0
    assert result["input"] == str(portrait)
    assert result["output"] == str(portrait.parent / "portrait_cloaked.png")
    assert (result["status"], result["error"]) == ("cloaked", None)
    (face,) = result["faces"]
    assert result["notices"] == []
    assert {"box", "ssimulacra2", "dssim", "psnr", "linf", "seconds", "similarity"} <= set(face)
    assert len(face["box"]) == 4
    assert set(face["similarity"]) == {"one", "other"}


def test_folder_keeps_names_and_structure(run, portrait, tmp_path):
    (portrait.parent / "deep" / "er").mkdir(parents=True)
    blank = Image.new("RGB", (80, 60), (1, 2, 3))
    blank.save(portrait.parent / "deep" / "er" / "Blank.JPG")
    (portrait.parent / "notes.txt").write_text("no photo")
    out = tmp_path / "out"
    status, _, _ = run("cloak", "--recursive", "-o", out, portrait.parent)
    assert status == 0
    assert tree(out) == ["deep/er/Blank.JPG", "portrait.png"]
    same = (out / "deep/er/Blank.JPG").read_bytes()
    assert same == (portrait.parent / "deep/er/Blank.JPG").read_bytes()


def test_folder_is_not_searched_deeper_unless_told(run, portrait, tmp_path):
    (portrait.parent / "deep").mkdir()
    Image.new("RGB", (80, 60)).save(portrait.parent / "deep" / "other.png")
    run("cloak", "-o", tmp_path / "out", portrait.parent)
    assert tree(tmp_path / "out") == ["portrait.png"]


@pytest.mark.slow
def test_second_run_over_a_folder_leaves_earlier_results_alone(run, portrait):
    run("cloak", portrait.parent)
    status, out, _ = run("cloak", "--json", portrait.parent)
    (result,) = report_of(out)
    assert status == 4
    assert result["error"]["code"] == "output_exists"
    assert tree(portrait.parent) == ["portrait.png", "portrait_cloaked.png"]
    assert run("cloak", "--overwrite", portrait.parent)[0] == 0


def test_pipe_takes_and_gives_bytes(run, portrait):
    status, out, _ = run("cloak", "-", stdin=portrait.read_bytes())
    assert status == 0
    assert Image.open(io.BytesIO(out)).size == (200, 200)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_input"),
        (b"This is text.\n" * 50, "not_an_image"),
        (None, "unreadable_input"),
        ("truncated", "damaged_image"),
        ("huge header", "too_many_pixels"),
    ],
)
def test_bad_input_is_a_coded_error_and_leaves_nothing(run, portrait, tmp_path, content, code):
    bad = tmp_path / "bad.jpg"
    if content == "truncated":
        file = io.BytesIO()
        Image.open(portrait).save(file, "JPEG")
        bad.write_bytes(file.getvalue()[: len(file.getvalue()) // 2])
    elif content == "huge header":
        file = io.BytesIO()
        Image.new("RGB", (8, 8)).save(file, "PNG")
        header = file.getvalue()
        # IHDR's width and height, with a checksum that fits.
        import zlib

        chunk = b"IHDR" + (30000).to_bytes(4, "big") * 2 + header[24:29]
        bad.write_bytes(header[:12] + chunk + zlib.crc32(chunk).to_bytes(4, "big") + header[33:])
    elif content is not None:
        bad.write_bytes(content)
    out = tmp_path / "out"
    status, printed, err = run("cloak", "--json", "-o", f"{out}/", bad)
    (result,) = report_of(printed)
    assert status == 4
    assert (result["status"], result["output"], result["error"]["code"]) == ("failed", None, code)
    assert result["error"]["message"] in err.replace("\n", " ")
    assert not out.exists()


def test_one_bad_photo_does_not_stop_the_others(run, portrait, tmp_path):
    (portrait.parent / "a_bad.jpg").write_bytes(b"")
    status, out, _ = run("cloak", "--json", "-o", tmp_path / "out", portrait.parent)
    assert status == 3
    assert [r["status"] for r in report_of(out)] == ["failed", "cloaked"]
    assert tree(tmp_path / "out") == ["portrait.png"]


def test_folder_that_cannot_be_made_is_a_coded_error(run, portrait, tmp_path):
    (tmp_path / "file").write_text("in the way")
    status, out, _ = run("cloak", "--json", "-o", tmp_path / "file" / "out.png", portrait)
    assert (status, report_of(out)[0]["error"]["code"]) == (4, "unwritable_output")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="file size limits are POSIX")
def test_disk_that_fills_up_is_a_coded_error_and_leaves_nothing(portrait, tmp_path):
    """The limit on a file's size fails a write in the middle, as a full disk does."""
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
        "from pathlib import Path;"
        "from fawkes_host.cli.output import write_output;"
        "from fawkes_host.protocol.errors import DiskFull\n"
        "try: write_output(Path(sys.argv[1]), bytes(100_000), False)\n"
        "except DiskFull: print('disk_full')"
    )
    target = tmp_path / "made" / "deep" / "out.png"
    done = subprocess.run(
        [sys.executable, "-c", code, str(target)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "disk_full"
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--level", "extreme", "in/portrait.png"],
        ["-o", "in/portrait.png", "--overwrite", "in/portrait.png"],
        ["-o", "in", "--overwrite", "in"],
        ["-", "in/portrait.png"],
        ["--json", "-"],
        ["-o", "-", "in/portrait.png"],
        ["empty"],
    ],
)
def test_wrong_usage_is_told_before_anything_is_done(
    run, portrait, tmp_path, monkeypatch, arguments
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    before = tree(tmp_path)
    status, out, err = run("cloak", *arguments)
    assert (status, out) == (2, b"")
    assert err.startswith("Usage")
    assert tree(tmp_path) == before


def test_two_inputs_never_share_one_output(run, portrait, tmp_path):
    other = tmp_path / "other" / "portrait.png"
    other.parent.mkdir()
    other.write_bytes(portrait.read_bytes())
    status, _, err = run("cloak", "-o", tmp_path / "out", portrait, other)
    assert status == 2
    assert "both" in err


def test_surprise_in_one_photo_is_an_internal_error_of_that_photo(
    run, portrait, engine, monkeypatch
):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(engine, "cloak", fail)
    status, out, _ = run("cloak", "--json", portrait)
    assert status == 4
    assert report_of(out)[0]["error"]["code"] == "internal"


def test_interruption_ends_with_130_and_leaves_nothing(run, portrait, engine, monkeypatch):
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "cloak", interrupt)
    assert run("cloak", portrait)[0] == 130
    assert tree(portrait.parent) == ["portrait.png"]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["cloak", "--help"], ["models"]])
def test_help_and_lists_never_import_tensorflow(arguments):
    code = (
        "import sys; from fawkes_host.cli.main import main\n"
        "try: main()\n"
        "finally: assert not {'tensorflow', 'mtcnn'} & set(sys.modules), 'TensorFlow'"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_models_are_listed_with_licence_checksum_and_place(run):
    status, out, _ = run("models", "--json")
    rows = json.loads(out)["models"]
    assert status == 0
    surrogates, for_decoys = (
        ["dlib_resnet", "mobilefacenet", "faceres"],
        ["faceplugin", "mobileface"],
    )
    assert [row["name"] for row in rows] == surrogates + for_decoys
    for row in rows:
        assert len(row["sha256"]) == 64
        assert row["licence"]
        assert Path(row["path"]).is_file()


def test_pixels_without_a_face_are_not_touched_on_disk_either(run, tmp_path):
    photo = tmp_path / "blank.webp"
    Image.fromarray(np.full((60, 60, 3), 7, np.uint8)).save(photo, lossless=True)
    status, out, _ = run("cloak", "--json", photo)
    assert (status, report_of(out)[0]["status"]) == (0, "no_face")
    assert (tmp_path / "blank_cloaked.webp").read_bytes() == photo.read_bytes()


def test_every_notice_of_the_engine_has_a_sentence():
    from fawkes_host.cli.cloak.notices import SENTENCES

    host = Path(main.__file__).parents[1]
    code = "\n".join(path.read_text("utf-8") for path in host.rglob("*.py"))
    noted = set(re.findall(r"(?:note\(|NOTICE =)\s*\"([a-z_]+)\"", code))
    assert noted
    assert noted <= set(SENTENCES)


def test_what_a_photo_lost_is_reported(run, tmp_path):
    from PIL import Image

    file = tmp_path / "palette.png"
    Image.fromarray(draw_portrait(200)).quantize(32).save(file)
    status, out, _ = run("cloak", "--json", file)
    assert status == 0
    assert report_of(out)[0]["notices"] == ["colours_expanded"]


def test_a_still_gif_becomes_a_png_of_its_name(run, tmp_path):
    file = tmp_path / "still.gif"
    Image.fromarray(draw_portrait(200)).quantize(64).save(file)
    status, out, _ = run("cloak", "--json", file)
    assert status == 0
    (result,) = report_of(out)
    assert result["output"] == str(tmp_path / "still_cloaked.png")
    assert result["notices"] == ["converted_to_png"]
    with Image.open(result["output"]) as shown:
        assert shown.format == "PNG"
    assert run("cloak", "--json", file)[0] == 4
    assert not (tmp_path / "still_cloaked.gif").exists()


def test_an_animation_is_passed_on_and_told_to_whoever_watches(run, tmp_path):
    frames = [Image.fromarray(draw_portrait(64, seed)) for seed in range(3)]
    file = tmp_path / "wave.gif"
    frames[0].save(file, save_all=True, append_images=frames[1:])
    status, _, told = run("cloak", file)
    assert status == 0
    assert "an animation, passed on uncloaked" in told
    assert (tmp_path / "wave_cloaked.gif").read_bytes() == file.read_bytes()
    _, out, _ = run("cloak", "--json", "--overwrite", file)
    (result,) = report_of(out)
    assert (result["status"], result["notices"]) == ("no_face", ["animation_untouched"])


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="signals are POSIX")
@pytest.mark.slow
def test_a_decoder_that_crashes_is_a_coded_error_of_its_photo_alone(
    run, portrait, tmp_path, monkeypatch
):
    # A crash while photos are looked at costs none of them anything.
    monkeypatch.setattr(command, "_enrol", lambda *_: None)
    (portrait.parent / "a_first.png").write_bytes(portrait.read_bytes())
    sandbox.start()
    pid = sandbox.pid()
    os.kill(pid, signal.SIGSTOP)  # so that it dies over the first photo, whenever that comes

    def crash() -> None:
        os.kill(pid, signal.SIGSEGV)
        os.kill(pid, signal.SIGCONT)

    threading.Timer(0.5, crash).start()
    status, out, _ = run("cloak", "--json", "-o", tmp_path / "out", portrait.parent)
    first, second = report_of(out)
    assert status == 3
    assert first["error"]["code"] == "damaged_image"
    assert "SIGSEGV" in first["error"]["message"]
    assert second["status"] == "cloaked"
    assert tree(tmp_path / "out") == ["portrait.png"]


def test_photos_of_a_run_are_enrolled_before_the_first_is_cloaked(run, tmp_path, monkeypatch):
    called = []

    class Recorder:
        enrolled_at_once = 2

        def __init__(self, *_) -> None:
            pass

        def enrol(self, data: bytes, wanted: bool, following: int) -> None:
            called.append(("enrol", data, wanted, following))
            raise DamagedImage(detail="told when its turn comes")

        def cloak(self, data: bytes) -> Cloaked:
            called.append(("cloak", data))
            return Cloaked(data, "no_face", [], [])

    monkeypatch.setattr(command, "EngineCloaking", Recorder)
    for name in "abc":
        (tmp_path / f"{name}.jpg").write_bytes(name.encode())
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "b.jpg").write_bytes(b"it is there")
    assert run("cloak", tmp_path, "-o", tmp_path / "out")[0] == 3
    assert called == [
        ("enrol", b"a", True, 1),
        ("enrol", b"b", False, 0),
        ("cloak", b"a"),
        ("enrol", b"c", True, 0),
        ("cloak", b"c"),
    ]

    called.clear()
    assert run("cloak", tmp_path / "a.jpg", "-o", tmp_path / "alone.jpg")[0] == 0
    assert called == [("cloak", b"a")]


def test_photos_of_one_person_in_a_folder_know_each_other(run, two_of_a_person, tmp_path):
    to = tmp_path / "out"
    arguments = ("cloak", "--json", "--level", "low", "-o", to, two_of_a_person)
    status, out, _ = run(*arguments, engine=toy_engine())
    assert status == 0
    seen = [[face["other_photos"] for face in result["faces"]] for result in report_of(out)]
    assert seen == [[1], [1], []]

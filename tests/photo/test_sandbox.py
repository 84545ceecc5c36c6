"""The codec process: what it says is what the codecs say, and its end is the end of one photo."""

from __future__ import annotations

import ast
import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import fawkes_host
from fawkes_host.photo import decode as in_process
from fawkes_host.photo.animation import pass_through
from fawkes_host.photo.decode import Limits
from fawkes_host.photo.encode import encode_with_notices
from fawkes_host.photo.metadata import Policy
from fawkes_host.photo.sandbox.client import CodecProcess
from fawkes_host.protocol.errors import (
    AnimatedImage,
    DamagedImage,
    NotAnImage,
    OutOfMemory,
    TooManyPixels,
)
from fawkes_host.system.memory import resident_bytes


@pytest.fixture(scope="module")
def codecs():
    made = CodecProcess()
    yield made
    made.close()


@pytest.mark.parametrize("name", ["JPEG", "PNG", "HEIF"])
def test_it_decodes_and_encodes_as_this_process_would(codecs, name, placed, cloak):
    data = placed[name]
    photo, expected = codecs.decode(data), in_process.decode(data)
    assert (photo.format, photo.orientation, photo.source) == (name, expected.orientation, data)
    assert np.array_equal(photo.pixels, expected.pixels)
    with pytest.raises(ValueError, match="read-only"):
        photo.pixels[0, 0] = 0
    for policy in Policy:
        for pixels in (photo.pixels, cloak(photo.pixels)[0]):
            wanted = encode_with_notices(expected, pixels, policy)
            assert codecs.encode_with_notices(photo, pixels, policy) == wanted


def test_errors_come_through_with_their_parameters(codecs, placed):
    with pytest.raises(NotAnImage):
        codecs.decode(b"text")
    with pytest.raises(TooManyPixels) as refusal:
        codecs.decode(placed["PNG"], Limits(max_pixels=100))
    assert refusal.value.parameters["limit"] == 100
    photo = codecs.decode(placed["PNG"])
    with pytest.raises(ValueError, match="expected uint8"):
        codecs.encode_with_notices(photo, photo.pixels[1:], Policy.KEEP)


def test_animations_are_passed_through(codecs, scene, save):
    data = save(scene, "GIF", save_all=True, append_images=[scene.rotate(5)])
    with pytest.raises(AnimatedImage) as refusal:
        codecs.decode(data)
    result = codecs.pass_through(data, Policy.STRIP, refusal.value)
    assert result == pass_through(data, Policy.STRIP, refusal.value)


def test_an_earlier_photo_can_be_encoded_after_a_later_one(codecs, placed, cloak):
    first, second = codecs.decode(placed["PNG"]), codecs.decode(placed["JPEG"])
    pixels = cloak(first.pixels)[0]
    encoded = codecs.encode_with_notices(first, pixels, Policy.KEEP)
    assert np.array_equal(codecs.decode(encoded.data).pixels, pixels)
    assert codecs.encode_with_notices(second, second.pixels, Policy.KEEP).data == placed["JPEG"]


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGKILL"])
def test_a_decoder_that_dies_ends_its_photo_alone(codecs, name, placed, cloak):
    photo = codecs.decode(placed["PNG"])
    before = codecs.pid()
    # Stopped, it takes no request; so it dies over the one that waits for it.
    os.kill(before, signal.SIGSTOP)

    def end() -> None:
        os.kill(before, signal.Signals[name])
        with contextlib.suppress(ProcessLookupError):
            os.kill(before, signal.SIGCONT)

    threading.Timer(0.3, end).start()
    with pytest.raises(OutOfMemory if name == "SIGKILL" else DamagedImage) as refusal:
        codecs.decode(placed["JPEG"])
    assert name == "SIGKILL" or name in str(refusal.value)
    assert not alive(before)
    # The photo that the dead process held is encoded all the same, by another one.
    pixels = cloak(photo.pixels)[0]
    encoded = codecs.encode_with_notices(photo, pixels, Policy.KEEP)
    assert np.array_equal(codecs.decode(encoded.data).pixels, pixels)
    assert codecs.pid() not in (0, before)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_a_decoder_that_hangs_is_ended(placed):
    codecs = CodecProcess(decode_s=0.5)
    try:
        codecs.start()
        hung = codecs.pid()
        os.kill(hung, signal.SIGSTOP)
        with pytest.raises(DamagedImage, match=r"0\.5 seconds"):
            codecs.decode(placed["JPEG"])
        assert not alive(hung)
    finally:
        codecs.close()


LIMITED_BY = ["the system", "the watch alone"] if sys.platform == "linux" else ["the watch alone"]


@pytest.mark.parametrize("refuses", LIMITED_BY)
def test_a_decoder_that_wants_too_much_memory_gets_none(refuses, placed, save, monkeypatch):
    if refuses == "the watch alone":
        # As on Windows and macOS, which refuse a process nothing: the worker knows no limit.
        popen = subprocess.Popen

        def start(command, **options):
            return popen([*command[:4], str(1 << 62), *command[5:]], **options)

        monkeypatch.setattr(subprocess, "Popen", start)
    # One counts what is reserved and written to, the other what is held.
    codecs = CodecProcess(memory_bytes=(400 if refuses == "the system" else 200) << 20)
    try:
        large = save(Image.new("1", (9_000, 9_000)), "PNG")
        with pytest.raises(OutOfMemory):
            codecs.decode(large)
        assert codecs.decode(placed["PNG"]).format == "PNG"
    finally:
        codecs.close()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_can_write_no_file_and_leaves_with_its_engine(placed):
    codecs = CodecProcess()
    codecs.decode(placed["PNG"])
    pid = codecs.pid()
    limits = Path(f"/proc/{pid}/limits").read_text()
    values = {line[:26].strip(): line[26:].split()[0] for line in limits.splitlines()[1:]}
    assert values["Max file size"] == "0"
    assert values["Max core file size"] in ("0", "1")
    assert values["Max data size"] == str(6 << 30)
    codecs.close()
    assert not alive(pid)
    assert codecs.pid() == 0


def test_process_that_has_seen_photos_is_not_there_for_those_of_another_time(placed):
    codecs = CodecProcess(rest_s=0.01)
    try:
        photo = codecs.decode(placed["PNG"])
        before = codecs.pid()
        codecs.renew()
        codecs.encode_with_notices(photo, photo.pixels, Policy.KEEP)
        assert codecs.pid() == before, "a photo is held"
        del photo
        give_up = time.monotonic() + 30
        while codecs.pid() in (0, before):
            assert time.monotonic() < give_up
            time.sleep(0.01)
        after = codecs.pid()
        codecs.renew()
        assert codecs.pid() == after, "it has seen none"
        codecs.decode(placed["JPEG"])
    finally:
        codecs.close()
    assert codecs.pid() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_knows_none_of_its_users_variables(placed, monkeypatch):
    monkeypatch.setenv("SOME_SECRET", "of another program")
    codecs = CodecProcess()
    try:
        codecs.decode(placed["PNG"])
        lines = Path(f"/proc/{codecs.pid()}/environ").read_bytes().decode().split("\0")
    finally:
        codecs.close()
    names = {line.partition("=")[0] for line in lines if line}
    assert names <= {"MALLOC_ARENA_MAX", "HOME", "PYTHONPATH", "LD_LIBRARY_PATH", "PYTHONHOME"}


OPEN_TO_ALL = {
    "decode": {"Limits", "Photo"},
    "encode": {"Encoded"},
    "metadata": {"Policy"},
    "containers": {"sniff"},
    "media_types": {"PHOTO_SUFFIXES", "replaced_by_jpeg"},
    "sandbox": {"client"},
    "sandbox.client": {"CodecProcess", "decode", "encode_with_notices"},
}
"""What the rest of the program may know of ``fawkes_host.photo``: types, names, a file's first
bytes, and the codec process."""


def test_nobody_else_reads_strangers_files():
    program = Path(fawkes_host.__file__).parent
    above = [path for path in program.rglob("*.py") if program / "photo" not in path.parents]
    assert len(above) > 100
    for path in above:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                module = node.module or ""
                names = {alias.name for alias in node.names}
                assert module != "fawkes_host" or "photo" not in names, path
                if module.startswith("fawkes_host.photo"):
                    part = module.removeprefix("fawkes_host.photo").lstrip(".")
                    assert names <= OPEN_TO_ALL.get(part, set()), path
            elif isinstance(node, ast.Import):
                assert not any("fawkes_host.photo" in alias.name for alias in node.names), path
            elif isinstance(node, ast.Attribute) and node.attr == "open":
                # Pillow opens what this program has encoded itself.
                opens = isinstance(node.value, ast.Name) and node.value.id == "Image"
                assert not opens or path.name == "transforms.py", path


@pytest.mark.slow
def test_it_gives_back_the_memory_of_a_photo_that_nobody_holds(save):
    codecs = CodecProcess()
    try:
        photo = codecs.decode(save(Image.new("RGB", (6_000, 6_000)), "PNG"))
        assert resident_bytes(codecs.pid()) > 100 << 20
        assert photo.width == 6_000
        del photo
        gc.collect()
        give_up = time.monotonic() + 60
        while resident_bytes(codecs.pid()) > 110 << 20:
            assert time.monotonic() < give_up
            time.sleep(0.05)
    finally:
        codecs.close()

"""A decoder that a hostile photo has taken over gets at nothing of its user's."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fawkes_host.photo.animation import pass_through
from fawkes_host.photo.decode import decode
from fawkes_host.photo.encode import encode_with_notices
from fawkes_host.photo.metadata import Policy
from fawkes_host.photo.sandbox import landlock, probe, seccomp
from fawkes_host.photo.sandbox.client import CodecProcess
from fawkes_host.protocol.errors import AnimatedImage
from tests.photo.corpus.fidelity import cloaked
from tests.photo.corpus.specimens import animations, cases, write_all
from tests.support.lacking import CREATE_RULESET, lack

pytestmark = pytest.mark.skipif(
    seccomp.this_architecture() is None, reason="there is no sandbox on this system"
)

OF_OTHER_PROCESSES = {"open other processes' memory", "read other processes' memory"}
"""What some systems keep from a user's programs in any case."""


@pytest.fixture(scope="module")
def codecs():
    made = CodecProcess()
    yield made
    made.close()


def test_decoder_that_was_taken_over_gets_at_nothing(codecs, placed):
    codecs.decode(placed["JPEG"])
    probed = codecs.probe()
    assert probed.possible == ()
    assert probed.seccomp
    assert probed.landlock == landlock.version()
    assert codecs.decode(placed["JPEG"]).format == "JPEG"


def test_what_is_tried_is_possible_without_a_sandbox(tmp_path):
    probe.prepare(tmp_path)
    script = (
        "import json, sys; from pathlib import Path; from fawkes_host.photo.sandbox import probe;"
        "print(json.dumps(probe.what_is_possible(Path(sys.argv[1]))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True
    )
    possible = set(json.loads(done.stdout))
    assert possible | OF_OTHER_PROCESSES == set(probe.DEEDS)


def test_all_threads_are_confined_those_of_libraries_too(placed):
    codecs = CodecProcess()
    try:
        codecs.decode(placed["HEIF"])
        tasks = Path(f"/proc/{codecs.pid()}/task").iterdir()
        told = [(task / "status").read_text() for task in tasks]
    finally:
        codecs.close()
    if (os.cpu_count() or 1) > 1:
        assert len(told) > 1  # NumPy's library has started some before the filter came.
    for status in told:
        assert re.search(r"^NoNewPrivs:\s1$", status, re.M)
        assert re.search(r"^Seccomp:\s2$", status, re.M)


@pytest.mark.skipif(landlock.version() < 6, reason="Landlock is too old or switched off")
@pytest.mark.parametrize("lacks", ["Landlock", "seccomp", "both"])
def test_system_without_one_layer_goes_on_with_the_other(lacks, placed, monkeypatch):
    calls = {"Landlock": CREATE_RULESET, "seccomp": seccomp.this_architecture().seccomp}
    lack(monkeypatch, *(call for name, call in calls.items() if lacks in (name, "both")))
    codecs = CodecProcess()
    try:
        photo = codecs.decode(placed["PNG"])
        assert codecs.encode_with_notices(photo, photo.pixels, Policy.KEEP).data == placed["PNG"]
        probed = codecs.probe()
    finally:
        codecs.close()
    assert probed.seccomp == (lacks == "Landlock")
    assert (probed.landlock > 0) == (lacks == "seccomp")
    if lacks == "Landlock":
        assert probed.possible == ()
    elif lacks == "seccomp":
        # There, files are out of reach; their names are not, and neither is the network.
        assert set(probed.possible) == {"look at folders", "start processes", "use the network"}
    else:
        assert set(probed.possible) | OF_OTHER_PROCESSES == set(probe.DEEDS)


@pytest.mark.parametrize("specimen", cases())
def test_every_kind_of_photo_comes_out_byte_for_byte_as_without(codecs, specimen):
    data = specimen.data()
    photo, expected = codecs.decode(data), decode(data)
    assert photo.pixels.tobytes() == expected.pixels.tobytes()
    pixels, _ = cloaked(expected.pixels)
    wanted = encode_with_notices(expected, pixels, Policy.STRIP_LOCATION)
    assert codecs.encode_with_notices(photo, pixels, Policy.STRIP_LOCATION) == wanted


@pytest.mark.parametrize("name", animations())
def test_every_kind_of_animation_does_too(codecs, name):
    data = animations()[name]
    with pytest.raises(AnimatedImage) as refusal:
        codecs.decode(data)
    for policy in Policy:
        expected = pass_through(data, policy, refusal.value)
        assert codecs.pass_through(data, policy, refusal.value) == expected


IMPORTS = """
import sys
from fawkes_host.photo.sandbox import serving
from fawkes_host.photo import animation, convert, decode, encode, metadata
from fawkes_host.protocol.errors import AnimatedImage, FawkesError
import json, pathlib
policies = list(metadata.Policy)
before = set(sys.modules)
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    data = path.read_bytes()
    for cut in (data, data[: len(data) // 2], data[:64]):
        for policy in policies:
            try:
                photo = decode.decode(cut)
                pixels = photo.pixels.copy()
                pixels[: photo.height // 2] ^= 1
                encode.encode_with_notices(photo, pixels, policy)
                encode.encode_with_notices(photo, photo.pixels, policy)
                if photo.format in ("HEIF", "AVIF"):
                    convert.to_jpeg(photo, policy)
            except AnimatedImage as refusal:
                try:
                    animation.pass_through(cut, policy, refusal)
                except FawkesError:
                    pass
            except FawkesError:
                pass
print(json.dumps(sorted(set(sys.modules) - before)))
"""


@pytest.mark.slow
def test_nothing_is_imported_once_nothing_can_be_opened(tmp_path):
    write_all(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS, tmp_path], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_numbers_are_those_of_the_kernels_headers(machine):
    column = seccomp.ARCHITECTURES[machine].column
    header, prefix = {
        "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "__NR_"),
        "aarch64": ("/usr/include/asm-generic/unistd.h", "__NR(?:3264)?_"),
    }[machine]
    if not Path(header).is_file():
        pytest.skip(f"{header} is of linux-libc-dev")
    found = dict(re.findall(rf"#define {prefix}(\w+) (\d+)$", Path(header).read_text(), re.M))
    conditional = zip(
        ("clone", "prctl", "prlimit64", "tgkill"),
        (seccomp._CLONE, seccomp._PRCTL, seccomp._PRLIMIT, seccomp._TGKILL),
        strict=True,
    )
    for name, numbers in [*seccomp.CALLS.items(), *conditional]:
        told = found.get(name)
        assert numbers[column] == (None if told is None else int(told)), name
    assert int(found["seccomp"]) == seccomp.ARCHITECTURES[machine].seccomp
    assert int(found["landlock_create_ruleset"]) == CREATE_RULESET
    # Whatever came later has a later number on both, and comes as if the kernel had it not.
    assert int(found["pidfd_send_signal"]) == seccomp.FIRST_OF_ALL_ARCHITECTURES


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("os.kill(os.getpid(), 0)", errno.EPERM),
        ("libc.tgkill(os.getpid(), os.getpid(), 0)", 0),
        ("libc.tgkill(os.getppid(), os.getppid(), 0)", errno.EPERM),
        ("libc.syscall(435, None, 0)", errno.ENOSYS),
        ("libc.prctl(15, b'name', 0, 0, 0)", 0),
        ("libc.prctl(4, 1, 0, 0, 0)", errno.EPERM),
        ("resource.getrlimit(resource.RLIMIT_STACK)", 0),
        ("resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, 1 << 20))", errno.EPERM),
        ("threading.Thread(target=print).start()", 0),
        ("os.fork()", errno.EPERM),
        ("fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid())", errno.EPERM),
        ("os.dup(0)", errno.EPERM),
        ("os.memfd_create('name')", errno.EPERM),
    ],
)
def test_calls_are_judged_by_their_arguments(call, told):
    script = f"""
import ctypes, errno, fcntl, os, resource, threading
from fawkes_host.photo.sandbox import kernel, seccomp
libc = ctypes.CDLL(None, use_errno=True)
kernel.give_up_new_privileges()
seccomp.confine_codec()
told = 0
try:
    if {call} == -1:
        told = ctypes.get_errno()
except OSError as fault:
    told = fault.errno
except ValueError:  # resource's own word for it
    told = errno.EPERM
os.write(1, str(told).encode())
os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert int(done.stdout) == told

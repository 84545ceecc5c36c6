"""``fawkes-host doctor``: each thing that is broken is named, and mended where that can be."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import fawkes_host
from fawkes_host.doctor import host_checks
from fawkes_host.photo.sandbox import landlock, seccomp
from fawkes_install.checks import Check, Finding, State, examine, healthy, mend
from fawkes_models import registry, store
from tests.doctor.report import doctor
from tests.support.lacking import CREATE_RULESET, lack
from tests.support.person import Person, until

pytestmark = pytest.mark.usefixtures("two_browsers")


def test_all_is_well_after_an_install_and_one_line_tells_each(person: Person) -> None:
    person.run("install")
    before = person.files()
    done = person.run("doctor")
    assert done.returncode == 0, done.stdout
    for line in done.stdout.splitlines():
        # The kernel of this machine may lack what confines them, which is a test of its own.
        assert line.startswith("ok ") or line.split()[1] == "codecs:", done.stdout
    names = [line.split()[1] for line in done.stdout.splitlines()]
    assert names == [
        "python:",
        "packages:",
        "networks:",
        "codecs:",
        "program:",
        "chromium:",
        "firefox:",
        "handshake:",
        "folders:",
        "service:",
        "cache:",
        "disk:",
        "sandboxes:",
        "versions:",
    ]
    version = fawkes_host.__version__
    assert f"host {version}, extension {version}, protocol 1" in done.stdout
    assert person.files() == before


def test_doctor_does_not_import_tensorflow(person: Person) -> None:
    script = (
        "import sys; sys.argv = ['fawkes-host', 'doctor'];"
        "from fawkes_host.cli.main import main\n"
        "try: main()\nfinally: print(sorted({'tensorflow', 'keras', 'mtcnn'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=person.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_who_removed_the_extension_alone_is_told_how_to_remove_the_program(person: Person) -> None:
    person.run("install")
    told = "no browser has had a photo cloaked since"
    assert told not in person.run("doctor").stdout
    kept = person.home / ".config/fawkes-host/last-photo"
    kept.parent.mkdir()
    kept.touch(0o600)
    assert told not in person.run("doctor").stdout
    os.utime(kept, (1_700_000_000, 1_700_000_000))
    done = person.run("doctor")
    (line,) = [line for line in done.stdout.splitlines() if told in line]
    assert line.startswith("warning")
    assert "fawkes-host uninstall" in line
    assert person.run("uninstall").returncode == 0
    assert told not in person.run("doctor").stdout
    assert not kept.exists()


def test_settings_that_cannot_be_used_are_named(person: Person) -> None:
    person.run("install")
    settings = person.home / ".config/fawkes-host/settings.json"
    settings.parent.mkdir()
    settings.write_text('{"max_clients": 0}')
    found = doctor(person, "--fix")
    assert "max_clients" in found.broken()["service"]
    assert found.of("service")["advice"] == f"Correct or remove {settings}."
    assert settings.read_text() == '{"max_clients": 0}'


@pytest.mark.slow
def test_service_that_was_killed_is_named_and_its_address_removed(person: Person) -> None:
    person.run("install")
    os.kill(person.serve(), signal.SIGKILL)
    until(lambda: person.started.poll() is not None)
    assert "died" in doctor(person).broken()["service"]
    found = doctor(person, "--fix")
    assert found.status == 0, found.broken()
    assert "not running" in found.of("service")["told"]


@pytest.mark.slow
def test_service_from_before_an_update_is_named_and_ended(person: Person) -> None:
    person.run("install")
    person.serve(version="0.0.1")
    found = doctor(person, "--fix")
    assert found.status == 0, found.broken()
    (mended,) = found.mended
    version = fawkes_host.__version__
    assert mended["told"] == f"version 0.0.1 still runs, and {version} is installed"
    until(lambda: person.started.poll() is not None)


@pytest.mark.slow
def test_service_that_hangs_is_named_and_ended(person: Person) -> None:
    person.run("install")
    pid = person.serve()
    assert f"pid {pid}" in doctor(person).of("service")["told"]
    os.kill(pid, signal.SIGSTOP)
    found = doctor(person, "--fix")
    assert found.status == 0, found.broken()
    (mended,) = found.mended
    assert "does not answer" in mended["told"]
    until(lambda: person.started.poll() is not None)


def test_unsafe_folder_is_named(person: Person) -> None:
    person.run("install")
    cache = person.home / ".cache"
    (cache / "fawkes-host" / "photos").mkdir(parents=True)
    cache.chmod(0o777)
    assert "another user can replace" in doctor(person).broken()["cache"]
    cache.chmod(0o700)
    config = person.home / ".config"
    config.chmod(0o777)
    assert "another user can replace" in doctor(person).broken()["folders"]


def test_open_folder_of_ours_is_no_trouble_and_is_left_to_the_service(person: Person) -> None:
    person.run("install")
    photos = person.home / ".cache/fawkes-host/photos"
    photos.mkdir(parents=True)
    photos.parent.chmod(0o777)
    assert doctor(person).of("cache")["state"] == "ok"
    assert stat.S_IMODE(photos.parent.stat().st_mode) == 0o777


@pytest.mark.parametrize("kind", ["missing", "corrupt"])
def test_weights_are_checked(tmp_path: Path, monkeypatch: Any, kind: str) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(store.WEIGHTS_FOLDER, folder)
    monkeypatch.setattr(store, "WEIGHTS_FOLDER", folder)
    assert [one.state for one in host_checks.check_networks()] == [State.OK]
    victim = folder / registry.SURROGATES["mobilefacenet"].weights.name
    if kind == "missing":
        victim.unlink()
    else:
        victim.write_bytes(victim.read_bytes()[:-1] + b"\0")
    (found,) = host_checks.check_networks()
    assert found.state is State.BROKEN
    assert "mobilefacenet" in found.told
    assert str(victim) in found.told
    assert "again" in found.advice


@pytest.mark.skipif(seccomp.this_architecture() is None, reason="there is no sandbox here")
def test_what_a_decoder_could_do_is_tried_and_named(monkeypatch: Any) -> None:
    if landlock.version():
        (found,) = host_checks.check_codecs()
        assert found.state is State.OK
        assert "and gets at nothing" in found.told
    with monkeypatch.context() as without:
        lack(without, CREATE_RULESET)
        (found,) = host_checks.check_codecs()
        assert found.state is State.WARNING
        assert found.told.endswith("confined by seccomp")
    lack(monkeypatch, CREATE_RULESET, seccomp.this_architecture().seccomp)
    (found,) = host_checks.check_codecs()
    assert found.state is State.WARNING
    assert "confined by nothing, and could still read files, " in found.told
    assert "use the network" in found.told


def test_missing_packages_are_named(monkeypatch: Any) -> None:
    needs = ["click>=8.1", "no-such-package>=1", 'other; extra == "test"']
    monkeypatch.setattr(host_checks.importlib.metadata, "requires", lambda name: needs)
    (found,) = host_checks.check_packages()
    assert (found.state, found.told) == (State.BROKEN, "not installed: no-such-package")


def test_disk_that_is_nearly_full_is_a_warning(monkeypatch: Any) -> None:
    assert [one.state for one in host_checks.check_disk()] == [State.OK]
    monkeypatch.setattr(host_checks, "FREE_BYTES", 1 << 60)
    assert [one.state for one in host_checks.check_disk()] == [State.WARNING]


def test_check_that_fails_itself_is_broken_and_the_others_go_on() -> None:
    def fails() -> list[Finding]:
        raise RuntimeError("no idea")

    good = Finding("good", State.OK, "well")
    found = examine([Check("bad", fails), Check("good", lambda: [good])])
    assert [(one.name, one.state) for one in found] == [("bad", State.BROKEN), ("good", State.OK)]
    assert "RuntimeError: no idea" in found[0].told
    assert not healthy(found)


def test_only_what_is_not_well_is_mended_and_failures_are_told() -> None:
    done: list[str] = []

    def refuse() -> None:
        raise OSError("not allowed")

    fine = Finding("fine", State.OK, "", mend=lambda: done.append("fine"))
    broken = Finding("broken", State.BROKEN, "", mend=lambda: done.append("broken"))
    stuck = Finding("stuck", State.WARNING, "", mend=refuse)
    hopeless = Finding("hopeless", State.BROKEN, "")
    assert mend([fine, broken, stuck, hopeless]) == [(broken, None), (stuck, "not allowed")]
    assert done == ["broken"]
    assert healthy([fine, stuck])

"""``fawkes-host install`` and ``uninstall`` as people run them."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest
from PIL import Image

from fawkes_host.evaluation.portrait import draw_portrait
from fawkes_install.browsers import BROWSERS
from tests.support.person import ROOT, Person, as_written, until

CHROMIUM = ".config/chromium/NativeMessagingHosts/org.fawkes.host.json"
FIREFOX = ".mozilla/native-messaging-hosts/org.fawkes.host.json"
pytestmark = pytest.mark.usefixtures("two_browsers")

PROGRAM = Path(sys.executable).parent / "fawkes-native"


def test_browsers_found_are_set_up_and_again_changes_nothing(person: Person) -> None:
    done = person.run("install")
    assert done.returncode == 0, done.stderr
    assert person.files() == sorted([CHROMIUM, FIREFOX])
    for name in (CHROMIUM, FIREFOX):
        assert json.loads((person.home / name).read_text())["path"] == str(PROGRAM)
        assert f"wrote {person.home / name}" in done.stdout
    before = [as_written(person.home / name) for name in (CHROMIUM, FIREFOX)]
    again = person.run("install")
    assert again.returncode == 0
    assert "wrote" not in again.stdout
    assert f"Firefox: is set up by {person.home / FIREFOX}" in again.stdout
    assert [as_written(person.home / name) for name in (CHROMIUM, FIREFOX)] == before


def test_what_is_left_to_do_is_said_for_each_browser_with_the_path(person: Person) -> None:
    told = person.run("install").stdout
    assert (
        f"Chromium: open chrome://extensions, switch on “Developer mode”, choose “Load unpacked”, and select {ROOT / 'extension'}"
        in told
    )
    assert (
        f"Firefox: open about:debugging#/runtime/this-firefox, choose “Load Temporary Add-on…”, and select {ROOT / 'extension' / 'manifest.json'}"
        in told
    )


def test_dry_run_tells_and_changes_nothing(person: Person) -> None:
    done = person.run("install", "--dry-run")
    assert done.returncode == 0
    assert f"would write {person.home / FIREFOX}" in done.stdout
    assert person.files() == []
    report = json.loads(person.run("install", "--dry-run", "--json").stdout)
    assert (report["schema"], report["dry_run"], report["scope"]) == (1, True, "user")
    assert report["program"] == str(PROGRAM)
    assert [step["changed"] for step in report["steps"]] == [True, True]
    assert person.files() == []
    person.run("install")
    report = json.loads(person.run("install", "--dry-run", "--json").stdout)
    assert [step["changed"] for step in report["steps"]] == [False, False]


def test_json_tells_what_was_done(person: Person) -> None:
    report = json.loads(person.run("install", "--json").stdout)
    assert [one["name"] for one in report["browsers"]] == ["chromium", "firefox"]
    assert report["browsers"][1]["manifests"] == [str(person.home / FIREFOX)]
    assert report["extension"] == str(ROOT / "extension")
    assert report["steps"][0] == {
        "action": "write",
        "path": str(person.home / CHROMIUM),
        "changed": True,
    }


def test_browsers_can_be_named_found_or_not(person: Person) -> None:
    done = person.run("install", "--browser", "vivaldi", "--browser", "firefox")
    assert done.returncode == 0
    assert person.files() == sorted(
        [".config/vivaldi/NativeMessagingHosts/org.fawkes.host.json", FIREFOX]
    )


def test_all_browsers_can_be_set_up_and_none_is_found_for_it_later(person: Person) -> None:
    assert person.run("install", "--all").returncode == 0
    assert len(person.files()) == 8
    found = json.loads(person.run("install", "--json").stdout)["browsers"]
    assert [one["name"] for one in found] == ["chromium", "firefox"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--browser", "netscape"], "netscape is none of chrome, chromium"),
        (["--browser", "tor"], "Tor Browser is not supported"),
        (["--browser", "arc"], "There is no Arc for this system"),
        (["--browser", "firefox", "--all"], "not both"),
        (["--extension-id", "*"], "no identity of an extension"),
        (["--program", "/nowhere"], "does not exist"),
    ],
)
def test_wrong_usage_is_told(person: Person, arguments: list[str], told: str) -> None:
    done = person.run("install", *arguments)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())
    assert person.files() == []


def test_extensions_of_ones_own_are_allowed_beside_ours(person: Person) -> None:
    person.run("install", "--extension-id", "a" * 32, "--extension-id", "mine@example.org")
    allowed = json.loads((person.home / CHROMIUM).read_text())["allowed_origins"]
    assert allowed[1:] == [f"chrome-extension://{'a' * 32}/"]
    allowed = json.loads((person.home / FIREFOX).read_text())["allowed_extensions"]
    assert allowed == ["fawkes@fawkes.org", "mine@example.org"]


def test_another_program_can_be_registered(person: Person) -> None:
    program = person.home.parent / "bin" / "firefox"
    assert person.run("install", "--program", program).returncode == 0
    assert json.loads((person.home / FIREFOX).read_text())["path"] == str(program)


def test_all_or_nothing_and_the_reason(person: Person) -> None:
    (person.home / ".mozilla").write_text("a file where a folder should be")
    done = person.run("install")
    assert done.returncode == 4
    assert "The browsers were left as they were" in done.stderr
    assert str(person.home / FIREFOX) in done.stderr
    assert person.files() == [".mozilla"]
    assert not (person.home / ".config").exists()


def test_for_all_users_is_another_place(person: Person) -> None:
    report = json.loads(person.run("install", "--system", "--dry-run", "--json").stdout)
    assert report["scope"] == "system"
    assert report["browsers"][0]["manifests"] == [
        "/etc/chromium/native-messaging-hosts/org.fawkes.host.json"
    ]
    assert person.files() == []


def test_no_browser_is_told_and_is_no_failure(person: Person) -> None:
    done = person.run("install", PATH=str(person.home))
    assert (done.returncode, "No browser was found" in done.stdout) == (0, True)
    assert person.files() == []


def test_sandboxed_and_unsupported_browsers_are_spoken_of(person: Person) -> None:
    (person.home / ".local/share/flatpak/app/com.google.Chrome").mkdir(parents=True)
    (person.home / ".local/share/torbrowser").mkdir(parents=True)
    done = person.run("install")
    assert "Google Chrome is a Flatpak" in done.stdout
    assert "Tor Browser is not supported" in done.stdout
    assert person.run("doctor", "--json").stdout.count("Google Chrome is a Flatpak") == 1
    assert person.files() == sorted([CHROMIUM, FIREFOX])


def test_uninstall_leaves_nothing(person: Person) -> None:
    person.run("install", "--all")
    for folder in (".cache/fawkes-host/photos", ".config/fawkes-host", ".local/share/fawkes-host"):
        (person.home / folder).mkdir(parents=True)
        (person.home / folder / "file").write_text("")
    person.serve()
    assert person.services()
    planned = person.run("uninstall", "--dry-run")
    assert "Would end the service" in planned.stdout
    assert person.services()
    done = person.run("uninstall")
    assert done.returncode == 0, done.stderr
    assert "Ended the service" in done.stdout
    assert person.files() == []
    until(lambda: not person.services())
    left = {path.name for path in person.home.rglob("*")}
    assert left <= {".cache", ".config", ".local", "share", "state", "run"}
    again = person.run("uninstall")
    assert (again.returncode, "nothing to remove" in again.stdout) == (0, True)


@pytest.mark.slow
def test_uninstall_takes_what_libraries_have_kept_too(person: Person) -> None:
    Image.fromarray(draw_portrait(160)).save(person.home / "photo.png")
    done = person.run("cloak", "--level", "low", "photo.png")
    assert done.returncode == 0, done.stderr
    kept = [name for name in person.files() if "/" in name]
    assert any("keras" in name for name in kept)
    assert [name for name in kept if "/fawkes-host/" not in name] == []
    assert person.run("uninstall").returncode == 0
    assert person.files() == ["photo.png", "photo_cloaked.png"]


def test_settings_can_be_kept(person: Person) -> None:
    (person.home / ".config/fawkes-host").mkdir(parents=True)
    (person.home / ".config/fawkes-host/settings.json").write_text('{"idle_minutes": 5}')
    (person.home / ".local/share/fawkes-host").mkdir(parents=True)
    (person.home / ".local/share/fawkes-host/installation.secret").write_bytes(bytes(32))
    (person.home / ".cache/fawkes-host/photos").mkdir(parents=True)
    (person.home / ".cache/fawkes-host/photos/one").write_text("")
    person.run("install")
    done = person.run("uninstall", "--keep-settings", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["service_ended"] is False
    assert person.files() == [
        ".config/fawkes-host/settings.json",
        ".local/share/fawkes-host/installation.secret",
    ]


def test_uninstall_takes_a_corrupt_manifest_and_leaves_other_hosts(person: Person) -> None:
    person.run("install")
    (person.home / FIREFOX).write_text("{")
    other = person.home / ".mozilla/native-messaging-hosts/org.example.json"
    other.write_text("{}")
    person.run("uninstall")
    assert person.files() == [".mozilla/native-messaging-hosts/org.example.json"]


def test_service_start_heals_what_leads_nowhere(person: Person) -> None:
    program = person.home.parent / "bin" / "gone"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    person.run("install", "--program", program)
    program.unlink()
    person.serve()
    for name in (CHROMIUM, FIREFOX):
        path = person.home / name
        assert json.loads(path.read_text())["path"] == str(PROGRAM)
        assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize("command", ["install", "uninstall", "doctor", "extension"])
def test_help_has_examples_and_tells_the_exit_status(person: Person, command: str) -> None:
    done = person.run(command, "--help")
    assert done.returncode == 0
    assert "Examples:" in done.stdout
    assert "Exit status:" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


def test_help_of_install_names_every_browser(person: Person) -> None:
    told = person.run("install", "--help").stdout
    for name in BROWSERS:
        assert name in told

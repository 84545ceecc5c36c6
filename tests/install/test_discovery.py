"""Which browsers are found, and what is said of those in a sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from fawkes_install.browsers import BROWSERS
from fawkes_install.discovery import find
from fawkes_install.machine import Machine, System
from fawkes_install.sandbox import Packaging, Reach, judge


@pytest.fixture
def linux(tmp_path: Path) -> Machine:
    (tmp_path / "bin").mkdir()
    environment = {"PATH": str(tmp_path / "bin")}
    return Machine(System.LINUX, tmp_path / "home", environment, tmp_path / "root")


def put(path: Path, text: str = "", mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def names(machine: Machine) -> list[tuple[str, Packaging]]:
    return [(found.browser.name, found.packaging) for found in find(machine)]


def test_nothing_is_found_on_an_empty_computer(linux: Machine) -> None:
    assert find(linux) == []


def test_program_on_the_path_is_enough(linux: Machine, tmp_path: Path) -> None:
    put(tmp_path / "bin" / "firefox-esr", "\x7fELF", 0o755)
    put(tmp_path / "bin" / "chromium", "#!/bin/sh\nexec /usr/lib/chromium/chromium\n", 0o755)
    assert names(linux) == [("chromium", Packaging.ORDINARY), ("firefox", Packaging.ORDINARY)]


@pytest.mark.parametrize(
    ("sign", "name"),
    [
        (".config/google-chrome/Local State", "chrome"),
        (".config/chromium/Local State", "chromium"),
        (".config/microsoft-edge/Local State", "edge"),
        (".config/BraveSoftware/Brave-Browser/Local State", "brave"),
        (".config/vivaldi/Local State", "vivaldi"),
        (".config/opera/Local State", "opera"),
        (".mozilla/firefox/profiles.ini", "firefox"),
        (".config/mozilla/firefox/profiles.ini", "firefox"),
        (".librewolf/profiles.ini", "librewolf"),
    ],
)
def test_profile_is_enough(linux: Machine, sign: str, name: str) -> None:
    put(linux.home / sign)
    assert names(linux) == [(name, Packaging.ORDINARY)]


@pytest.mark.parametrize(
    "folder", [".config/vivaldi/NativeMessagingHosts", ".mozilla/native-messaging-hosts"]
)
def test_what_we_write_ourselves_is_no_sign(linux: Machine, folder: str) -> None:
    put(linux.home / folder / "org.fawkes.host.json")
    assert find(linux) == []


@pytest.mark.parametrize(
    ("sign", "name"),
    [
        ("root/Applications/Google Chrome.app", "chrome"),
        ("home/Applications/Firefox.app", "firefox"),
        ("home/Library/Application Support/Arc/User Data/Local State", "arc"),
        ("root/Applications/Tor Browser.app", "tor"),
    ],
)
def test_macos(tmp_path: Path, sign: str, name: str) -> None:
    (tmp_path / sign).mkdir(parents=True)
    machine = Machine(System.MACOS, tmp_path / "home", {}, tmp_path / "root")
    assert names(machine) == [(name, Packaging.ORDINARY)]


@pytest.mark.parametrize(
    ("sign", "name"),
    [
        ("root/Program Files/Google/Chrome/Application/chrome.exe", "chrome"),
        ("root/Program Files (x86)/Microsoft/Edge/Application/msedge.exe", "edge"),
        ("home/AppData/Local/Programs/Opera/opera.exe", "opera"),
        ("home/AppData/Roaming/Mozilla/Firefox/profiles.ini", "firefox"),
        ("home/AppData/Local/Vivaldi/User Data/Local State", "vivaldi"),
    ],
)
def test_windows(tmp_path: Path, sign: str, name: str) -> None:
    put(tmp_path / sign)
    machine = Machine(System.WINDOWS, tmp_path / "home", {}, tmp_path / "root")
    assert names(machine) == [(name, Packaging.ORDINARY)]


def test_snap_behind_its_link_and_behind_ubuntus_script(linux: Machine, tmp_path: Path) -> None:
    (linux.root / "snap" / "firefox").mkdir(parents=True)
    (linux.root / "snap" / "chromium").mkdir()
    put(linux.root / "snap" / "bin" / "firefox", "#!/bin/sh", 0o755)
    machine = Machine(
        System.LINUX,
        linux.home,
        {"PATH": f"{tmp_path / 'bin'}:{linux.root / 'snap' / 'bin'}"},
        linux.root,
    )
    put(tmp_path / "bin" / "chromium-browser", '#!/bin/sh\nexec /snap/bin/chromium "$@"\n', 0o755)
    assert names(machine) == [("chromium", Packaging.SNAP), ("firefox", Packaging.SNAP)]


def test_profile_left_behind_beside_a_snap_is_no_second_browser(linux: Machine) -> None:
    put(linux.home / ".mozilla/firefox/profiles.ini")
    (linux.root / "var/lib/snapd/snap/firefox").mkdir(parents=True)
    assert names(linux) == [("firefox", Packaging.SNAP)]


def test_flatpak_beside_an_ordinary_build(linux: Machine, tmp_path: Path) -> None:
    put(tmp_path / "bin" / "brave-browser", "\x7fELF", 0o755)
    (linux.home / ".local/share/flatpak/app/com.brave.Browser").mkdir(parents=True)
    (linux.root / "var/lib/flatpak/app/org.mozilla.firefox").mkdir(parents=True)
    assert names(linux) == [
        ("brave", Packaging.ORDINARY),
        ("brave", Packaging.FLATPAK),
        ("firefox", Packaging.FLATPAK),
    ]


def test_what_works_is_said_and_what_does_not_with_the_way_that_does() -> None:
    firefox, chromium, tor = (BROWSERS[name] for name in ("firefox", "chromium", "tor"))
    assert judge(chromium, Packaging.ORDINARY) == judge(firefox, Packaging.ORDINARY)
    assert judge(chromium, Packaging.ORDINARY).note == ""
    assert judge(firefox, Packaging.SNAP).reach is Reach.YES
    assert "portal" in judge(firefox, Packaging.SNAP).note
    assert judge(firefox, Packaging.FLATPAK).reach is Reach.PERHAPS
    assert "xdg-native-messaging-proxy" in judge(firefox, Packaging.FLATPAK).note
    for packaging in (Packaging.SNAP, Packaging.FLATPAK):
        assert judge(chromium, packaging).reach is Reach.NO
        assert "fawkes-host cloak PHOTO" in judge(chromium, packaging).note
    assert judge(tor, Packaging.ORDINARY).reach is Reach.NO
    assert "stand out" in judge(tor, Packaging.ORDINARY).note

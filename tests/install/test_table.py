"""Where each browser is registered on each system, file by file, as the table must have it."""

from __future__ import annotations

import json
from pathlib import Path, PurePath

import pytest

from fawkes_host.protocol.greeting import NATIVE_HOST
from fawkes_host.system import native_host
from fawkes_install.browsers import BROWSERS, Family
from fawkes_install.machine import Machine, System
from fawkes_install.plan import apply
from fawkes_install.registration import Registrar, Scope
from fawkes_install.windows_registry import WindowsRegistry
from tests.support.fake_winreg import FakeWinreg

FILE = "org.fawkes.host.json"

LINUX = {
    "chrome": [".config/google-chrome/NativeMessagingHosts"],
    "chromium": [".config/chromium/NativeMessagingHosts"],
    "edge": [".config/microsoft-edge/NativeMessagingHosts"],
    "brave": [".config/BraveSoftware/Brave-Browser/NativeMessagingHosts"],
    "vivaldi": [".config/vivaldi/NativeMessagingHosts"],
    "opera": [".config/opera/NativeMessagingHosts", ".config/google-chrome/NativeMessagingHosts"],
    "firefox": [".mozilla/native-messaging-hosts"],
    "librewolf": [".librewolf/native-messaging-hosts"],
}
LINUX_SYSTEM = {
    "chrome": ["/etc/opt/chrome/native-messaging-hosts"],
    "chromium": ["/etc/chromium/native-messaging-hosts"],
    "edge": ["/etc/opt/edge/native-messaging-hosts"],
    "brave": ["/etc/chromium/native-messaging-hosts", "/etc/opt/brave/native-messaging-hosts"],
    "vivaldi": ["/etc/chromium/native-messaging-hosts", "/etc/opt/vivaldi/native-messaging-hosts"],
    "opera": ["/etc/opt/chrome/native-messaging-hosts"],
    "firefox": [
        "/usr/lib/mozilla/native-messaging-hosts",
        "/usr/lib64/mozilla/native-messaging-hosts",
    ],
    "librewolf": ["/usr/lib/librewolf/native-messaging-hosts"],
}
SUPPORT = "Library/Application Support"
MACOS = {
    "chrome": [f"{SUPPORT}/Google/Chrome/NativeMessagingHosts"],
    "chromium": [f"{SUPPORT}/Chromium/NativeMessagingHosts"],
    "edge": [f"{SUPPORT}/Microsoft Edge/NativeMessagingHosts"],
    "brave": [f"{SUPPORT}/BraveSoftware/Brave-Browser/NativeMessagingHosts"],
    "vivaldi": [f"{SUPPORT}/Vivaldi/NativeMessagingHosts"],
    "opera": [
        f"{SUPPORT}/com.operasoftware.Opera/NativeMessagingHosts",
        f"{SUPPORT}/Google/Chrome/NativeMessagingHosts",
    ],
    "arc": [f"{SUPPORT}/Arc/User Data/NativeMessagingHosts"],
    "firefox": [f"{SUPPORT}/Mozilla/NativeMessagingHosts"],
    "librewolf": [f"{SUPPORT}/librewolf/NativeMessagingHosts"],
}
MACOS_SYSTEM = {
    "chrome": ["/Library/Google/Chrome/NativeMessagingHosts"],
    "chromium": ["/Library/Application Support/Chromium/NativeMessagingHosts"],
    "edge": ["/Library/Microsoft/Edge/NativeMessagingHosts"],
    "brave": ["/Library/Application Support/BraveSoftware/Brave-Browser/NativeMessagingHosts"],
    "vivaldi": ["/Library/Application Support/Vivaldi/NativeMessagingHosts"],
    "opera": ["/Library/Google/Chrome/NativeMessagingHosts"],
    "arc": [],
    "firefox": ["/Library/Application Support/Mozilla/NativeMessagingHosts"],
    "librewolf": ["/Library/Application Support/librewolf/NativeMessagingHosts"],
}
CHROME = r"Software\Google\Chrome\NativeMessagingHosts\org.fawkes.host"
MOZILLA = r"Software\Mozilla\NativeMessagingHosts\org.fawkes.host"
WINDOWS = {
    "chrome": [CHROME],
    "chromium": [r"Software\Chromium\NativeMessagingHosts\org.fawkes.host"],
    "edge": [r"Software\Microsoft\Edge\NativeMessagingHosts\org.fawkes.host"],
    "brave": [CHROME, r"Software\BraveSoftware\Brave-Browser\NativeMessagingHosts\org.fawkes.host"],
    "vivaldi": [CHROME, r"Software\Vivaldi\NativeMessagingHosts\org.fawkes.host"],
    "opera": [CHROME],
    "arc": [CHROME],
    "firefox": [MOZILLA],
    "librewolf": [MOZILLA],
}


def files_below(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def check_content(path: Path, family: Family) -> None:
    manifest = json.loads(path.read_bytes())
    allowed = {
        Family.CHROMIUM: {
            "allowed_origins": ["chrome-extension://lkicofbnhpdlobohdcnecjglabpoelff/"]
        },
        Family.GECKO: {"allowed_extensions": ["fawkes@fawkes.org"]},
    }[family]
    assert manifest == {
        "name": "org.fawkes.host",
        "description": manifest["description"],
        "path": "/opt/fawkes/fawkes-native",
        "type": "stdio",
        **allowed,
    }
    assert path.stat().st_mode & 0o777 == 0o644


HOST = native_host.native_host(Path("/opt/fawkes/fawkes-native"))


@pytest.mark.parametrize(
    ("system", "table"), [(System.LINUX, LINUX), (System.MACOS, MACOS)], ids=["linux", "macos"]
)
def test_manifests_of_this_user(
    tmp_path: Path, system: System, table: dict[str, list[str]]
) -> None:
    assert list(table) == [
        name for name, one in BROWSERS.items() if not one.unsupported and system in one.places
    ]
    for name, folders in table.items():
        home = tmp_path / name
        registrar = Registrar(Machine(system, home, root=tmp_path / "root"), NATIVE_HOST)
        apply(registrar.plan_install(HOST, [BROWSERS[name]]))
        assert files_below(home) == sorted(f"{folder}/{FILE}" for folder in folders)
        for folder in folders:
            check_content(home / folder / FILE, BROWSERS[name].family)
        apply(registrar.plan_uninstall())
        assert files_below(home) == []
        assert not (tmp_path / "root").exists()


@pytest.mark.parametrize(
    ("system", "table"),
    [(System.LINUX, LINUX_SYSTEM), (System.MACOS, MACOS_SYSTEM)],
    ids=["linux", "macos"],
)
def test_manifests_of_all_users(
    tmp_path: Path, system: System, table: dict[str, list[str]]
) -> None:
    for name, folders in table.items():
        root = tmp_path / name
        registrar = Registrar(Machine(system, tmp_path / "home", root=root), NATIVE_HOST)
        apply(registrar.plan_install(HOST, [BROWSERS[name]], Scope.SYSTEM))
        assert files_below(root) == sorted(f"{folder}/{FILE}"[1:] for folder in folders)
        for folder in folders:
            check_content(root / folder[1:] / FILE, BROWSERS[name].family)
        apply(registrar.plan_uninstall(Scope.SYSTEM))
        assert files_below(root) == []
        assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("scope", "hive", "base"),
    [
        (Scope.USER, "HKEY_CURRENT_USER", "home/AppData/Local"),
        (Scope.SYSTEM, "HKEY_LOCAL_MACHINE", "root/ProgramData"),
    ],
    ids=["user", "system"],
)
@pytest.mark.parametrize("name", WINDOWS)
def test_registry_values_and_manifests_on_windows(
    tmp_path: Path, name: str, scope: Scope, hive: str, base: str
) -> None:
    winreg = FakeWinreg()
    machine = Machine(System.WINDOWS, tmp_path / "home", root=tmp_path / "root")
    registrar = Registrar(machine, NATIVE_HOST, WindowsRegistry(winreg))
    apply(registrar.plan_install(HOST, [BROWSERS[name]], scope))
    family = BROWSERS[name].family
    path = tmp_path / base / "fawkes-host" / "browsers" / f"org.fawkes.host.{family}.json"
    assert files_below(tmp_path) == [path.relative_to(tmp_path).as_posix()]
    check_content(path, family)
    assert winreg.values() == {f"{hive}\\{key}": str(path) for key in WINDOWS[name]}
    apply(registrar.plan_uninstall(scope))
    assert winreg.values() == {}
    assert not [
        key for key in winreg.keys if key.endswith(("org.fawkes.host", "NativeMessagingHosts"))
    ]
    assert files_below(tmp_path) == []


def test_windows_folders_are_those_that_the_system_names(tmp_path: Path) -> None:
    machine = Machine(System.WINDOWS, tmp_path, {"LOCALAPPDATA": str(tmp_path / "elsewhere")})
    registrar = Registrar(machine, NATIVE_HOST, WindowsRegistry(FakeWinreg()))
    (place,) = registrar.places([BROWSERS["firefox"]])
    assert place.path.parents[2] == tmp_path / "elsewhere"


def test_chromium_looks_where_its_settings_are(tmp_path: Path) -> None:
    machine = Machine(System.LINUX, tmp_path, {"XDG_CONFIG_HOME": str(tmp_path / "settings")})
    (place,) = Registrar(machine, NATIVE_HOST).places([BROWSERS["chromium"]])
    assert place.path == tmp_path / "settings" / "chromium" / "NativeMessagingHosts" / FILE


def test_other_hosts_of_a_browser_stay(tmp_path: Path) -> None:
    registrar = Registrar(Machine(System.LINUX, tmp_path), NATIVE_HOST)
    other = tmp_path / ".mozilla/native-messaging-hosts/org.example.json"
    other.parent.mkdir(parents=True)
    other.write_text("{}")
    apply(registrar.plan_install(HOST, BROWSERS.values()))
    apply(registrar.plan_uninstall())
    assert files_below(tmp_path) == [".mozilla/native-messaging-hosts/org.example.json"]


def test_registry_of_another_program_stays(tmp_path: Path) -> None:
    winreg = FakeWinreg()
    key = r"Software\Mozilla\NativeMessagingHosts\org.example"
    registry = WindowsRegistry(winreg)
    with winreg.CreateKeyEx("HKEY_CURRENT_USER", key) as opened:
        winreg.SetValueEx(opened, "", 0, winreg.REG_SZ, "theirs")
    registrar = Registrar(Machine(System.WINDOWS, tmp_path), NATIVE_HOST, registry)
    apply(registrar.plan_install(HOST, BROWSERS.values()))
    apply(registrar.plan_uninstall())
    assert winreg.values() == {rf"HKEY_CURRENT_USER\{key}": "theirs"}


def test_every_browser_has_a_page_and_a_name_of_its_own() -> None:
    for name, browser in BROWSERS.items():
        assert browser.name == name
        assert browser.page
        assert PurePath(name).name == name
    assert BROWSERS["tor"].unsupported

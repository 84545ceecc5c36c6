"""The one table of browsers: where each looks for native hosts, and how it is recognised.

Places begin with ``/`` or with one of the folders that ``Machine.path`` knows; on Windows
they are registry keys.  A sign is a file that only the browser itself makes (so never the
folder that we write to), or the name of its program on the PATH.  ``unchecked`` places come
from other programs' installers, and were not seen working.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fawkes_install.machine import System


class Family(StrEnum):
    """Browsers of a family have the same manifests and the same way to load an extension."""

    CHROMIUM = "chromium"
    GECKO = "gecko"


@dataclass(frozen=True)
class Places:
    """One browser on one system: manifests of this user and of all users, and its signs."""

    user: tuple[str, ...]
    system: tuple[str, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True)
class Browser:
    """``name`` is for the command line, ``title`` for people, ``page`` where extensions load."""

    name: str
    title: str
    family: Family
    page: str
    places: dict[System, Places]
    snap: str | None = None
    flatpak: str | None = None
    unsupported: str | None = None
    """Why the browser is known and all the same never set up."""


_HOSTS: Final = "NativeMessagingHosts"
_CHROME_LINUX: Final = f"{{config}}/google-chrome/{_HOSTS}"
_CHROME_MACOS: Final = f"{{support}}/Google/Chrome/{_HOSTS}"
_CHROME_KEY: Final = rf"Software\Google\Chrome\{_HOSTS}"
_MOZILLA_KEY: Final = rf"Software\Mozilla\{_HOSTS}"

_FIREFOX_PAGE: Final = "about:debugging#/runtime/this-firefox"


def _chromium_linux(folder: str, *commands: str, system: tuple[str, ...]) -> Places:
    return Places(
        user=(f"{{config}}/{folder}/{_HOSTS}",),
        system=tuple(f"{place}/native-messaging-hosts" for place in system),
        signs=(*commands, f"{{config}}/{folder}/Local State"),
    )


def _chromium_macos(folder: str, app: str, system: str | None) -> Places:
    return Places(
        user=(f"{{support}}/{folder}/{_HOSTS}",),
        system=(f"{system}/{_HOSTS}",) if system else (),
        signs=(
            f"/Applications/{app}.app",
            f"{{home}}/Applications/{app}.app",
            f"{{support}}/{folder}/Local State",
        ),
    )


def _windows(keys: tuple[str, ...], program: str, state: str) -> Places:
    folders = ("{programs}", "{programs32}", "{local}")
    return Places(
        user=keys, system=keys, signs=(*(f"{folder}/{program}" for folder in folders), state)
    )


BROWSERS: Final[dict[str, Browser]] = {
    browser.name: browser
    for browser in (
        Browser(
            "chrome",
            "Google Chrome",
            Family.CHROMIUM,
            "chrome://extensions",
            {
                System.LINUX: _chromium_linux(
                    "google-chrome",
                    "google-chrome",
                    "google-chrome-stable",
                    system=("/etc/opt/chrome",),
                ),
                System.MACOS: _chromium_macos(
                    "Google/Chrome", "Google Chrome", "/Library/Google/Chrome"
                ),
                System.WINDOWS: _windows(
                    (_CHROME_KEY,),
                    "Google/Chrome/Application/chrome.exe",
                    "{local}/Google/Chrome/User Data/Local State",
                ),
            },
            flatpak="com.google.Chrome",
        ),
        Browser(
            "chromium",
            "Chromium",
            Family.CHROMIUM,
            "chrome://extensions",
            {
                System.LINUX: _chromium_linux(
                    "chromium", "chromium", "chromium-browser", system=("/etc/chromium",)
                ),
                System.MACOS: _chromium_macos(
                    "Chromium", "Chromium", "/Library/Application Support/Chromium"
                ),
                System.WINDOWS: _windows(
                    (rf"Software\Chromium\{_HOSTS}",),
                    "Chromium/Application/chrome.exe",
                    "{local}/Chromium/User Data/Local State",
                ),
            },
            snap="chromium",
            flatpak="org.chromium.Chromium",
        ),
        Browser(
            "edge",
            "Microsoft Edge",
            Family.CHROMIUM,
            "edge://extensions",
            {
                System.LINUX: _chromium_linux(
                    "microsoft-edge",
                    "microsoft-edge",
                    "microsoft-edge-stable",
                    system=("/etc/opt/edge",),
                ),
                System.MACOS: _chromium_macos(
                    "Microsoft Edge", "Microsoft Edge", "/Library/Microsoft/Edge"
                ),
                System.WINDOWS: _windows(
                    (rf"Software\Microsoft\Edge\{_HOSTS}",),
                    "Microsoft/Edge/Application/msedge.exe",
                    "{local}/Microsoft/Edge/User Data/Local State",
                ),
            },
            flatpak="com.microsoft.Edge",
        ),
        Browser(
            "brave",
            "Brave",
            Family.CHROMIUM,
            "brave://extensions",
            {
                # Other installers disagree on its places for all users (unchecked): both.
                System.LINUX: _chromium_linux(
                    "BraveSoftware/Brave-Browser",
                    "brave-browser",
                    "brave",
                    system=("/etc/chromium", "/etc/opt/brave"),
                ),
                System.MACOS: _chromium_macos(
                    "BraveSoftware/Brave-Browser",
                    "Brave Browser",
                    "/Library/Application Support/BraveSoftware/Brave-Browser",
                ),
                # Chrome's key or its own, depending on whom one asks (unchecked): both.
                System.WINDOWS: _windows(
                    (_CHROME_KEY, rf"Software\BraveSoftware\Brave-Browser\{_HOSTS}"),
                    "BraveSoftware/Brave-Browser/Application/brave.exe",
                    "{local}/BraveSoftware/Brave-Browser/User Data/Local State",
                ),
            },
            snap="brave",
            flatpak="com.brave.Browser",
        ),
        Browser(
            "vivaldi",
            "Vivaldi",
            Family.CHROMIUM,
            "vivaldi://extensions",
            {
                # As for Brave.
                System.LINUX: _chromium_linux(
                    "vivaldi",
                    "vivaldi",
                    "vivaldi-stable",
                    system=("/etc/chromium", "/etc/opt/vivaldi"),
                ),
                System.MACOS: _chromium_macos(
                    "Vivaldi", "Vivaldi", "/Library/Application Support/Vivaldi"
                ),
                System.WINDOWS: _windows(
                    (_CHROME_KEY, rf"Software\Vivaldi\{_HOSTS}"),
                    "Vivaldi/Application/vivaldi.exe",
                    "{local}/Vivaldi/User Data/Local State",
                ),
            },
            snap="vivaldi",
            flatpak="com.vivaldi.Vivaldi",
        ),
        Browser(
            "opera",
            "Opera",
            Family.CHROMIUM,
            "opera://extensions",
            {
                # Its own place or Chrome's (unchecked): both.
                System.LINUX: Places(
                    user=(f"{{config}}/opera/{_HOSTS}", _CHROME_LINUX),
                    system=("/etc/opt/chrome/native-messaging-hosts",),
                    signs=("opera", "opera-stable", "{config}/opera/Local State"),
                ),
                System.MACOS: Places(
                    user=(f"{{support}}/com.operasoftware.Opera/{_HOSTS}", _CHROME_MACOS),
                    system=(f"/Library/Google/Chrome/{_HOSTS}",),
                    signs=(
                        "/Applications/Opera.app",
                        "{home}/Applications/Opera.app",
                        "{support}/com.operasoftware.Opera/Local State",
                    ),
                ),
                System.WINDOWS: _windows(
                    (_CHROME_KEY,),
                    "Programs/Opera/opera.exe",
                    "{roaming}/Opera Software/Opera Stable/Local State",
                ),
            },
            snap="opera",
            flatpak="com.opera.Opera",
        ),
        Browser(
            "arc",
            "Arc",
            Family.CHROMIUM,
            "arc://extensions",
            {
                # There is no Arc for Linux.  Both places are unchecked.
                System.MACOS: _chromium_macos("Arc/User Data", "Arc", None),
                System.WINDOWS: _windows(
                    (_CHROME_KEY,),
                    "Microsoft/WindowsApps/Arc.exe",
                    "{local}/Packages/TheBrowserCompany.Arc_ttt1ap7aakyb4",
                ),
            },
        ),
        Browser(
            "firefox",
            "Firefox",
            Family.GECKO,
            _FIREFOX_PAGE,
            {
                System.LINUX: Places(
                    # Here even where the profiles lie in the newer ~/.config/mozilla.
                    user=("{home}/.mozilla/native-messaging-hosts",),
                    system=(
                        "/usr/lib/mozilla/native-messaging-hosts",
                        "/usr/lib64/mozilla/native-messaging-hosts",
                    ),
                    signs=(
                        "firefox",
                        "firefox-esr",
                        "{home}/.mozilla/firefox/profiles.ini",
                        "{config}/mozilla/firefox/profiles.ini",
                    ),
                ),
                System.MACOS: Places(
                    user=(f"{{support}}/Mozilla/{_HOSTS}",),
                    system=(f"/Library/Application Support/Mozilla/{_HOSTS}",),
                    signs=(
                        "/Applications/Firefox.app",
                        "{home}/Applications/Firefox.app",
                        "{support}/Firefox/profiles.ini",
                    ),
                ),
                System.WINDOWS: _windows(
                    (_MOZILLA_KEY,),
                    "Mozilla Firefox/firefox.exe",
                    "{roaming}/Mozilla/Firefox/profiles.ini",
                ),
            },
            snap="firefox",
            flatpak="org.mozilla.firefox",
        ),
        Browser(
            "librewolf",
            "LibreWolf",
            Family.GECKO,
            _FIREFOX_PAGE,
            {
                System.LINUX: Places(
                    user=("{home}/.librewolf/native-messaging-hosts",),
                    system=("/usr/lib/librewolf/native-messaging-hosts",),
                    signs=("librewolf", "{home}/.librewolf/profiles.ini"),
                ),
                System.MACOS: Places(
                    user=(f"{{support}}/librewolf/{_HOSTS}",),
                    system=(f"/Library/Application Support/librewolf/{_HOSTS}",),
                    signs=(
                        "/Applications/LibreWolf.app",
                        "{home}/Applications/LibreWolf.app",
                        "{support}/librewolf/profiles.ini",
                    ),
                ),
                # Firefox's key is written into the code that both share.
                System.WINDOWS: _windows(
                    (_MOZILLA_KEY,),
                    "LibreWolf/librewolf.exe",
                    "{roaming}/librewolf/profiles.ini",
                ),
            },
            flatpak="io.gitlab.librewolf-community",
        ),
        Browser(
            "tor",
            "Tor Browser",
            Family.GECKO,
            _FIREFOX_PAGE,
            {
                System.LINUX: Places(
                    user=(),
                    system=(),
                    signs=(
                        "torbrowser-launcher",
                        "{data}/torbrowser",
                        "{home}/tor-browser/Browser/start-tor-browser",
                    ),
                ),
                System.MACOS: Places(
                    user=(),
                    system=(),
                    signs=("/Applications/Tor Browser.app", "{home}/Applications/Tor Browser.app"),
                ),
                System.WINDOWS: Places(
                    user=(), system=(), signs=("{home}/Desktop/Tor Browser/Browser/firefox.exe",)
                ),
            },
            flatpak="org.torproject.torbrowser-launcher",
            unsupported=(
                "an extension of one's own makes its user stand out from all others, "
                "and it looks for no programs outside its folder"
            ),
        ),
    )
}
"""By name, in the order in which they are shown."""

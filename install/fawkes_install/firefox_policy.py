"""Firefox's file of policies, by which it keeps an extension that Mozilla has not signed.

Firefox ESR, Developer Edition and Nightly obey; other Firefox refuses whatever is not signed.
https://mozilla.github.io/policy-templates/ has both policies.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

FOLDER: Final = "/etc/firefox/policies"
"""Where every Firefox on Linux looks, also as a snap; on other systems it is in the program."""

FILE: Final = "policies.json"

_SIGNATURES: Final = "xpinstall.signatures.required"
_UNSIGNED: Final = {"Value": False, "Status": "default"}
"""``default``: people can still change it in about:config."""


def with_extension(content: bytes | None, identity: str, xpi: Path) -> bytes:
    """The file with what installs ``xpi`` at each start; everything else in it stays.

    ``content`` is None where there is no file.  Raises ValueError where it is none of policies.
    """
    whole, policies = _parsed(content)
    extensions = policies.setdefault("ExtensionSettings", {})
    # Normal: people can switch it off, which they could not with "force_installed".
    extensions[identity] = {"installation_mode": "normal_installed", "install_url": xpi.as_uri()}
    policies.setdefault("Preferences", {})[_SIGNATURES] = _UNSIGNED
    return _written(whole)


def without_extension(content: bytes, identity: str) -> bytes | None:
    """The file without what ``with_extension`` has added; None where nothing else is in it.

    Raises ValueError where it is no file of policies.
    """
    whole, policies = _parsed(content)
    policies.get("ExtensionSettings", {}).pop(identity, None)
    if policies.get("Preferences", {}).get(_SIGNATURES) == _UNSIGNED:
        del policies["Preferences"][_SIGNATURES]
    for name in ("ExtensionSettings", "Preferences"):
        if policies.get(name) == {}:
            del policies[name]
    return _written(whole) if whole != {"policies": {}} else None


def _parsed(content: bytes | None) -> tuple[dict[str, Any], dict[str, Any]]:
    whole = {"policies": {}} if content is None else json.loads(content)
    if not isinstance(whole, dict):
        raise ValueError("it is no object")
    policies = whole.setdefault("policies", {})
    names = ("ExtensionSettings", "Preferences")
    if not isinstance(policies, dict) or not all(
        isinstance(policies.get(name, {}), dict) for name in names
    ):
        raise ValueError("its policies are no objects")
    return whole, policies


def _written(whole: dict[str, Any]) -> bytes:
    return (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode()

"""The extension that ships beside this package: where it lies, and how it is packed for stores."""

from __future__ import annotations

import errno
import io
import json
import os
import secrets
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from fawkes_install.browsers import Family

_INSTALLED: Final = Path(__file__).with_name("extension")
_CHECKOUT: Final = Path(__file__).parents[2] / "extension"

_LEFT_OUT: Final = (".md", ".d.ts")
"""Text for developers: browsers do not read it, and stores do not want it."""

_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip can hold, so that the same files give the same bytes."""

_FILE_MODE: Final = 0o100644

_FOREIGN_KEYS: Final = {
    Family.CHROMIUM: ("key", "browser_specific_settings"),
    Family.GECKO: ("key", "minimum_chrome_version"),
}
"""What the stores of each family refuse or warn of.  Without ``key``, the Chrome Web Store
gives the extension an identity of its own, which ``install --extension-id`` has to name."""


def folder() -> Path:
    """The loadable folder: inside an installed package, else that of the checkout."""
    return _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT


def manifest(source: Path | None = None) -> dict[str, Any]:
    """The extension's manifest; raises OSError, ValueError."""
    found = json.loads(((source or folder()) / "manifest.json").read_text(encoding="utf-8"))
    return dict(found)


def gecko_identity() -> str:
    """The extension's identity in Firefox; raises OSError, ValueError."""
    return str(manifest()["browser_specific_settings"]["gecko"]["id"])


def files(source: Path | None = None) -> Iterator[tuple[str, bytes]]:
    """Every file that a browser loads, by its path with ``/``, sorted."""
    root = source or folder()
    paths = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    for name in sorted(paths):
        hidden = any(part.startswith(".") for part in name.split("/"))
        if not hidden and not name.endswith(_LEFT_OUT):
            yield name, paths[name].read_bytes()


def copy_to(target: Path, source: Path | None = None) -> None:
    """Writes the loadable folder, in the place of an earlier one of ours.

    Raises FileExistsError where something else is there, and OSError; then nothing has changed.
    """
    if os.path.lexists(target) and not is_ours(target):
        raise FileExistsError(errno.EEXIST, "something else than the extension is there")
    target.parent.mkdir(parents=True, exist_ok=True)
    mark = secrets.token_hex(4)
    draft, aside = (target.with_name(f".{target.name}.{mark}.{end}") for end in ("part", "old"))
    draft.mkdir()
    try:
        for name, content in files(source):
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if target.exists():
            target.rename(aside)
        draft.replace(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        if aside.exists() and not target.exists():
            aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def is_ours(target: Path) -> bool:
    """Whether a folder is this extension, of any version, as browsers tell them apart."""
    if target.is_symlink() or not (target / "manifest.json").is_file():
        return False
    try:
        return bool(manifest(target)["key"] == manifest()["key"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def pack(family: Family, source: Path | None = None) -> bytes:
    """The zip for the stores of ``family``, the same bytes for the same files.

    Stored and not deflated: compressors differ from one build of Python to the next.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files(source):
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.create_system = 3  # Unix, whatever this is packed on.
            entry.external_attr = _FILE_MODE << 16
            archive.writestr(
                entry, _for_store(content, family) if name == "manifest.json" else content
            )
    return packed.getvalue()


def _for_store(content: bytes, family: Family) -> bytes:
    kept = {
        key: value for key, value in json.loads(content).items() if key not in _FOREIGN_KEYS[family]
    }
    return (json.dumps(kept, indent=2, ensure_ascii=False) + "\n").encode()

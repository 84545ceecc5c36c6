"""The part of Python's ``winreg`` that is used, over dictionaries; Windows is nowhere near."""

from __future__ import annotations

from dataclasses import dataclass, field

HKEY_CURRENT_USER = "HKEY_CURRENT_USER"
HKEY_LOCAL_MACHINE = "HKEY_LOCAL_MACHINE"
KEY_READ = 0x20019
KEY_WRITE = 0x20006
REG_SZ = 1


@dataclass
class Key:
    """An open key; without KEY_WRITE its values cannot be set."""

    path: str
    access: int

    def __enter__(self) -> Key:
        return self

    def __exit__(self, *_fault: object) -> None:
        pass


@dataclass
class FakeWinreg:
    """A registry in which ``refused`` keys may not be written."""

    keys: dict[str, dict[str, tuple[object, int]]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    HKEY_CURRENT_USER = HKEY_CURRENT_USER
    HKEY_LOCAL_MACHINE = HKEY_LOCAL_MACHINE
    KEY_READ = KEY_READ
    KEY_WRITE = KEY_WRITE
    REG_SZ = REG_SZ

    def OpenKey(self, key: str, sub_key: str, reserved: int = 0, access: int = KEY_READ) -> Key:
        path = f"{key}\\{sub_key}"
        if path not in self.keys:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        return Key(path, access)

    def CreateKeyEx(
        self, key: str, sub_key: str, reserved: int = 0, access: int = KEY_WRITE
    ) -> Key:
        path = key
        for part in sub_key.split("\\"):
            path += f"\\{part}"
            if path in self.refused:
                raise PermissionError(5, "Access is denied")
            self.keys.setdefault(path, {})
        return Key(path, access)

    def SetValueEx(self, key: Key, name: str, reserved: int, kind: int, value: object) -> None:
        if not key.access & KEY_WRITE & ~KEY_READ:
            raise PermissionError(5, "Access is denied")
        self.keys[key.path][name] = (value, kind)

    def QueryValueEx(self, key: Key, name: str) -> tuple[object, int]:
        if name not in self.keys[key.path]:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        return self.keys[key.path][name]

    def QueryInfoKey(self, key: Key) -> tuple[int, int, int]:
        return len(self._below(key.path)), len(self.keys[key.path]), 0

    def DeleteKey(self, key: str, sub_key: str) -> None:
        path = f"{key}\\{sub_key}"
        if path not in self.keys:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        if self._below(path) or path in self.refused:
            raise PermissionError(5, "Access is denied")
        del self.keys[path]

    def _below(self, path: str) -> list[str]:
        return [one for one in self.keys if one.startswith(f"{path}\\")]

    def values(self) -> dict[str, object]:
        """The default value of every key that has one."""
        return {path: found[""][0] for path, found in self.keys.items() if "" in found}

"""The few words of the Windows registry that native hosts need."""

from __future__ import annotations

import importlib
from enum import StrEnum
from typing import Any, Protocol


class Hive(StrEnum):
    """Whose part of the registry: this user's, or everybody's."""

    USER = "HKEY_CURRENT_USER"
    EVERYBODY = "HKEY_LOCAL_MACHINE"


class Registry(Protocol):
    """Default values of keys.  Deleting takes the key above too if nothing else is in it."""

    def read(self, hive: Hive, key: str) -> str | None:
        """The default value, or None."""

    def write(self, hive: Hive, key: str, value: str) -> None:
        """Sets the default value, making keys as needed; raises OSError."""

    def delete(self, hive: Hive, key: str) -> None:
        """Removes a key, if it is there; raises OSError."""


class WindowsRegistry:
    """The registry through ``winreg``, or through a module with the same functions."""

    def __init__(self, winreg: Any = None) -> None:
        self._winreg = winreg or importlib.import_module("winreg")

    def read(self, hive: Hive, key: str) -> str | None:
        try:
            with self._winreg.OpenKey(self._root(hive), key) as opened:
                value, kind = self._winreg.QueryValueEx(opened, "")
        except FileNotFoundError:
            return None
        return str(value) if kind == self._winreg.REG_SZ else None

    def write(self, hive: Hive, key: str, value: str) -> None:
        with self._winreg.CreateKeyEx(self._root(hive), key, 0, self._winreg.KEY_WRITE) as opened:
            self._winreg.SetValueEx(opened, "", 0, self._winreg.REG_SZ, value)

    def delete(self, hive: Hive, key: str) -> None:
        try:
            self._winreg.DeleteKey(self._root(hive), key)
        except FileNotFoundError:
            return
        above = key.rpartition("\\")[0]
        with self._winreg.OpenKey(self._root(hive), above) as opened:
            keys, values, _ = self._winreg.QueryInfoKey(opened)
        if keys == values == 0:
            self._winreg.DeleteKey(self._root(hive), above)

    def _root(self, hive: Hive) -> Any:
        return getattr(self._winreg, hive.value)

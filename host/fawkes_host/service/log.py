"""The log of the service: small, rotating, for the user alone."""

from __future__ import annotations

import logging
import logging.handlers
import os
from pathlib import Path
from typing import Final

from fawkes_host.system import folders

FILE_NAME: Final = "service.log"
_FILE_BYTES: Final = 1 << 20
_OLD_FILES: Final = 2

FORMAT: Final = "%(asctime)s %(levelname)s %(message)s"


class _PrivateFiles(logging.handlers.RotatingFileHandler):
    """Opens its files with mode 0600, whatever the umask."""

    def _open(self):  # type: ignore[no-untyped-def]
        fd = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(fd, "a", encoding="utf-8")


def open_log(level: str, also_to_stderr: bool = False) -> Path:
    """Sends the service's own messages to its file; returns where that is.

    Messages of libraries below a warning stay out: they may quote what passes by.
    """
    path = folders.make_private(folders.log_folder()) / FILE_NAME
    handlers: list[logging.Handler] = [
        _PrivateFiles(path, maxBytes=_FILE_BYTES, backupCount=_OLD_FILES)
    ]
    if also_to_stderr:
        handlers.append(logging.StreamHandler())
    logging.basicConfig(level=logging.WARNING, format=FORMAT, handlers=handlers, force=True)
    logging.getLogger("fawkes_host").setLevel(level.upper())
    return path

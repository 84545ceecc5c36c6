"""What the codec process takes from itself before it sees the first byte of a photo.

Two steps, since libraries start threads when they are imported, and Landlock is each thread's own:
before the imports nothing can be changed any more, after them nothing can be opened, and no system
call is left that a codec does not need.  A system without one of these goes on with the other;
``fawkes-host doctor`` tells.  Others than Linux have nothing of the kind that a program may ask for
by documented calls without being signed or installed for it.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass

from fawkes_host.photo.sandbox import kernel, landlock, seccomp


@dataclass
class Confinement:
    """What has been taken so far."""

    landlock: int = 0
    """Version of the kernel's interface; 0 where nothing was taken by it."""

    seccomp: bool = False

    def before_imports(self) -> None:
        """Change nothing any more: no file, no other process."""
        if sys.platform != "linux":
            return
        with contextlib.suppress(OSError):
            kernel.give_up_new_privileges()
            landlock.deny_changes()
            self.landlock = landlock.version()

    def after_imports(self) -> None:
        """Open nothing any more: neither files nor connections."""
        if sys.platform != "linux":
            return
        if self.landlock:
            with contextlib.suppress(OSError):
                landlock.deny_reading()
        with contextlib.suppress(OSError):
            seccomp.confine_codec()
            self.seccomp = True

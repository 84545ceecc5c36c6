"""Processes on a system that lacks some calls, as containers and old kernels do."""

from __future__ import annotations

import errno
import subprocess

from fawkes_host.photo.sandbox import seccomp

CREATE_RULESET = 444
"""Landlock's first call, on every architecture."""


def lack(monkeypatch, *calls: int) -> None:
    """Let all processes that are started from now on fail in these calls with ENOSYS."""
    architecture = seccomp.this_architecture()
    rules = [seccomp.Rule(call, error=errno.ENOSYS) for call in calls]
    code = seccomp.program(architecture, rules, None)
    popen = subprocess.Popen

    def start(*arguments, **options):
        return popen(*arguments, preexec_fn=lambda: seccomp.install(architecture, code), **options)

    monkeypatch.setattr(subprocess, "Popen", start)

"""Shells complete what ``fawkes-host`` knows."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.support.person import Person


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script_asks_the_program(person: Person, shell: str) -> None:
    done = person.run("completion", shell)
    assert done.returncode == 0, done.stderr
    assert f"_FAWKES_HOST_COMPLETE={shell}_complete" in done.stdout
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=done.stdout, text=True, check=True)


def test_bash_completes_commands_and_options(person: Person) -> None:
    (person.home / "bin").mkdir()
    program = person.home / "bin" / "fawkes-host"
    command = " ".join(person.command())
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    program.chmod(0o755)
    script = """
eval "$(fawkes-host completion bash)"
for line in "fawkes-host unin" "fawkes-host install --dr" "fawkes-host completion f" \\
    "fawkes-host install --browser viv"; do
  COMP_WORDS=($line); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=()
  _fawkes_host_completion fawkes-host
  echo "${COMPREPLY[@]}"
done
"""
    path = f"{program.parent}:{os.environ['PATH']}"
    environment = {**person.environment, "PATH": path}
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["uninstall", "--dry-run", "fish", "vivaldi"]

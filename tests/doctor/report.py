"""What ``fawkes-host doctor`` says, for tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.person import Person

CHROMIUM = ".config/chromium/NativeMessagingHosts/org.fawkes.host.json"
FIREFOX = ".mozilla/native-messaging-hosts/org.fawkes.host.json"


@dataclass
class Report:
    """What ``doctor --json`` said."""

    status: int
    checks: list[dict[str, Any]]
    mended: list[dict[str, Any]]

    def broken(self) -> dict[str, str]:
        return {one["check"]: one["told"] for one in self.checks if one["state"] == "broken"}

    def of(self, check: str) -> dict[str, Any]:
        (found,) = (one for one in self.checks if one["check"] == check)
        return found


def doctor(person: Person, *arguments: str, **variables: str) -> Report:
    done = person.run("doctor", "--json", *arguments, **variables)
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert report["schema"] == 1
    assert report["healthy"] is (done.returncode == 0)
    return Report(done.returncode, report["checks"], report["mended"])


def change(path: Path, fields: dict[str, Any]) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))

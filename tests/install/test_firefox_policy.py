"""What has Firefox keep an extension that is not signed, and what becomes of others' policies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fawkes_install import firefox_policy
from fawkes_install.machine import Machine, System
from fawkes_install.plan import apply
from fawkes_install.registration import Registrar
from tests.support.person import Person

ID = "fawkes@fawkes.org"
OTHERS = {
    "policies": {
        "DisableTelemetry": True,
        "ExtensionSettings": {"*": {"installation_mode": "allowed"}},
        "Preferences": {"browser.tabs.warnOnClose": {"Value": False}},
    },
    "note": "ours",
}


@pytest.fixture
def registrar(tmp_path: Path) -> Registrar:
    return Registrar(Machine(System.LINUX, tmp_path / "home", root=tmp_path), "org.fawkes.host")


def written(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def test_policy_is_written_and_goes_without_a_trace(registrar: Registrar, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    assert registrar.plan_policy_removal() == []
    apply(registrar.plan_policy())
    folder = tmp_path / "etc/firefox/policies"
    policies = json.loads((folder / "policies.json").read_text())["policies"]
    xpi = folder / f"{ID}.xpi"
    assert policies["ExtensionSettings"][ID]["install_url"] == xpi.as_uri()
    assert xpi.read_bytes()[:2] == b"PK"
    assert apply(registrar.plan_policy()) == [], "the second time changes nothing"
    apply(registrar.plan_policy_removal())
    assert list((tmp_path / "etc").iterdir()) == []


def test_policies_of_others_stay(registrar: Registrar, tmp_path: Path) -> None:
    file = tmp_path / "etc/firefox/policies/policies.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(OTHERS))
    apply(registrar.plan_policy())
    policies = json.loads(file.read_text())["policies"]
    assert set(policies["ExtensionSettings"]) == {"*", ID}
    assert len(policies["Preferences"]) == 2
    apply(registrar.plan_policy_removal())
    assert json.loads(file.read_text()) == OTHERS


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b'{"policies": []}', b'{"policies": {"Preferences": 1}}']
)
def test_what_is_no_file_of_policies_is_left_alone(
    registrar: Registrar, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "etc/firefox/policies/policies.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    with pytest.raises(ValueError):
        registrar.plan_policy()
    assert written(tmp_path) == {"etc/firefox/policies/policies.json": content}


def test_setting_that_somebody_else_made_stays() -> None:
    locked = {"Preferences": {"xpinstall.signatures.required": {"Value": True, "Status": "locked"}}}
    content = json.dumps({"policies": locked}).encode()
    left = firefox_policy.without_extension(content, ID)
    assert left is not None
    assert json.loads(left) == {"policies": locked}


def test_install_writes_it_for_all_users_alone_and_where_it_is_asked_for(person: Person) -> None:
    done = person.run("install", "--firefox-policy")
    assert (done.returncode, "add --system" in done.stderr) == (2, True)
    done = person.run("install", "--system", "--firefox-policy", "--dry-run", "--json")
    paths = [step["path"] for step in json.loads(done.stdout)["steps"]]
    assert paths[-2:] == [
        f"/etc/firefox/policies/{ID}.xpi",
        "/etc/firefox/policies/policies.json",
    ]
    done = person.run("install", "--system", "--dry-run", "--json")
    assert "policies" not in done.stdout.replace("--firefox-policy", "")

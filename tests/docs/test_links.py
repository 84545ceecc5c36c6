"""Every link in a document leads somewhere, and every path that it names is there."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

NOT_OURS = {".git", ".venv", "node_modules", "build", "dist", "sample", "shared", "__pycache__"}

SOURCES = (".py", ".js", ".mjs", ".md", ".toml", ".html", ".css", ".yml")

FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
PATH = re.compile(r"\.?[\w-]+(?:[./-][\w-]+)*/?")


@cache
def files() -> frozenset[str]:
    """The project's files, from its root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        names = [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]
    else:  # An archive, without its history.
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]
    return frozenset(name for name in names if Path(name).parts[0] not in NOT_OURS)


@cache
def folders() -> frozenset[str]:
    return frozenset(str(parent) for name in files() for parent in Path(name).parents)


DOCUMENTS = sorted(name for name in files() if name.endswith(".md"))


def text_of(name: str) -> str:
    return FENCE.sub("", (ROOT / name).read_text(encoding="utf-8"))


@cache
def anchors(name: str) -> frozenset[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    made: dict[str, int] = {}
    for heading in HEADING.findall(text_of(name)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        made[slug] = made.get(slug, -1) + 1
    return frozenset(
        f"{slug}-{number}" if number else slug
        for slug, last in made.items()
        for number in range(last + 1)
    )


def broken_links(name: str, text: str) -> list[str]:
    broken = []
    for target in LINK.findall(CODE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        leads_to = (ROOT / name).parent.joinpath(path).resolve() if path else ROOT / name
        try:
            found = leads_to.relative_to(ROOT).as_posix()
        except ValueError:
            broken.append(target)
            continue
        if found not in files() | folders() or (anchor and anchor not in anchors(found)):
            broken.append(target)
    return broken


def names_a_path(code: str) -> bool:
    """Whether a word of code looks like a file or folder of this project."""
    if not PATH.fullmatch(code):
        return False
    tops = {name.split("/")[0] for name in folders()}
    return (
        code.endswith(SOURCES)
        or ("/" in code and code.split("/", 1)[0] in tops)
        or (code.endswith("/") and "/" in code[:-1])
    )


def is_there(code: str) -> bool:
    """Documents name paths from the root, or from a folder that their reader is in."""
    return any(f"/{name}".endswith("/" + code.rstrip("/")) for name in files() | folders())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_and_anchors_lead_somewhere(name: str) -> None:
    assert broken_links(name, text_of(name)) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_paths_in_backticks_exist(name: str) -> None:
    named = {code.strip() for _, code in CODE.findall(text_of(name))}
    assert sorted(code for code in named if names_a_path(code) and not is_there(code)) == []


def test_documents_that_sources_name_exist() -> None:
    sources = [name for name in files() if name.endswith((".py", ".js", ".mjs"))]
    named = {
        (name, path.rstrip("."))
        for name in sources
        for path in re.findall(r"``?(docs/[\w./-]+)", (ROOT / name).read_text(encoding="utf-8"))
    }
    assert named
    assert sorted((name, path) for name, path in named if not is_there(path)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[a](README.md)", []),
        ("[a](README.md#two-commands) [b](#two-commands)", []),
        ("![a `b`](install/side-by-side.jpg)", []),
        ("[a](gone.md)", ["gone.md"]),
        ("[a](README.md#gone)", ["README.md#gone"]),
        ("[a](../elsewhere.md)", ["../elsewhere.md"]),
        ("[a](https://example.org/gone) `[b](gone)`", []),
    ],
)
def test_broken_links_are_found(text: str, found: list[str]) -> None:
    assert broken_links("README.md", text) == found


@pytest.mark.parametrize(
    ("code", "meant", "there"),
    [
        ("docs/recipe.md", True, True),
        ("docs/gone.md", True, False),
        ("recipe.md", True, True),
        ("extension/gone", True, False),
        ("image/jpeg", False, False),
        ("--json", False, False),
    ],
)
def test_paths_are_told_from_other_code(code: str, meant: bool, there: bool) -> None:
    assert names_a_path(code) == meant
    assert is_there(code) == there

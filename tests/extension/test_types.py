"""The types of the extension: what a misspelt part or a wrong argument comes to in the lint."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.missing import HOW_TO_INSTALL, HOW_TO_INSTALL_NPM

CHECKOUT = Path(__file__).parents[2]
EXTENSION = CHECKOUT / "extension"
NODE = shutil.which("node")
COMPILER = CHECKOUT / "node_modules/typescript/bin/tsc"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(NODE is None, reason=f"Node is not installed; {HOW_TO_INSTALL}"),
    pytest.mark.skipif(
        not COMPILER.exists(), reason=f"TypeScript is not installed; {HOW_TO_INSTALL_NPM}"
    ),
]

CONTENT = "/** @type {FawkesContent} */ (globalThis.fawkes ??= {})"
SHARED = "/** @type {FawkesShared} */ (globalThis.fawkes)"
MAIN_WORLD = "/** @type {FawkesMainWorld} */ (globalThis.fawkesMainWorld)"

RIGHT = {
    "part": (CONTENT, "fawkes.selection.taken([null]);"),
    "new part": (CONTENT, "fawkes.quiet = Object.freeze({ start() {} });"),
    "kind of the bus": (CONTENT, 'fawkes.bus.send("answer", { ok: true }, [input]);'),
    "part of shared": (SHARED, "fawkes.text.t('name', 1);"),
    "part of the main world": (MAIN_WORLD, 'fawkes.ask("own", [input]);'),
    "native": (MAIN_WORLD, "fawkes.apply(fawkes.dispatch, input, [new Event('input')]);"),
    "message": (SHARED, "chrome.runtime.sendMessage({ type: 'frames', tab: 1 });"),
}

WRONG = {
    "misspelt part": (CONTENT, "fawkes.selectoin.taken([null]);"),
    "misspelt member": (CONTENT, "fawkes.selection.takne([null]);"),
    "misspelt limit": (CONTENT, "fawkes.limits.photoByte + 1;"),
    "wrong argument": (CONTENT, "fawkes.selection.taken('file');"),
    "missing argument": (CONTENT, "fawkes.selection.taken();"),
    "result as something else": (CONTENT, "fawkes.text.t('name').toFixed(1);"),
    "missing member": (CONTENT, "fawkes.quiet = Object.freeze({ begin() {} });"),
    "misspelt kind of the bus": (CONTENT, 'fawkes.bus.send("answr", { ok: true }, [input]);'),
    "wrong data on the bus": (CONTENT, 'fawkes.bus.send("answer", { okay: true }, [input]);'),
    "kind that nobody asks": (CONTENT, 'fawkes.bus.on("answer", () => true);'),
    "world that is not named": ("globalThis.fawkes ??= {}", "fawkes.limits.photoBytes + 1;"),
    "part of another world": (SHARED, "fawkes.selection.taken([null]);"),
    "misspelt part of the main world": (MAIN_WORLD, "fawkes.aks('own', [input]);"),
    "misspelt kind in the main world": (MAIN_WORLD, "fawkes.ask('onw', [input]);"),
    "misspelt native": (MAIN_WORLD, "fawkes.getter(Event, 'tpye');"),
    "wrong argument of a native": (MAIN_WORLD, "fawkes.apply(fawkes.dispatch, input, ['input']);"),
    "misspelt function of the browser": (SHARED, "chrome.runtime.sendMesage({ type: 'look' });"),
    "misspelt message": (SHARED, "chrome.runtime.sendMessage({ type: 'loko' });"),
    "wrong part of a message": (SHARED, "chrome.runtime.sendMessage({ type: 'frames', tab: '' });"),
    "misspelt key of the storage": (SHARED, "chrome.storage.local.get('setings');"),
    "parameter of no type": (SHARED, "const of = (value) => value; of(1);"),
    "fault of no type": (SHARED, "try { fawkes.text.t('') } catch (fault) { fault.code; }"),
    "null that nobody looked at": (CONTENT, "fawkes.roots.shadowOf(input).host;"),
}


def tsc(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    assert NODE is not None
    return subprocess.run(
        [NODE, COMPILER, *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The probes in which the compiler sees an error, by the extension's own settings."""
    folder = tmp_path_factory.mktemp("probes")
    for name, (world, line) in (RIGHT | WRONG).items():
        script = (
            f'(function (fawkes) {{\n  const input = document.createElement("input");\n  {line}\n'
            f"  return input;\n}})({world});\n"
        )
        (folder / f"{name}.js").write_text(script, encoding="utf-8")
    settings = {
        "extends": str(CHECKOUT / "tsconfig.json"),
        "include": [str(EXTENSION / "**/*.d.ts"), "*.js"],
    }
    (folder / "tsconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    done = tsc("--project", folder, "--pretty", "false")
    elsewhere = [
        line for line in done.stdout.splitlines() if "error" in line and str(EXTENSION) in line
    ]
    assert not elsewhere
    return set(re.findall(r"([\w ]+)\.js\(\d+,\d+\): error", done.stdout))


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_passes(wrong, name):
    assert name not in wrong


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_an_error_of_the_lint(wrong, name):
    assert name in wrong


def test_every_script_is_checked():
    listed = tsc("--project", CHECKOUT, "--listFilesOnly").stdout.splitlines()
    checked = {Path(name).resolve() for name in listed}
    scripts = [*EXTENSION.rglob("*.js"), *EXTENSION.rglob("*.d.ts")]
    assert scripts
    assert not [script for script in scripts if script.resolve() not in checked]
    excused = re.compile(r"@ts-(nocheck|ignore|expect-error)")
    assert not [script for script in scripts if excused.search(script.read_text("utf-8"))]


def test_the_lint_asks_the_compiler():
    package = json.loads((CHECKOUT / "package.json").read_text("utf-8"))
    assert " tsc " in package["scripts"]["lint"]

"""The manifest, its files and its messages fit together, and say no more than they should."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import fawkes_host
from fawkes_host.cli.cloak.notices import SENTENCES
from fawkes_host.protocol.errors import BY_CODE, EXTENSION_CODES, TABLE
from fawkes_host.protocol.greeting import NATIVE_HOST, PROTOCOL
from fawkes_host.protocol.limits import CHUNK_BYTES, PHOTO_BYTES, WINDOW_CHUNKS
from fawkes_host.system.native_host import CHROMIUM_ID, GECKO_ID

EXTENSION = Path(__file__).parents[2] / "extension"
MANIFEST: dict[str, Any] = json.loads((EXTENSION / "manifest.json").read_text(encoding="utf-8"))
LOCALES = sorted(path.name for path in (EXTENSION / "_locales").iterdir())
SOURCES = [
    path for path in EXTENSION.rglob("*") if path.suffix in (".js", ".html", ".json", ".css", ".md")
]


def messages(locale: str) -> dict[str, dict[str, Any]]:
    path = EXTENSION / "_locales" / locale / "messages.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def script(path: str) -> str:
    return (EXTENSION / path).read_text(encoding="utf-8")


def test_version_is_that_of_the_distribution() -> None:
    assert MANIFEST["version"] == fawkes_host.__version__


def test_identity_is_fixed_in_both_browsers() -> None:
    digest = hashlib.sha256(base64.b64decode(MANIFEST["key"], validate=True)).hexdigest()
    identity = "".join(chr(ord("a") + int(digit, 16)) for digit in digest[:32])
    assert identity == CHROMIUM_ID == "lkicofbnhpdlobohdcnecjglabpoelff"
    gecko = MANIFEST["browser_specific_settings"]["gecko"]["id"]
    assert gecko == GECKO_ID == "fawkes@fawkes.org"


def test_protocol_and_host_are_those_of_the_host() -> None:
    assert f"protocol: {PROTOCOL}," in script("shared/limits.js")
    assert f'HOST_NAME = "{NATIVE_HOST}"' in script("background/native_port.js")
    limits = script("shared/limits.js")
    for name, value in (
        ("photoBytes", PHOTO_BYTES),
        ("chunkBytes", CHUNK_BYTES),
        ("windowChunks", WINDOW_CHUNKS),
    ):
        factors = re.findall(rf"\b{name}: ([\d *]+),", limits)[0].split(" * ")
        assert math.prod(int(factor) for factor in factors) == value


def test_permissions_are_these_and_each_is_explained() -> None:
    assert MANIFEST["permissions"] == ["activeTab", "nativeMessaging", "scripting", "storage"]
    assert MANIFEST["optional_host_permissions"] == ["*://*/*"]
    explained = script("PERMISSIONS.md")
    for permission in MANIFEST["permissions"]:
        assert f"**`{permission}`**" in explained
    assert "web_accessible_resources" not in MANIFEST
    assert "externally_connectable" not in MANIFEST


def test_curated_sites_are_those_of_the_rules() -> None:
    block = script("shared/site_rules.js").split("CURATED = ")[1].split("});")[0]
    names = sorted(re.findall(r'"([^"]+)"', block))
    patterns = [f"*://*.{name}/*" for name in names]
    assert MANIFEST["host_permissions"] == patterns
    for entry in MANIFEST["content_scripts"]:
        assert entry["matches"] == patterns


def test_content_scripts_start_before_the_page_in_every_frame() -> None:
    hooks, content = MANIFEST["content_scripts"]
    assert hooks["world"] == "MAIN"
    assert "world" not in content
    for entry in (hooks, content):
        assert entry["run_at"] == "document_start"
        assert entry["all_frames"] is True
        assert entry["match_about_blank"] is True
        assert entry["match_origin_as_fallback"] is True
    assert hooks["js"][-1] == "main_world/hooks.js"
    assert content["js"][-1] == "content/main.js"


def test_every_file_that_is_named_exists() -> None:
    named = [*MANIFEST["icons"].values(), *MANIFEST["action"]["default_icon"].values()]
    named += [MANIFEST["action"]["default_popup"], MANIFEST["options_ui"]["page"]]
    named += [MANIFEST["background"]["service_worker"], *MANIFEST["background"]["scripts"]]
    for entry in MANIFEST["content_scripts"]:
        named += entry["js"]
    for page in EXTENSION.rglob("*.html"):
        for link in re.findall(r'(?:src|href)="([^"]+)"', page.read_text(encoding="utf-8")):
            named.append(str((page.parent / link).resolve().relative_to(EXTENSION)))
    for path in named:
        assert (EXTENSION / path).is_file(), path


@pytest.mark.parametrize(
    ("name", "size"), [("on", 16), ("on", 32), ("on", 48), ("on", 128), ("off", 16), ("off", 48)]
)
def test_icons_have_their_sizes(name: str, size: int) -> None:
    with Image.open(EXTENSION / "icons" / f"{name}-{size}.png") as icon:
        assert icon.size == (size, size)
        assert icon.mode == "RGBA"


def test_policy_allows_own_scripts_only() -> None:
    policy = MANIFEST["content_security_policy"]["extension_pages"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(EXTENSION)))
def test_nothing_is_parsed_or_loaded_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.name == "windows.js":  # it names what pages call, and calls none of it
        text = text.replace('        "insertAdjacentHTML",\n', "")
        text = text.replace('      ["innerHTML", "outerHTML"],\n', "")
    if path.suffix in (".js", ".html"):
        for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "new Function"):
            assert forbidden not in text
        assert "fetch(" not in text
        if path.name == "read_now.js":  # of files that are at hand
            assert re.findall(r"\.open\(.*", text) == ['.open("GET", url, false);']
            assert re.findall(r"\burl = .*", text) == ["url = URL.createObjectURL(file);"]
        else:
            assert "XMLHttpRequest" not in text
    if path.suffix == ".html":
        assert not re.search(r"<script(?![^>]*\bsrc=)", text)
        assert not re.search(r"\son\w+=", text)
        assert "style=" not in text
    addresses = re.findall(r"https?://[\w.-]+", text)
    assert set(addresses) <= {"http://www.w3.org"}, addresses


@pytest.mark.parametrize("locale", LOCALES)
def test_every_error_has_a_sentence(locale: str) -> None:
    there = messages(locale)
    for error in TABLE:
        assert there[error.message_key()]["message"].strip()
    for code in EXTENSION_CODES:
        assert there[f"error_{code}"]["message"].strip()


@pytest.mark.parametrize("locale", LOCALES)
def test_every_loss_of_a_photo_has_words(locale: str) -> None:
    named = {key for key in messages(locale) if key.startswith("notice_")}
    assert named == {f"notice_{code}" for code in SENTENCES} | {"notice_unknown"}


def test_every_code_of_the_extension_is_listed() -> None:
    used: set[str] = set()
    for path in EXTENSION.rglob("*.js"):
        used |= set(re.findall(r'Fault\((?:\s*isOrphan\(\) \? )?"(\w+)"', path.read_text()))
        used |= set(re.findall(r'"(extension_\w+|background_gone|host_\w+)"', path.read_text()))
    known = {error.code for error in TABLE} | set(EXTENSION_CODES)
    shown = set(messages("en"))
    assert {code for code in used if f"error_{code}" in shown or code in EXTENSION_CODES} <= known
    assert set(EXTENSION_CODES) <= used
    assert not set(EXTENSION_CODES) & set(BY_CODE)


@pytest.mark.parametrize("locale", LOCALES)
def test_locales_have_the_same_messages_and_places(locale: str) -> None:
    english, other = messages("en"), messages(locale)
    assert list(english) == list(other)
    for key, value in english.items():
        places = re.findall(r"\$\d", value["message"])
        assert sorted(places) == sorted(re.findall(r"\$\d", other[key]["message"])), key


def test_every_message_that_is_used_exists_and_the_other_way_round() -> None:
    there = set(messages("en"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES if path.suffix != ".md")
    for key in re.findall(r'data-(?:text|label|hint)="(\w+)"', text):
        assert key in there, key
    for key in re.findall(r'\bt\("([a-z]\w+)"', text):
        assert key in there, key
    for key in re.findall(r"__MSG_(\w+)__", text):
        assert key in there, key
    built = (
        "error_",
        "notice_",
        "stage_",
        "level_",
        "policy_",
        "host_",
        "group_",
        "title_",
        "popup_",
    )
    for key in there:
        assert f'"{key}"' in text or f"__MSG_{key}__" in text or key.startswith(built), key


@pytest.mark.parametrize("locale", LOCALES)
def test_levels_promise_what_was_measured(locale: str) -> None:
    readme = (EXTENSION.parent / "README.md").read_text(encoding="utf-8")
    for level in ("low", "mid", "high"):
        (row,) = re.findall(rf"^\| `{level}`.*$", readme, re.MULTILINE)
        measured = sorted(re.findall(r"\d+", row.rsplit("|", 2)[1]))
        told = messages(locale)[f"level_{level}_gain"]["message"]
        assert re.findall(r"\d+", told) == [*measured, "100"]


@pytest.mark.parametrize("locale", LOCALES)
def test_every_state_stage_and_choice_has_words(locale: str) -> None:
    there = messages(locale)
    for state in ("unknown", "cold", "warming", "ready", "missing", "outdated", "broken"):
        assert f"host_{state}" in there
    for stage in ("waiting", "warming", "decode", "detect", "align", "cloak", "merge", "encode"):
        assert f"stage_{stage}" in there
    assert {"level_off", "level_off_hint"} <= set(there)
    for level in ("low", "mid", "high"):
        assert {f"level_{level}", f"level_{level}_seen", f"level_{level}_gain"} <= set(there)
    for title in ("on", "partly", "off", "not_here", "helpless", "working", "attention"):
        assert f"title_{title}" in there
    for kind in ("on", "partly", "off", "off_here", "uncovered", "no_site", "attention"):
        assert f"popup_{kind}" in there
        assert f"popup_{kind}_hint" in there

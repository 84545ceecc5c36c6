"""Nothing but real parts: browser, extension, relay, service, networks, and a face they find."""

from __future__ import annotations

import time
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fawkes_host.engine import remembered
from fawkes_host.evaluation.portrait import draw_portrait
from fawkes_models import registry, store
from tests.browser.conftest import Running
from tests.browser.server import Server
from tests.browser.tab import Tab, wait_for_toast
from tests.browser.upload_paths import UPLOAD_PATHS, UploadPath
from tests.browser.user import Host

WARM_UP_S = 240.0
"""TensorFlow and four networks, read for the first time on a busy machine."""

CLOAKING_S = 180.0

NAMES = ("submit while waiting", "drop on the page", "paste")
"""A file input is in ``tests/install/test_cycle.py``."""


@pytest.fixture(scope="session")
def portrait(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn face as JPEG, and beside it as PNG for the clipboard."""
    path = tmp_path_factory.mktemp("portrait") / "portrait.jpg"
    drawing = Image.fromarray(draw_portrait())
    drawing.save(path, quality=92)
    drawing.save(path.with_suffix(".png"))
    return path


@pytest.fixture
def real(running: Running, tab: Tab) -> None:
    """The real engine, warm, at the level that takes the least time."""
    running.user.use(Host.REAL)
    running.in_extension(
        "await chrome.storage.local.set({settings: {level: 'low'}});"
        "await chrome.runtime.sendMessage({type: 'wake'});"
    )
    end = time.monotonic() + WARM_UP_S
    while (host := running.in_extension("return chrome.runtime.sendMessage({type: 'look'})"))[
        "state"
    ] != "ready":
        assert time.monotonic() < end, host
        time.sleep(0.5)


@pytest.mark.timeout(2 * WARM_UP_S)
@pytest.mark.parametrize(
    "upload_path",
    [upload_path for upload_path in UPLOAD_PATHS if upload_path.name in NAMES],
    ids=lambda upload_path: upload_path.name,
)
def test_face_is_cloaked_by_the_networks_on_its_way(
    upload_path: UploadPath, real: None, running: Running, tab: Tab, server: Server, portrait: Path
) -> None:
    upload_path.open(tab, server)
    upload_path.act(tab, [portrait])
    if not upload_path.navigates:
        wait_for_toast(tab, "1 face cloaked", patience_s=CLOAKING_S)
    (upload,) = server.recorder.wait_for(1, timeout_s=CLOAKING_S)

    original = portrait.with_suffix(".png") if upload_path.clipboard else portrait
    assert upload.data != original.read_bytes()
    with Image.open(original) as before, Image.open(BytesIO(upload.data)) as after:
        assert (after.format, after.size) == (before.format, before.size)
        change = np.abs(np.asarray(after, np.int16) - np.asarray(before, np.int16))
    # The face is in the upper half; the lowest rows are coat and background.
    assert change[:250].mean() > 10 * change[-40:].mean()
    assert 2 <= change.max() < 100

    (recent,) = running.in_extension("return chrome.runtime.sendMessage({type: 'history'})")[
        "recents"
    ]
    (face,) = recent["receipt"]["faces"]
    assert recent["receipt"]["level"] == "low"
    assert set(face["similarity"]) == {"dlib_resnet", "mobilefacenet", "faceres"}
    assert all(value < 0.95 for value in face["similarity"].values())


@pytest.mark.timeout(2 * WARM_UP_S)
def test_photos_of_one_selection_know_each_other(
    real: None, running: Running, tab: Tab, server: Server, portrait: Path
) -> None:
    (upload_path,) = (
        upload_path for upload_path in UPLOAD_PATHS if upload_path.name == "several files"
    )
    narrow = portrait.with_name("narrow.jpg")
    with Image.open(portrait) as photo:
        photo.resize((photo.width * 4 // 5, photo.height)).save(narrow, quality=90)
    upload_path.open(tab, server)
    upload_path.act(tab, [portrait, narrow])
    server.recorder.wait_for(2, timeout_s=CLOAKING_S)
    recents = running.in_extension("return chrome.runtime.sendMessage({type: 'history'})")[
        "recents"
    ]
    faces = [face for recent in recents[:2] for face in recent["receipt"]["faces"]]
    # Of earlier tests the service may know more, and have the first in its cache.
    assert len(faces) == 2
    assert max(face["other_photos"] for face in faces) >= 1


@pytest.mark.timeout(2 * WARM_UP_S)
def test_where_the_user_says_so_a_photo_becomes_a_decoy(
    real: None,
    running: Running,
    tab: Tab,
    server: Server,
    portrait: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (upload_path,) = (path for path in UPLOAD_PATHS if path.name == "paste")
    upload_path.open(tab, server)
    running.in_extension(
        "return chrome.storage.local.set({settings: {level: 'low', policy: 'keep',"
        " sites: {[arguments[0]]: 'decoy'}}})",
        tab.js("return location.hostname"),
    )
    upload_path.act(tab, [portrait])
    wait_for_toast(tab, "Nobody is remembered", patience_s=CLOAKING_S)
    assert server.recorder.uploads == []
    people = running.user.home / ".local/share/fawkes-host/people.safetensors"
    monkeypatch.setattr(remembered, "path", lambda: people)
    random = np.random.default_rng(0)
    somebody = {
        name: random.standard_normal(store.load(name).embedding_size).astype(np.float32)
        for name in registry.SURROGATES
    }
    somebody = {name: row / np.linalg.norm(row) for name, row in somebody.items()}
    remembered.add([somebody], list(registry.SURROGATES))
    try:
        tab.toast_press("Try again")
        wait_for_toast(tab, "A decoy:", patience_s=CLOAKING_S)
        (upload,) = server.recorder.wait_for(1, timeout_s=CLOAKING_S)
    finally:
        people.unlink()
    assert upload.data != portrait.with_suffix(".png").read_bytes()
    (recent,) = running.in_extension("return chrome.runtime.sendMessage({type: 'history'})")[
        "recents"
    ][:1]
    assert (recent["receipt"]["level"], recent["receipt"]["policy"]) == ("decoy", "strip")
    (face,) = recent["receipt"]["faces"]
    assert set(face["likeness"]) == set(registry.SURROGATES)
    assert min(face["likeness"].values()) > 0.2

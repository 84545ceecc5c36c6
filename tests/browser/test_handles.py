"""Handles of files on disk, which only Chromium gives to pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Running
from tests.browser.marks import is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab, call_async, wait_for
from tests.browser.test_upload_paths import assert_unseen
from tests.browser.upload_paths import UPLOAD_PATHS, ZONE

USE = """
const worker = new Worker(URL.createObjectURL(new Blob(["onmessage = () => postMessage('got it')"])));
const refusals = [];
const tries = {
  worker: () => worker.postMessage({ deep: [handle] }),
  channel: () => new MessageChannel().port1.postMessage(handle),
  clone: () => structuredClone(handle),
  window: () => postMessage(handle, "*"),
  database: () => new Promise((done, failed) => {
    const opening = indexedDB.open("handles", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("handles");
    opening.onsuccess = () => {
      try {
        opening.result.transaction("handles", "readwrite").objectStore("handles").put(handle, "one");
        done();
      } catch (error) {
        failed(error);
      }
    };
  }),
};
for (const [name, run] of Object.entries(tries)) {
  try {
    await run();
  } catch (error) {
    refusals.push(`${name}: ${error.name}`);
  }
}
const file = await handle.getFile();
return {
  refusals,
  kind: handle.kind,
  name: handle.name,
  isHandle: handle instanceof FileSystemFileHandle,
  label: String(handle),
  same: await handle.isSameEntry(handle),
  permission: await handle.queryPermission({ mode: "read" }),
  size: file.size,
  text: await file.text(),
};
"""

WATCH = """
const observer = new FileSystemObserver(([record]) => { window.change = record });
await observer.observe(handle);
"""

WALK = """
const root = await navigator.storage.getDirectory();
const inner = await root.getDirectoryHandle("inner", { create: true });
const made = await inner.getFileHandle("one.txt", { create: true });
const stream = await made.createWritable();
await stream.write("hello");
await stream.close();
const names = [];
for await (const [name, handle] of inner) names.push([name, handle.kind, handle instanceof FileSystemFileHandle]);
for await (const name of inner.keys()) names.push(name);
for await (const handle of inner.values()) names.push(await (await handle.getFile()).text());
let cloned = "cloned";
try { structuredClone(made) } catch (error) { cloned = error.name }
return { names, path: await root.resolve(made), cloned };
"""


@pytest.fixture
def chromium(running: Running) -> None:
    if running.name != "chromium":
        pytest.skip("Firefox has no handles of files on disk")


def test_handle_that_may_lead_to_a_photo_does_not_leave_the_page(
    chromium: None, tab: Tab, server: Server, tmp_path: Path
) -> None:
    """A worker could read it, and has nobody to ask.  In the page it does all that a handle does."""
    path = tmp_path / "notes.ts"  # no photo, so that the drop is the browser's own
    path.write_text("a text")
    tab.goto(server.url("/guarded-handle"))
    tab.drop("document.querySelector('#zone')", [path])
    wait_for(tab, "return Boolean(window.handle)")
    # Nobody can look into what comes at once, as here by an observer: it may lead to a photo.
    call_async(tab, WATCH)
    path.write_text("a text")
    wait_for(tab, "return Boolean(window.change)")
    tab.js("handle = change.root")
    assert call_async(tab, USE) == {
        "refusals": [
            f"{name}: DataCloneError"
            for name in ("worker", "channel", "clone", "window", "database")
        ],
        "kind": "file",
        "name": "notes.ts",
        "isHandle": True,
        "label": "[object FileSystemFileHandle]",
        "same": True,
        "permission": "granted",
        "size": 6,
        "text": "a text",
    }


def test_handle_of_a_document_is_the_pages_to_keep(
    chromium: None, tab: Tab, server: Server, tmp_path: Path
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("a text")
    tab.goto(server.url("/guarded-handle"))
    tab.drop("document.querySelector('#zone')", [path])
    wait_for(tab, "return Boolean(window.handle)")
    used = call_async(tab, USE)
    assert (used["refusals"], used["text"]) == ([], "a text")


def test_private_storage_of_a_page_is_its_own(running: Running, tab: Tab, server: Server) -> None:
    tab.goto(server.page("/private", "<title>private</title>"))
    assert call_async(tab, WALK) == {
        "names": [["one.txt", "file", True], "one.txt", "hello"],
        "path": ["inner", "one.txt"],
        "cloned": "cloned",
    }


BY_HANDLES = """<script src="/spy.js"></script><div id="zone" style="height: 200px">Drop</div><script>
zone.ondragover = (event) => event.preventDefault();
zone.ondrop = async (event) => {
  event.preventDefault();
  const items = [...event.dataTransfer.items];
  const [handle] = await Promise.all(items.map((item) => item.getAsFileSystemHandle()));
  const found = new Map();
  const walk = async (one, path) => {
    if (one.kind === "file") found.set([...path, one.name].join("/"), await one.getFile());
    else for await (const [name, inner] of one) await walk(inner, [...path, one.name]);
  };
  await walk(handle, []);
  window.facts = { type: handle.constructor.name, paths: [...found.keys()].sort() };
  if (handle.kind === "directory") {
    const inner = await handle.getDirectoryHandle("inner");
    facts.path = await handle.resolve(await inner.getFileHandle("face.jpg"));
    facts.missing = await inner.getFileHandle("none").catch(({ name }) => name);
  }
  await deliver(found.values(), "handles");
};
</script>"""


@pytest.mark.parametrize("dropped", ["astronaut.jpg", "folder"])
def test_page_that_reads_a_drop_by_handles_gets_what_was_cloaked(
    dropped: str, chromium: None, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(server.page("/by-handles", BY_HANDLES))
    tab.drop(ZONE, [photos / dropped])
    facts = wait_for(tab, "return window.facts")
    uploads = {upload.filename: upload for upload in server.recorder.wait_for(1)}
    if dropped == "folder":
        assert facts == {
            "type": "FileSystemDirectoryHandle",
            "paths": ["folder/inner/face.jpg", "folder/letter.pdf"],
            "path": ["inner", "face.jpg"],
            "missing": "NotFoundError",
        }
        assert is_marked(uploads["face.jpg"].data)
        assert uploads["letter.pdf"].data == (photos / "letter.pdf").read_bytes()
    else:
        assert facts == {"type": "FileSystemFileHandle", "paths": ["astronaut.jpg"]}
        assert is_marked(uploads["astronaut.jpg"].data)
    assert_unseen(UPLOAD_PATHS[0], tab, server, photos)

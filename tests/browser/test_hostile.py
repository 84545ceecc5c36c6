"""Pages that try to get at an original, or to make the extension hang."""

from __future__ import annotations

import base64
import hashlib
import time
from pathlib import Path

import pytest

from tests.browser.conftest import Running
from tests.browser.marks import is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab, call_async, wait_for, wait_for_toast, wait_until
from tests.browser.test_upload_paths import assert_unseen
from tests.browser.upload_paths import BUTTON, INPUT, UPLOAD_PATHS, UploadPath, pick

SPY = '<script src="/spy.js"></script>'
FILE_INPUT = SPY + '<input type="file" id="f"><script>uploadOnChange(f)</script>'

PLAIN = next(upload_path for upload_path in UPLOAD_PATHS if upload_path.name == "file input")
"""For looking at what a page of one's own has seen."""

GRASPED = ("file input", "drop on the page", "paste", "clipboard.read()", "submit while waiting")

HASH_CAUGHT = """
const frame = document.createElement("iframe");
document.body.append(frame);
const clean = frame.contentWindow;
const filesOf = clean.Object.getOwnPropertyDescriptor(clean.HTMLInputElement.prototype, "files").get;
const sums = [];
for (let at = 0; at < caught.length; at += 1) {
  const one = caught[at];
  const files = "tagName" in one ? clean.Array.from(filesOf.call(one) ?? []) : [one];
  for (const file of files) {
    const bytes = await new clean.Response(file).arrayBuffer();
    const sum = new clean.Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    sums.push(clean.Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join(""));
  }
}
return sums;
"""


def assert_cloaked_alone(tab: Tab, server: Server, photos: Path) -> None:
    """One photo arrives, and it is cloaked; the page has had no other."""
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert_unseen(PLAIN, tab, server, photos)


def grasping(upload_path: UploadPath, tab: Tab, server: Server) -> None:
    html, headers = server.content("/" + upload_path.page)
    html = html.replace(SPY, '<script src="/grasping.js"></script>' + SPY)
    tab.goto(server.page(f"/grasping-{upload_path.page}", html, **headers))


@pytest.mark.parametrize(
    "upload_path",
    [upload_path for upload_path in UPLOAD_PATHS if upload_path.name in GRASPED],
    ids=lambda upload_path: upload_path.name,
)
def test_replaced_prototypes_catch_no_original(
    upload_path: UploadPath, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=0.2)
    grasping(upload_path, tab, server)
    upload_path.act(tab, [photos / "astronaut.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert_unseen(upload_path, tab, server, photos)
    if upload_path.navigates:
        wait_for(tab, "return document.title === 'received'")
    else:
        sums = call_async(tab, HASH_CAUGHT)
        assert upload.sha256 in sums, "the trap works: what the page may have, it has caught"
        originals = {hashlib.sha256(path.read_bytes()).hexdigest() for path in photos.glob("*.*")}
        assert not originals & set(sums)


@pytest.mark.parametrize("page", ["clean-realm", "adopted-input"])
def test_natives_of_another_realm_get_no_original(
    page: str, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=0.2)
    tab.goto(server.url("/" + page))
    pick(BUTTON)(tab, [photos / "astronaut.jpg"])
    assert_cloaked_alone(tab, server, photos)


def test_natives_of_a_frame_that_is_gone_open_no_picker(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    """What such a frame left behind would have nobody to ask."""
    tab.goto(server.url("/frame-that-is-gone"))
    for button in ("click", "showPicker", "dispatchEvent"):
        with pytest.raises(AssertionError, match="no picker opened"):
            tab.pick(
                f"document.querySelector('#{button}')", [photos / "astronaut.jpg"], patience_s=1
            )
    assert tab.js("return tried") == ["click", "showPicker", "dispatchEvent"]
    tab.pick("document.querySelector('#own')", [photos / "astronaut.jpg"])
    assert_cloaked_alone(tab, server, photos)


ROADS = (
    SPY
    + """<form id=form><input type=file id=f name=photo><button id=go name=s>go</button></form><script>
window.came = new Set();
const all = (list, where) => {
  for (const file of list ?? []) if (file.size) { came.add(where); see(file, where) }
};
const port = new MessageChannel();
port.port1.onmessage = ({ data }) => all(data, "port");
const [here, there] = [new BroadcastChannel("x"), new BroadcastChannel("x")];
there.onmessage = ({ data }) => all(data, "broadcast");
addEventListener("message", ({ data }) => all(data, "message"));
const worker = new Worker(URL.createObjectURL(new Blob(["onmessage = ({ data }) => postMessage(data)"])));
worker.onmessage = ({ data }) => all(data, "worker");
const asked = indexedDB.open("x", 1);
asked.onupgradeneeded = () => asked.result.createObjectStore("x");
form.onformdata = ({ formData }) => all(formData.values(), "formdata");
window.turns = 0;
window.faults = new Set();
const pass = (where, work) => { try { work() } catch (error) { faults.add(where + error) } };
const roads = () => {
  turns += 1;
  pass("clone", () => all(structuredClone(f.files), "clone"));
  pass("message", () => postMessage(f.files, "*"));
  pass("port", () => port.port2.postMessage(f.files));
  pass("broadcast", () => here.postMessage(f.files));
  pass("worker", () => worker.postMessage(f.files));
  pass("history", () => { history.replaceState(f.files, ""); all(history.state, "history") });
  pass("database", () => {
    const store = asked.result.transaction("x", "readwrite").objectStore("x");
    store.put(f.files, 1);
    store.get(1).onsuccess = ({ target }) => all(target.result, "database");
  });
  pass("entries", () => all(Object.values(f.files), "entries"));
  pass("submitter", () => all(new FormData(form, go).values(), "submitter"));
  for (const copy of [f.cloneNode(), document.importNode(f, true), form.cloneNode(true).photo])
    all(copy.files, "copy");
};
asked.onsuccess = () => {
  for (const type of ["input", "change", "focus", "blur", "beforeinput"])
    f.addEventListener(type, roads);
  window.timer = setInterval(roads, 20);
  window.isReady = true;
};
f.addEventListener("change", () => { if (f.files.length) deliver(f.files, "change") });
</script>"""
)


def test_no_road_out_of_an_input_carries_an_original(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=0.4)
    tab.goto(server.page("/roads", ROADS))
    wait_for(tab, "return window.isReady")
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    # What came is seen on every road: each works.
    roads = ["broadcast", "clone", "copy", "database", "entries", "formdata", "history", "message"]
    roads += ["port", "submitter", "worker"]
    wait_for(
        tab,
        "return arguments[0].every((road) => came.has(road)) || faults.size > 0",
        roads,
    )
    tab.js("clearInterval(timer)")
    assert tab.js("return [...faults]") == []
    assert_unseen(PLAIN, tab, server, photos)


def test_input_that_is_removed_while_its_picker_is_open(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(server.url("/removed-input"))
    tab.pick(BUTTON, [photos / "astronaut.jpg"])
    assert_cloaked_alone(tab, server, photos)


def test_input_that_is_removed_and_changed_while_it_waits(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=0.5)
    tab.goto(server.url("/file-input"))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    wait_until(lambda: running.user.photos_begun() == 1)
    tab.js(
        "window.kept = f; inputs = () => (handled.length ? [kept] : [kept, kept.cloneNode()]);"
        "kept.remove(); kept.multiple = true; kept.name = 'other'; return true"
    )
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    wait_for_toast(tab, "1 face cloaked")
    assert_unseen(PLAIN, tab, server, photos)


def test_input_that_becomes_another_kind_while_it_waits_gets_nothing(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=0.3)
    tab.goto(server.url("/file-input"))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    wait_until(lambda: running.user.photos_begun() == 1)
    tab.js("f.type = 'text'; return true")
    wait_for_toast(tab, "did not take")
    assert tab.js("return f.value") == ""
    assert not server.recorder.uploads
    assert_unseen(PLAIN, tab, server, photos)


def test_form_whose_controls_are_named_like_its_methods_is_held(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    names = ("elements", "submit", "requestSubmit", "isConnected", "contains", "getRootNode")
    controls = "".join(f'<input type="hidden" name="{name}">' for name in names)
    running.user.behave("mark", delay_s=0.4)
    tab.goto(
        server.page(
            "/clobbered",
            f"""<form method="post" action="/upload" enctype="multipart/form-data">{controls}
            <input type="file" id="f" name="photo"><button id="go">Send</button></form>""",
        )
    )
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    tab.click("document.querySelector('#go')")
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert b'name="elements"' in server.recorder.bodies[0]


def test_page_that_is_left_takes_its_photo_back(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=20)
    tab.goto(server.url("/file-input"))
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    wait_until(lambda: running.user.photos_begun() == 1)
    tab.goto(server.page("/elsewhere", FILE_INPUT))
    wait_until(lambda: "cancelled" in running.user.log())
    assert not server.recorder.uploads
    running.user.behave("mark")
    tab.pick(INPUT, [photos / "second.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)


def test_replayed_events_bring_nothing(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    """Every event the page has seen is sent again, as are forged ones, all through the wait."""
    running.user.behave("mark", delay_s=0.6)
    tab.goto(
        server.page(
            "/replay",
            FILE_INPUT
            + """<script>
            window.replayed = 0;
            const old = [];
            const keep = (event) => { if (event.isTrusted) old.push(event); };
            for (const type of ["input", "change", "click", "focus", "cancel"])
              addEventListener(type, keep, true);
            setInterval(() => {
              const all = [...old, new Event("input", { bubbles: true, composed: true }),
                new Event("change", { bubbles: true }), new InputEvent("input", { bubbles: true })];
              for (const event of all) {
                if (event.type === "click") continue;
                if (f.files.length) return;
                f.dispatchEvent(event);
                replayed += 1;
              }
            }, 5);
            </script>""",
        )
    )
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    assert_cloaked_alone(tab, server, photos)
    assert tab.js("return replayed") > 10
    assert running.user.photos_begun() == 1


def test_forged_bus_hears_nothing_and_changes_nothing(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=0.2)
    tab.goto(
        server.page(
            "/forged",
            FILE_INPUT
            + """<script>
            window.heard = [];
            const forge = (target) => {
              const bus = document.createElement("i");
              const dispatch = bus.dispatchEvent;
              for (const kind of ["cloak", "answer", "read", "own", "submit", "drop", "paste", "shadow"])
                bus.addEventListener(kind, () => heard.push(kind));
              target.dispatchEvent(new MouseEvent("fawkes:bus", { cancelable: true, relatedTarget: bus }));
            };
            addEventListener("fawkes:bus", (event) => heard.push(["bus", event.isTrusted]), true);
            forge(window);
            heard.length = 0;
            const frame = document.createElement("iframe");
            document.body.append(frame);
            frame.contentWindow.addEventListener("fawkes:bus", () => heard.push("bus of a frame"), true);
            setInterval(() => {
              for (const type of ["photo", "cloak", "result", "end", "error"]) {
                postMessage({ type, id: "a", code: "cancelled" }, "*");
                dispatchEvent(new CustomEvent("fawkes", { detail: { type } }));
                dispatchEvent(new MessageEvent("message", { data: { type } }));
              }
            }, 10);
            </script>""",
        )
    )
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    assert_cloaked_alone(tab, server, photos)
    assert tab.js("return heard") == []


def test_page_cannot_use_the_host_as_an_oracle(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    """Photos of the page's own making are not cloaked for it, by whatever way it hands them in."""
    tab.goto(
        server.page(
            "/oracle",
            SPY
            + """<input type="file" id="f"><div id="zone" tabindex="0">Zone</div>
            <script>uploadOnChange(f)</script>""",
        )
    )
    tab.js(
        """
        const bytes = Uint8Array.from(atob(arguments[0]), (c) => c.charCodeAt(0));
        const transfer = () => {
          const made = new DataTransfer();
          made.items.add(new File([bytes], "own.jpg", { type: "image/jpeg" }));
          return made;
        };
        f.files = transfer().files;
        f.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
        f.dispatchEvent(new Event("change", { bubbles: true }));
        zone.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer() }));
        zone.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, clipboardData: transfer() }));
        return true;
        """,
        base64.b64encode((photos / "astronaut.jpg").read_bytes()).decode(),
    )
    (upload,) = server.recorder.wait_for(1)
    assert not is_marked(upload.data), "what the page had already, it keeps"
    assert tab.js("return typeof globalThis.fawkes") == "undefined"
    assert tab.js("return typeof globalThis.fawkesMainWorld") == "undefined"
    assert not tab.js("return globalThis.chrome?.runtime?.id ?? globalThis.browser ?? null")
    # A photo of the user's own, to see that the host would have heard.
    running.user.behave("mark")
    tab.pick(INPUT, [photos / "second.jpg"])
    server.recorder.wait_for(2)
    assert running.user.photos_begun() == 1


def test_message_flood_does_not_hold_up_a_photo(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    """Inputs are made, chosen from and thrown away; the last one still gets its photo."""
    running.user.behave("mark", delay_s=0.3)
    tab.goto(server.url("/input-by-script"))
    for _ in range(4):
        tab.pick(BUTTON, [photos / "astronaut.jpg"])
        time.sleep(0.02)
    for upload in server.recorder.wait_for(4, timeout_s=20):
        assert is_marked(upload.data)
    wait_for(tab, "return handled.length === 4")
    assert_unseen(PLAIN, tab, server, photos)

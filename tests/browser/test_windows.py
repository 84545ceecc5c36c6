"""Natives of other windows, and documents that are opened anew by somebody else."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.browser.conftest import Running
from tests.browser.marks import is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab, wait_for, wait_until
from tests.browser.test_upload_paths import assert_unseen
from tests.browser.upload_paths import BUTTON, FRAME, INPUT, UPLOAD_PATHS, ZONE

PLAIN = next(upload_path for upload_path in UPLOAD_PATHS if upload_path.name == "file input")

FRAMES = {
    "sandboxed": '<iframe sandbox="allow-same-origin"></iframe>',
    "sandboxed with a page": '<iframe sandbox="allow-same-origin" src="/inner"></iframe>',
    "sandboxed with markup": '<iframe sandbox="allow-same-origin" srcdoc="<p>x"></iframe>',
    "sandboxed by its policy": '<iframe src="/no-scripts"></iframe>',
    "in a sandboxed one": '<iframe sandbox="allow-same-origin" srcdoc="<iframe></iframe>"></iframe>',
    "that never loads": '<iframe src="javascript:false"></iframe>',
    "with markup": '<iframe srcdoc="<p>x"></iframe>',
    "object": '<object data="/inner" type="text/html"></object>',
    "another window": "",
}
"""Frames in which no script runs, or has not run when the page gets at them."""

OF_FRAME = """
const holder = document.querySelector("iframe, object");
let inner = holder?.contentWindow ?? window.opened;
while (inner.frames.length) inner = inner.document.querySelector("iframe").contentWindow;
const clean = {
  // Only the window that was clicked may open a picker.
  make: () => holder === null ? clean.own() : Object.assign(inner.document.createElement("input"), { type: "file" }),
  own: () => Object.assign(document.createElement("input"), { type: "file" }),
  click: inner.HTMLElement.prototype.click,
  showPicker: inner.HTMLInputElement.prototype.showPicker,
  dispatch: inner.EventTarget.prototype.dispatchEvent,
  files: inner.Object.getOwnPropertyDescriptor(inner.HTMLInputElement.prototype, "files").get,
  Form: inner.FormData,
};
"""

CHOOSERS = {
    "click": "clean.click.call(input)",
    "showPicker": "clean.showPicker.call(input)",
    "dispatchEvent": 'clean.dispatch.call(input, new MouseEvent("click", { cancelable: true }))',
}


@pytest.mark.parametrize("frame", FRAMES)
def test_natives_of_a_window_without_scripts_get_no_original(
    frame: str, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    """Each way to choose, with each way to read, of an input made there and of one made here."""
    server.page("/no-scripts", "<p>x", Content_Security_Policy="sandbox allow-same-origin")
    buttons = "".join(f"<button id={name}>{name}</button>" for name in CHOOSERS)
    cases = ",".join(f"{name}: (input) => {call}" for name, call in CHOOSERS.items())
    tab.goto(
        server.page(
            "/natives",
            f"""<script src="/spy.js"></script>{FRAMES[frame]}<button id=b>Open</button>{buttons}
            <script>
            b.onclick = () => {{ window.opened = window.open("/inner"); }};
            window.ready = () => {{
              {OF_FRAME}
              const cases = {{ {cases} }};
              for (const name in cases) {{
                let turn = 0;
                document.getElementById(name).onclick = () => {{
                  const input = turn++ ? clean.own() : clean.make();
                  for (const type of ["input", "change"])
                    input.addEventListener(type, () => {{
                      for (const file of clean.files.call(input)) see(file, name);
                      const form = document.createElement("form");
                      input.name = "photo";
                      form.append(input);
                      for (const file of new clean.Form(form).values()) if (file.size) see(file, name);
                      input.remove();
                      if (type === "change" && clean.files.call(input).length)
                        deliver(clean.files.call(input), name);
                    }});
                  cases[name](input);
                }};
              }}
              window.isReady = true;
            }};
            if (document.querySelector("iframe, object")) onload = window.ready;
            </script>""",
        )
    )
    if frame == "another window":
        tab.click(BUTTON)
        tab.to_front()
        tab.js("ready(); return true")
    wait_for(tab, "return window.isReady")
    for number, name in enumerate([*CHOOSERS, *CHOOSERS], start=1):
        tab.pick(f"document.querySelector('#{name}')", [photos / "astronaut.jpg"])
        uploads = server.recorder.wait_for(number)
        assert is_marked(uploads[-1].data), name
    assert_unseen(PLAIN, tab, server, photos)


SLOW_FRAME = '<iframe name=NAME src="/inner"></iframe>'

INSERTIONS = {
    "appendChild": "box.appendChild(frame)",
    "insertBefore": "box.insertBefore(frame, null)",
    "replaceChild": "box.replaceChild(frame, box.appendChild(new Text()))",
    "append": "box.append(frame)",
    "prepend": "box.prepend('text', frame)",
    "replaceChildren": "box.append(document.createElement('p')); box.lastChild.replaceChildren(frame)",
    "before": "box.before(frame)",
    "after": "box.after(frame)",
    "replaceWith": "box.append(new Text()); box.lastChild.replaceWith(frame)",
    "in a tree": "const tree = document.createElement('p'); tree.append(frame); box.append(tree)",
    "insertAdjacentElement": "box.insertAdjacentElement('beforeend', frame)",
    "insertAdjacentHTML": "box.insertAdjacentHTML('beforeend', markup)",
    "innerHTML": "box.append(document.createElement('p')); box.lastChild.innerHTML = markup",
    "outerHTML": "box.append(document.createElement('p')); box.lastChild.outerHTML = markup",
    "setHTMLUnsafe": "box.append(document.createElement('p')); box.lastChild.setHTMLUnsafe(markup)",
    "insertNode": "const at = new Range(); at.selectNodeContents(box); at.insertNode(frame)",
    "caption": (
        "const caption = document.createElement('caption'); caption.append(frame);"
        "box.append(document.createElement('table')); box.lastChild.caption = caption"
    ),
}
"""Ways to put a frame into a page, of each prototype that has one."""


def test_window_of_a_frame_is_guarded_before_the_page_has_its_number(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    """By number and name no getter tells; the first window of a frame lives on in its page."""
    ways = ",".join(
        f'"{name}": (box, frame, markup) => {{ {code} }}' for name, code in INSERTIONS.items()
    )
    tab.goto(
        server.page(
            "/by-number",
            f"""<script src="/spy.js"></script>
            {"".join(f"<button id={name}>{name}</button>" for name in ("parsed", "inserted"))}
            <div id=box></div>{SLOW_FRAME.replace("NAME", "parsed_frame")}<script>
            const filesOf = (view) =>
              view.Object.getOwnPropertyDescriptor(view.HTMLInputElement.prototype, "files").get;
            const clean = {{ parsed: [frames[0].HTMLElement.prototype.click, filesOf(parsed_frame)] }};
            box.append(Object.assign(document.createElement("iframe"), {{ src: "/inner" }}));
            clean.inserted = [frames[1].HTMLElement.prototype.click, filesOf(frames[1])];
            // Whoever had the window first could also hear what comes into it first.
            frames[1].addEventListener("fawkes:bus", (e) => e.stopImmediatePropagation(), true);
            for (const name in clean)
              document.getElementById(name).onclick = () => {{
                const input = Object.assign(document.createElement("input"), {{ type: "file" }});
                const [click, files] = clean[name];
                for (const type of ["input", "change"])
                  input.addEventListener(type, () => {{
                    for (const file of files.call(input)) see(file, name);
                    if (type === "change" && files.call(input).length) deliver(files.call(input), name);
                  }});
                click.call(input);
              }};
            const ways = {{ {ways} }};
            window.open_ = [];
            const isOpen = (view) =>
              String(view.HTMLElement.prototype.click).includes("[native code]");
            for (const way in ways) {{
              const name = "f" + frames.length;
              const frame = Object.assign(document.createElement("iframe"), {{ name, src: "/inner" }});
              ways[way](box, frame, `{SLOW_FRAME}`.replace("NAME", name));
              if (isOpen(frames[frames.length - 1]) || isOpen(window[name])) open_.push(way);
            }}
            </script>""",
        )
    )
    assert tab.js("return [frames.length, open_]") == [2 + len(INSERTIONS), []]
    for number, name in enumerate(("parsed", "inserted"), start=1):
        tab.pick(f"document.querySelector('#{name}')", [photos / "astronaut.jpg"])
        assert is_marked(server.recorder.wait_for(number)[-1].data), name
    assert_unseen(PLAIN, tab, server, photos)


def test_frame_whose_first_window_the_page_had_gets_pastes(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    """Its scripts run among natives that the scripts of the page around it have replaced."""
    server.page(
        "/pasted-into",
        """<script src="/spy.js"></script><div id=zone tabindex=0>Zone</div><script>
        zone.onpaste = ({ clipboardData }) => deliver(clipboardData.files, "paste");</script>""",
    )
    tab.goto(
        server.page(
            "/touches-early",
            """<div id=box></div><script>
            const frame = Object.assign(document.createElement("iframe"), { src: "/pasted-into" });
            box.append(frame);
            window.early = frame.contentWindow.HTMLElement;
            frame.onload = () => { window.livesOn = frame.contentWindow.HTMLElement === early; };
            </script>""",
        )
    )
    assert wait_for(tab, "return window.livesOn")
    with tab.frame(FRAME):
        tab.click(ZONE)
        tab.paste(photos / "astronaut.png")
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert running.user.photos_begun() == 1


def test_press_of_submit_in_a_frame_that_is_heard_from_around_it_waits(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    """Its elements are of a window of their own; a `required` input is empty while it waits."""
    running.user.behave("mark", delay_s=1)
    form = FORM.replace("type=file", "type=file required")
    tab.goto(
        server.page(
            "/around",
            f"""<iframe src="javascript:false"></iframe>
            <script>frames[0].document.body.innerHTML = "{form}";</script>""",
        )
    )
    with tab.frame(FRAME):
        wait_for(tab, f"return {INPUT}")
        tab.pick(INPUT, [photos / "astronaut.jpg"])
        wait_until(lambda: running.user.photos_begun() == 1)
        tab.click("document.querySelector('#go')")
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)


@pytest.mark.parametrize("what", ["clipboard-read", "file-handle"])
def test_what_a_page_asks_for_in_frames_within_frames_is_cloaked_once(
    what: str, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    """Each is guarded by the window around it, and by what that was guarded by."""
    if what == "file-handle" and running.name == "firefox":
        pytest.skip("it has no handles of files on disk")
    path = next(path for path in UPLOAD_PATHS if path.page == what)
    frame = '<iframe src="/{}" width="600" height="300" allow="clipboard-read"></iframe>'
    server.page("/one-deep", frame.format(what))
    tab.goto(server.page("/two-deep", frame.format("one-deep") + frame.format(what)))
    frames = "document.querySelectorAll('iframe')"
    if what == "clipboard-read":
        tab.put_on_clipboard(photos / "astronaut.png")
        act = click_button
    else:
        act = path.act
    for number, way in enumerate(([f"{frames}[1]"], [f"{frames}[0]", f"{frames}[0]"]), start=1):
        with contextlib.ExitStack() as inner:
            for step in way:
                inner.enter_context(tab.frame(step))
            wait_for(tab, "return document.querySelector('#b') !== null")
            act(tab, [photos / "astronaut.jpg"])
            uploads = server.recorder.wait_for(number)
        assert is_marked(uploads[-1].data), way
        assert running.user.photos_begun() == number


def click_button(tab: Tab, files: list[Path]) -> None:
    tab.click(BUTTON)


def test_frame_beside_one_without_scripts_takes_no_natives_from_it(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    """The page around both is of another site, and can guard neither for the other."""
    server.page(
        "/beside",
        """<script src="/spy.js"></script><button id=b>Photo</button><script>
        const clean = parent.frames[0];
        const { get } = clean.Object.getOwnPropertyDescriptor(clean.HTMLInputElement.prototype, "files");
        const { click } = clean.HTMLElement.prototype;
        b.onclick = () => {
          const input = Object.assign(document.createElement("input"), { type: "file" });
          input.onchange = () => { if (get.call(input).length) deliver(get.call(input), "change"); };
          click.call(input);
        };
        </script>""",
    )
    server.page(
        "/around-both",
        f"""<iframe sandbox="allow-same-origin" src="{server.url("/inner")}"></iframe><script>
        document.querySelector("iframe").onload = () => {{
          const second = document.createElement("iframe");
          second.id = "second";
          second.src = "{server.url("/beside")}";
          document.body.append(second);
        }};
        </script>""",
    )
    tab.goto(server.url("/around-both", host="localhost"))
    wait_for(tab, "return document.querySelector('#second')")
    with tab.frame("document.querySelector('#second')"):
        wait_for(tab, f"return Boolean({BUTTON} && window.deliver)")
        tab.pick(BUTTON, [photos / "astronaut.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)


ERASERS = {
    "a frame": ("<iframe></iframe>", ""),
    "a frame without scripts": ('<iframe sandbox="allow-same-origin"></iframe>', ""),
    "a frame that never loads": ('<iframe src="javascript:false"></iframe>', ""),
    "a frame that is gone": ("<iframe></iframe>", "document.querySelector('iframe').remove();"),
}

FORM = (
    "<form method=post action=/upload enctype=multipart/form-data>"
    "<input type=file id=f name=photo><button id=go>Send</button></form>"
)


def assert_new_form_sends_cloaked(tab: Tab, server: Server, photos: Path) -> None:
    """Presses the button that opens the document anew, and uses the form that is in it then."""
    tab.click(BUTTON)
    wait_for(tab, f"return {INPUT}")
    tab.pick(INPUT, [photos / "astronaut.jpg"])
    tab.click("document.querySelector('#go')")
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)


@pytest.mark.parametrize("eraser", ERASERS)
@pytest.mark.parametrize("by", ["write", "writeln", "open"])
def test_document_opened_anew_by_natives_of_another_window_is_guarded_again(
    by: str, eraser: str, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    frame, before = ERASERS[eraser]
    rest = f"document.write('{FORM}')" if by == "open" else ""
    given = "" if by == "open" else f", '{FORM}'"
    tab.goto(
        server.page(
            "/erased",
            f"""{frame}<button id=b>Write</button><script>
            const {{ {by} }} = document.querySelector("iframe").contentWindow.Document.prototype;
            {before}
            b.onclick = () => {{ {by}.call(document{given}); {rest}; document.close(); }};
            </script>""",
        )
    )
    assert_new_form_sends_cloaked(tab, server, photos)


def test_what_runs_while_a_document_is_opened_does_not_come_first(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(
        server.page(
            "/first",
            f"""<button id=b>Write</button><x-last></x-last><script>
            const hide = (event) => event.stopImmediatePropagation();
            customElements.define("x-last", class extends HTMLElement {{
              disconnectedCallback() {{
                for (const type of ["input", "change", "click", "submit", "formdata"])
                  addEventListener(type, hide, true);
              }}
            }});
            b.onclick = () => {{ document.open(); document.write('{FORM}'); document.close(); }};
            </script>""",
        )
    )
    assert_new_form_sends_cloaked(tab, server, photos)


def test_input_whose_document_is_opened_anew_while_its_picker_is_open(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    tab.goto(
        server.page(
            "/erased-meanwhile",
            """<script src="/spy.js"></script><iframe></iframe><button id=b>Photo</button><script>
            const { open } = document.querySelector("iframe").contentWindow.Document.prototype;
            b.onclick = () => {
              const input = Object.assign(document.createElement("input"), { type: "file" });
              document.body.append(input);
              inputs = () => [input];
              input.click();
              open.call(document);
              document.write("<p id=there>");
              document.close();
              spyOn(window);
              uploadOnChange(input);
            };
            </script>""",
        )
    )
    tab.pick(BUTTON, [photos / "astronaut.jpg"])
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    assert_unseen(PLAIN, tab, server, photos)


READ_BY_THE_GONE = """
const of = (list) => Array.from(list ?? [], ({ name }) => name);
const form = held.ownerDocument.createElement("form");
form.append(held);
const read = (way) => [
  of(way.files.call(held)), of(way.entries?.call(held)), of(Array.from(new way.Form(form).values()))];
return { gone: read(gone), live: read(live) };
"""


@pytest.mark.parametrize("fate", ["removed", "elsewhere"])
def test_natives_of_a_window_that_is_gone_read_nothing(
    fate: str, running: Running, tab: Tab, server: Server
) -> None:
    leave = {
        "removed": "frame.remove(); window.isReady = true;",
        "elsewhere": "frame.onload = () => { window.isReady = true; }; frame.src = '/form';",
    }
    tab.goto(
        server.page(
            "/gone",
            f"""<iframe src="/inner"></iframe><script>
            const natives = (view) => ({{
              files: Object.getOwnPropertyDescriptor(view.HTMLInputElement.prototype, "files").get,
              entries: Object.getOwnPropertyDescriptor(
                view.HTMLInputElement.prototype, "webkitEntries")?.get,
              Form: view.FormData,
            }});
            const frame = document.querySelector("iframe");
            window.live = natives(window);
            window.held = Object.assign(document.createElement("input"), {{ type: "file", name: "photo" }});
            const transfer = new DataTransfer();
            transfer.items.add(new File(["a"], "own.jpg", {{ type: "image/jpeg" }}));
            held.files = transfer.files;
            onload = () => {{ window.gone = natives(frame.contentWindow); {leave[fate]} }};
            </script>""",
        )
    )
    wait_for(tab, "return window.isReady")
    assert tab.js(READ_BY_THE_GONE) == {
        "gone": [[], [], []],
        "live": [["own.jpg"], [], ["own.jpg"]],
    }


def test_page_that_reads_neither_clipboard_nor_handles_finds_no_trace(
    running: Running, tab: Tab, server: Server
) -> None:
    tab.goto(server.page("/trace", "<title>trace</title>"))
    assert tab.js("return ['then' in Blob.prototype, 'then' in File.prototype]") == [False, False]

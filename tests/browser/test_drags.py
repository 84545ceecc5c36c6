"""What a page shows while something is dragged over it, and where a drop goes that was held."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Running
from tests.browser.marks import is_marked
from tests.browser.server import Server
from tests.browser.tab import Tab, wait_for, wait_until
from tests.browser.test_hostile import PLAIN, SPY
from tests.browser.test_upload_paths import assert_unseen

OVERLAY = (
    SPY
    + """<style>#zone { position: fixed; inset: 0 } #over { position: fixed; inset: 0 }</style>
<div id="zone">Page</div>
<script>
  // As many pages do it: a layer that is there only while something is dragged over the page.
  window.shown = 0;
  const LATER = "MODE" === "later";
  let over = null;
  const show = (event) => {
    event.preventDefault();
    if (over) return;
    shown += 1;
    over = document.createElement("div");
    over.id = "over";
    over.addEventListener("dragover", (inner) => inner.preventDefault());
    over.addEventListener("dragleave", hide);
    over.addEventListener("drop", (inner) => {
      inner.preventDefault();
      deliver(inner.dataTransfer.files, "drop");
      hide();
    });
    document.body.append(over);
  };
  const hide = () => { over?.remove(); over = null };
  document.addEventListener("dragenter", (event) =>
    LATER ? setTimeout(() => show(event), 0) : show(event));
  document.addEventListener("dragover", (event) => event.preventDefault());
</script>"""
)


@pytest.mark.parametrize("mode", ["at once", "later"])
def test_layer_goes_when_the_drop_is_held_and_gets_it_later(
    mode: str, running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=1)
    tab.goto(server.page("/overlay", OVERLAY.replace("MODE", mode)))
    tab.drop("zone", [photos / "astronaut.jpg"])
    wait_until(lambda: running.user.photos_begun() == 1)
    wait_for(tab, "return shown > 0 && document.querySelector('#over') === null")
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)
    wait_for(tab, "return document.querySelector('#over') === null")
    assert_unseen(PLAIN, tab, server, photos)


def test_layer_stays_away_when_the_photo_is_cancelled(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=20)
    tab.goto(server.page("/overlay", OVERLAY.replace("MODE", "at once")))
    tab.drop("zone", [photos / "astronaut.jpg"])
    wait_until(lambda: running.user.photos_begun() == 1)
    wait_for(tab, "return shown > 0 && document.querySelector('#over') === null")
    tab.toast_press("Cancel")
    wait_until(lambda: tab.toast_text() == "")
    assert tab.js("return [handled.length, document.querySelector('#over')]") == [0, None]
    assert not server.recorder.uploads


def test_drop_goes_to_the_zone_that_stands_there_now(
    running: Running, tab: Tab, server: Server, photos: Path
) -> None:
    running.user.behave("mark", delay_s=1)
    page = (
        SPY
        + """<div id="zone" style="height: 160px">Drop here</div><script>
      window.equip = (zone) => {
        zone.ondragover = (event) => event.preventDefault();
        zone.ondrop = (event) => { event.preventDefault(); deliver(event.dataTransfer.files, "x") };
        return zone;
      };
      equip(zone);
    </script>"""
    )
    tab.goto(server.page("/zone-anew", page))
    tab.drop("zone", [photos / "astronaut.jpg"])
    wait_until(lambda: running.user.photos_begun() == 1)
    tab.js("zone.replaceWith(equip(zone.cloneNode(true)))")
    (upload,) = server.recorder.wait_for(1)
    assert is_marked(upload.data)

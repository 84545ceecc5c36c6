// Windows: this one after its document was opened anew, and those of the same site that the page can
// reach from here, in which the browser runs the page's side, or both sides, of this extension not.
(function (fawkes) {
  "use strict";

  const { roots, bus } = fawkes;

  /**
   * A frame has loaded: its first, empty document may be all that there will be.
   * @param {Event} event
   */
  function onLoad(event) {
    try {
      const shown = /** @type {HTMLIFrameElement} */ (event.target).contentWindow?.document;
      if (shown) bus.send("unscripted", null, [shown]);
    } catch {
      // of another site
    }
  }

  /** Every window that the page can come to from here, past those of other sites too. */
  function windowsAround() {
    const found = new Set([/** @type {Window} */ (window)]);
    // What is added meanwhile is gone through as well.
    for (const view of found) {
      for (const next of [view.parent, view.opener]) if (next) found.add(next);
      for (let at = 0; at < view.length; at += 1) found.add(view[at]);
    }
    found.delete(window);
    return found;
  }

  /** Other windows may reach this one, whose natives work though no script does: one guards them. */
  function askForGuards() {
    for (const view of windowsAround()) if (bus.askOther(view, "unscripted", [document])) return;
  }

  /** Windows that were there before, and had nobody to ask. */
  function guardOthers() {
    for (const view of windowsAround()) {
      try {
        bus.send("unscripted", null, [view.document]);
      } catch {
        // of another site
      }
    }
  }

  function start() {
    roots.addWindow(window);
    bus.hear("erased", ([opened]) => roots.restore(opened.defaultView));
    bus.on("reached", ([shown]) => {
      const view = /** @type {Window} */ (shown.defaultView);
      if (!bus.isAnswering(view)) roots.addWindow(view);
    });
    if (!bus.open()) {
      askForGuards();
      return;
    }
    bus.hearOthers("unscripted", (nodes) => bus.send("unscripted", null, nodes));
    document.addEventListener("load", onLoad, { capture: true });
    guardOthers();
  }

  fawkes.windows = Object.freeze({ start });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));

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

  /** Other windows may reach this one, whose natives work though no script does: one guards them. */
  function askForGuards() {
    const asked = new Set([/** @type {Window} */ (window)]);
    /** @type {(view: Window | null) => boolean} */
    const ask = (view) => {
      if (!view || asked.has(view)) return false;
      asked.add(view);
      if (bus.askOther(view, "unscripted", [document])) return true;
      if (ask(view.parent) || ask(view.opener)) return true;
      for (let at = 0; at < view.length; at += 1) if (ask(view[at])) return true;
      return false;
    };
    return ask(window.parent) || ask(window.opener);
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
  }

  fawkes.windows = Object.freeze({ start });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));

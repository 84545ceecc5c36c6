// What a page would take for "nothing was chosen" comes after the photo, or when there is none.
//
// A picker that closes gives the focus back to the window, and pages without better means wait a
// moment from there and look whether files have come.  They see the focus when the photo is there.
(function (fawkes) {
  "use strict";

  const { roots, inputs, limits } = fawkes;

  /** @type {[string, EventTarget, () => boolean, () => Event][]} */
  const RETURNS = [
    ["focus", window, () => document.hasFocus(), () => new FocusEvent("focus")],
    [
      "visibilitychange", // on phones a picker hides the page
      document,
      () => document.visibilityState === "visible",
      () => new Event("visibilitychange", { bubbles: true }),
    ],
  ];

  /** Inputs whose picker is open, or whose photo is under way.  @type {Map<HTMLInputElement, number>} */
  const open = new Map();
  /** Types of events that are held back.  @type {Set<string>} */
  const held = new Set();

  /** @param {HTMLInputElement} input whose picker is about to open */
  function expect(input) {
    clearTimeout(open.get(input));
    open.set(input, 0);
  }

  /** @param {Event} event */
  function onReturn(event) {
    const [, source, hasReturned] = RETURNS.find(([type]) => type === event.type) ?? [];
    if (!event.isTrusted || event.target !== source || !hasReturned?.() || open.size === 0) return;
    event.stopImmediatePropagation();
    held.add(event.type);
    // Every picker ends with an event, but inputs are thrown away and browsers have faults.
    for (const [input, timer] of open)
      if (timer === 0 && !inputs.isPending(input))
        open.set(
          input,
          setTimeout(() => inputs.isPending(input) || end(input), limits.pickerEndMs),
        );
  }

  /** @param {HTMLInputElement} input */
  function end(input) {
    if (!open.has(input)) return;
    clearTimeout(open.get(input));
    open.delete(input);
    if (open.size > 0) return;
    for (const [type, target, hasReturned, make] of RETURNS)
      if (held.delete(type) && hasReturned()) target.dispatchEvent(make());
  }

  /**
   * The browser says how a picker has ended: with files, which come first, or with none.
   * @param {Event} event
   */
  function onEnd(event) {
    if (!event.isTrusted) return;
    for (const input of roots.fileInputs(event)) {
      if (inputs.isPending(input)) {
        // A photo that was chosen before is still to come.
        if (event.type === "cancel") event.stopImmediatePropagation();
      } else setTimeout(() => inputs.isPending(input) || end(input), 0);
    }
  }

  function start() {
    for (const [type] of RETURNS) roots.on(type, onReturn);
    roots.on("cancel", onEnd);
    roots.on("change", onEnd);
    inputs.onOpen(expect);
    inputs.onSettled(end);
  }

  fawkes.quiet = Object.freeze({ start });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));

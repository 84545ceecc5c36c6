// File inputs.  On the first event the original is taken out of the input, before anything of the
// page runs; what the page sees later is the settled selection and a pair of events for it.
(function (fawkes) {
  "use strict";

  const { roots, bus } = fawkes;

  /** @typedef {{input: HTMLInputElement, abort: AbortController}} Takeover */

  /** @type {WeakMap<HTMLInputElement, Takeover>} */
  const pending = new WeakMap();
  /** @type {Set<Takeover>} the same, to go through */
  const active = new Set();
  /** The page was there first: what it holds already it has seen, and will not be given anew. */
  const isLate = document.readyState !== "loading";
  /** Inputs whose events are heard.  @type {WeakSet<HTMLInputElement>} */
  const watched = new WeakSet();
  /** What was in an input before, for when the user gives up.  @type {WeakMap<HTMLInputElement, FileList>} */
  const released = new WeakMap();
  /** Events that are of this script, or were dealt with.  @type {WeakSet<Event>} */
  const own = new WeakSet();
  /** @type {((input: HTMLInputElement, kept: boolean) => void)[]} */
  const settledListeners = [];

  /** A control that is named `elements` would stand in for the list.  @type {any} */
  const { get: elementsOf } =
    Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, "elements") ?? {};

  const approve = (input) => fawkes.approval.approve(input.files);

  /**
   * Whether this frame looks after the input: two would take it from each other.
   * @param {HTMLInputElement} input
   */
  function isHere(input) {
    const home = input.ownerDocument.defaultView;
    return home === window || home === null;
  }

  /** A selection, or the `change` that follows it. */
  function onSelect(event) {
    if (own.has(event)) return;
    own.add(event); // it may come by the window, the tree and the input
    for (const input of roots.fileInputs(event)) {
      if (!isHere(input)) continue;
      // What the browser itself announces is new, whatever it looks like.
      const chosen = event.isTrusted && event.type === "input";
      const mine = takeOver(input, chosen ? "chosen" : "heard of") || pending.has(input);
      if (mine) event.stopImmediatePropagation();
    }
  }

  /**
   * Takes the files of an input into keeping, if photos may be among them.
   * @param {HTMLInputElement} input
   * @param {"chosen" | "heard of" | "sent"} why by the user just now; by an event or a read of the
   *   page's; or because a form is about to be submitted
   * @returns {boolean}
   */
  function takeOver(input, why) {
    const files = Array.from(input.files ?? []);
    if (files.length === 0) return false;
    if (why === "heard of" && isLate && !watched.has(input)) return false;
    if (why !== "chosen" && files.every(fawkes.approval.isApproved)) {
      // The page has put something else there while we waited: its choice counts.
      supersede(input);
      return false;
    }
    supersede(input);
    if (fawkes.protection.isOff()) {
      approve(input);
      return false;
    }
    // Paths within a chosen folder are lost with the selection.
    const paths = files.map((file) => file.webkitRelativePath);
    // Before they are looked at: in Firefox the page runs meanwhile.
    input.value = "";
    if (!fawkes.photoKinds.mayHold(files)) {
      put(input, bus.listOf(files));
      if (paths.some(Boolean)) bus.send("paths", paths, [input]);
      return false;
    }
    listenAround(input);
    const takeover = { input, abort: new AbortController() };
    pending.set(input, takeover);
    active.add(takeover);
    run(takeover, files, paths, fawkes.accept.mediaTypes(input.accept));
    return true;
  }

  /** The `change` of a shadow tree and every event of a detached one stay inside. */
  function listenAround(input) {
    const root = input.getRootNode();
    if (root !== document) roots.add(root);
    roots.add(input);
    watched.add(input);
  }

  function supersede(input) {
    const takeover = pending.get(input);
    if (!takeover) return;
    pending.delete(input);
    active.delete(takeover);
    takeover.abort.abort();
  }

  async function run(takeover, files, paths, accept) {
    const { input, abort } = takeover;
    let settled = files.map(() => null);
    try {
      settled = await fawkes.selection.settle(files, abort.signal, accept);
    } finally {
      // An answer that comes at once would land between the browser's `input` and its `change`.
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (pending.get(input) === takeover) {
        pending.delete(input);
        active.delete(takeover);
        release(input, files, settled, paths);
      }
    }
  }

  function release(input, originals, settled, paths) {
    const kept = settled.filter((file) => file !== null);
    if (input.type !== "file") return;
    if (kept.length === 0 && originals.length > 0) {
      giveUp(input);
      return;
    }
    put(input, bus.listOf(kept));
    released.set(input, input.files);
    // A file that became another format goes by another name.
    const keptPaths = paths
      .map((path, at) => (path ? path.replace(/[^/]*$/, () => settled[at]?.name) : ""))
      .filter((_, at) => settled[at] !== null);
    if (keptPaths.some(Boolean)) bus.send("paths", keptPaths, [input]);
    announce(input, new Event("input", { bubbles: true, composed: true }));
    announce(input, new Event("change", { bubbles: true }));
    for (const listener of settledListeners) listener(input, true);
  }

  /** As when the picker is closed without a choice: what was there before is there again. */
  function giveUp(input) {
    const before = released.get(input);
    if (before) put(input, before);
    announce(input, new Event("cancel", { bubbles: true }));
    for (const listener of settledListeners) listener(input, false);
  }

  function put(input, list) {
    input.files = list;
    approve(input);
  }

  function announce(input, event) {
    own.add(event);
    input.dispatchEvent(event);
  }

  const REQUESTS = {
    /** The page reads an input before any event: an original is taken out all the same. */
    read: (input) => takeOver(input, "heard of"),
    /** The page has put files of its own there, which it had anyway. */
    own: approve,
    /** A picker is about to open for an input whose events would not pass the window. */
    watch: listenAround,
  };

  /**
   * Does what the page's side of this frame asks, or has the frame do it that the input is in.
   * A page that sends such an event itself gains nothing.
   */
  function hear(kind) {
    const name = `fawkes:${kind}`;
    bus.on(kind, ([input]) => {
      if (!roots.isFileInput(input)) return;
      if (isHere(input)) REQUESTS[kind](input);
      else
        input.ownerDocument.defaultView.dispatchEvent(
          new MouseEvent(name, { relatedTarget: input }),
        );
    });
    roots.on(name, (event) => {
      event.stopImmediatePropagation();
      if (roots.isFileInput(event.relatedTarget)) REQUESTS[kind](event.relatedTarget);
    });
  }

  /** @param {any} event a click that may open a picker */
  function onClick(event) {
    for (const input of roots.fileInputs(event)) {
      if (fawkes.protection.isOff()) continue;
      // The page may take it out of the document while the picker is open.
      listenAround(input);
      fawkes.cloaking.tell("wake");
    }
  }

  function start() {
    roots.on("input", onSelect);
    roots.on("change", onSelect);
    roots.on("click", onClick);

    for (const kind of Object.keys(REQUESTS)) hear(kind);
    bus.on("shadow", ([host]) => {
      const root = roots.shadowOf(host);
      if (root) roots.add(root);
    });
    bus.on("erased", () => roots.restore());
    window.addEventListener("pagehide", (event) => {
      if (!event.persisted) for (const { abort } of active) abort.abort();
    });
  }

  fawkes.inputs = Object.freeze({
    start,
    put,
    announce,
    /** Whether a selection for this form is still under way. @param {HTMLFormElement} form */
    isPendingFor: (form) => [...active].some(({ input }) => input.form === form),
    /**
     * Whether a form must not be submitted yet.  Files that came without an event, before this
     * script or by the browser's memory of the form, are looked at now.
     * @param {HTMLFormElement} form
     */
    mustWait(form) {
      for (const element of elementsOf.call(form))
        if (roots.isFileInput(element)) takeOver(element, "sent");
      return this.isPendingFor(form);
    },
    /** @param {HTMLInputElement} input */
    isPending: (input) => pending.has(input),
    /** @param {(input: HTMLInputElement, kept: boolean) => void} listener */
    onSettled: (listener) => settledListeners.push(listener),
  });
})((globalThis.fawkes ??= {}));

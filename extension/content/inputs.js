// File inputs.  On the first event the original is taken out of the input, before anything of the
// page runs; what the page sees later is the settled selection and a pair of events for it.
(function (fawkes) {
  "use strict";

  const { roots, bus, limits } = fawkes;

  /**
   * @typedef {{input: HTMLInputElement, place: FawkesPlace, end: (outcome: FawkesOutcome) => void,
   *   abort: AbortController}} Takeover
   */

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
  /** Of selections that no page has taken.  @type {WeakMap<HTMLInputElement, AbortController>} */
  const untaken = new WeakMap();
  /**
   * Selections that were heard of in a document whose page was there first, until the browser
   * itself announces them: such a page can make up any other.
   * @type {WeakMap<HTMLInputElement, {files: File[], paths: string[]}>}
   */
  const unannounced = new WeakMap();
  /** Inputs whose picker is about to open.  @type {WeakSet<HTMLInputElement>} */
  const opening = new WeakSet();
  /** Where inputs were when their picker opened.  @type {WeakMap<HTMLInputElement, FawkesPlace>} */
  const opened = new WeakMap();
  /** @type {WeakSet<Event>} */
  const own = new WeakSet();
  /** Browsers' events that go on: they are heard at the window and again at the input. @type {WeakSet<Event>} */
  const passed = new WeakSet();
  /** @type {((input: HTMLInputElement, kept: boolean) => void)[]} */
  const settledListeners = [];
  /** @type {((input: HTMLInputElement) => void)[]} */
  const openListeners = [];

  /** A control that is named `elements` would stand in for the list. */
  const { get: elementsOf } =
    Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, "elements") ?? {};

  /** @param {HTMLInputElement} input */
  const approve = (input) => fawkes.approval.approve(/** @type {FileList} */ (input.files));

  /** A selection, or the `change` that follows it. @param {Event} event */
  function onSelect(event) {
    // An event that the page sends anew is none of the browser's any more.
    if (own.has(event) || (event.isTrusted && passed.has(event))) return;
    for (const input of roots.fileInputs(event)) {
      // What the browser itself announces is new, whatever it looks like.
      const chosen = event.isTrusted && event.type === "input";
      // It may have changed windows since it was clicked: two would take it from each other.
      const mine =
        bus.askAtHome("select", input) ??
        ((event.isTrusted && takeAnnounced(input)) ||
          select(input, chosen ? "chosen" : "heard of"));
      if (mine) event.stopImmediatePropagation();
      else passed.add(event);
    }
  }

  /**
   * @param {HTMLInputElement} input
   * @param {"chosen" | "heard of" | "sent"} why
   * @returns {boolean} whether the page has to wait for it
   */
  const select = (input, why) =>
    takeOver(input, why) || pending.has(input) || unannounced.has(input);

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
    unannounced.delete(input);
    if (why === "heard of" && isLate && !watched.has(input)) return false;
    if (why !== "chosen" && files.every(fawkes.approval.isApproved)) {
      // The page has put something else there while we waited: its choice counts.
      if (supersede(input)) tellSettled(input, true);
      return false;
    }
    supersede(input);
    untaken.get(input)?.abort();
    if (fawkes.protection.isOff()) {
      approve(input);
      return false;
    }
    // Paths within a chosen folder are lost with the selection.
    const paths = files.map((file) => file.webkitRelativePath);
    // Before they are looked at: in Firefox the page runs meanwhile.
    input.value = "";
    const accept = fawkes.accept.mediaTypes(input.accept);
    const known = why === "chosen" ? fawkes.memory.answer(files, accept) : null;
    if (known) {
      answer(input, files, known, paths, accept);
      return false;
    }
    if (!fawkes.photoKinds.mayHold(files)) {
      put(input, bus.listOf(files));
      if (paths.some(Boolean)) bus.send("paths", paths, [input]);
      return false;
    }
    if (why === "heard of" && fawkes.gestures.isNeeded()) unannounced.set(input, { files, paths });
    else begin(input, files, paths, accept, why === "sent");
    return true;
  }

  /** The browser announces what was heard of before. @param {HTMLInputElement} input */
  function takeAnnounced(input) {
    const heard = unannounced.get(input);
    if (!heard) return false;
    unannounced.delete(input);
    begin(input, heard.files, heard.paths, fawkes.accept.mediaTypes(input.accept));
    return true;
  }

  /**
   * @param {HTMLInputElement} input
   * @param {File[]} files
   * @param {string[]} paths
   * @param {string[]} accept
   * @param {boolean} [isSent] by a form, and nobody knows who has chosen it
   */
  function begin(input, files, paths, accept, isSent = false) {
    listenAround(input);
    const place = fawkes.places.placeOf(input);
    const end = fawkes.presses.begin(place);
    const takeover = { input, place, end, abort: new AbortController() };
    pending.set(input, takeover);
    active.add(takeover);
    run(takeover, files, paths, accept, isSent);
  }

  /**
   * Answers from memory while the browser's own event is under way, and lets it go on: a page that
   * takes no other takes this.
   * @param {HTMLInputElement} input
   * @param {File[]} files
   * @param {File[]} known what they are cloaked
   * @param {string[]} paths
   * @param {string[]} accept
   */
  async function answer(input, files, known, paths, accept) {
    const watch = fawkes.delivery.watch(input);
    const abort = new AbortController();
    fill(input, known, paths);
    const settled = await fawkes.selection.settle(files, abort.signal, accept);
    report(input, settled, watch, await watch.isTaken([]), abort);
  }

  /**
   * The `change` of a shadow tree and every event of a detached one stay inside.
   * @param {HTMLInputElement} input
   */
  function listenAround(input) {
    const root = input.getRootNode();
    if (root !== document) roots.add(root);
    roots.add(input);
    watched.add(input);
  }

  /** @param {HTMLInputElement} input */
  function supersede(input) {
    const takeover = pending.get(input);
    if (!takeover) return false;
    pending.delete(input);
    active.delete(takeover);
    takeover.abort.abort();
    takeover.end("replaced");
    return true;
  }

  /** @param {HTMLInputElement} input @param {boolean} kept */
  function tellSettled(input, kept) {
    for (const listener of settledListeners) listener(input, kept);
  }

  /**
   * @param {Takeover} takeover
   * @param {File[]} files
   * @param {string[]} paths
   * @param {string[]} accept
   * @param {boolean} isSent
   */
  async function run(takeover, files, paths, accept, isSent) {
    const { input, abort } = takeover;
    /** @type {FawkesSettled} */
    let settled = files.map(() => null);
    try {
      if (isSent) await fawkes.gestures.come();
      settled = await fawkes.selection.settle(files, abort.signal, accept);
    } finally {
      // An answer that comes at once would land between the browser's `input` and its `change`.
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (pending.get(input) === takeover) {
        pending.delete(input);
        active.delete(takeover);
        release(takeover, settled, paths);
      }
    }
  }

  /** @param {Takeover} takeover @param {FawkesSettled} settled @param {string[]} paths */
  async function release({ input, place, end, abort }, settled, paths) {
    if (settled.every((file) => file === null)) {
      end("given up");
      giveUp(input);
      return;
    }
    // It may have been replaced under its open picker.
    const before = opened.get(input);
    const successor =
      fawkes.places.successorOf(place) ?? (before ? fawkes.places.successorOf(before) : null);
    const isAbandoned = !successor && fawkes.places.isAbandoned(place);
    const targets = isAbandoned ? [] : [successor, input];
    let watch = null;
    for (const target of targets.filter(roots.isFileInput)) {
      watch = fawkes.delivery.watch(target);
      const events = give(target, settled, paths);
      // Forms go their way at once, and what was held back is let go.
      tellSettled(input, true);
      if (await watch.isTaken(events)) {
        end("there");
        report(target, settled, watch, true, abort);
        return;
      }
    }
    if (!watch) tellSettled(input, false);
    const last = /** @type {HTMLInputElement} */ (successor ?? input);
    // What people see holding their photo, a page may look into when they press "Post".
    end(watch && fawkes.delivery.isShown(last) ? "there" : "untaken");
    report(last, settled, watch, false, abort);
  }

  /**
   * @param {HTMLInputElement} input
   * @param {FawkesSettled} settled
   * @param {string[]} paths
   * @returns {Event[]} by which the page was told
   */
  function give(input, settled, paths) {
    fill(input, settled, paths);
    const events = [
      new Event("input", { bubbles: true, composed: true }),
      new Event("change", { bubbles: true }),
    ];
    for (const event of events) announce(input, event);
    return events;
  }

  /**
   * Puts what was not given up into an input, with its paths within a chosen folder.
   * @param {HTMLInputElement} input
   * @param {FawkesSettled} settled
   * @param {string[]} paths
   */
  function fill(input, settled, paths) {
    const kept = settled.filter((file) => file !== null);
    put(input, bus.listOf(kept));
    released.set(input, /** @type {FileList} */ (input.files));
    // A file that became another format goes by another name.
    const keptPaths = paths
      .map((path, at) => (path ? path.replace(/[^/]*$/, () => settled[at]?.name ?? "") : ""))
      .filter((_, at) => settled[at] !== null);
    if (keptPaths.some(Boolean)) bus.send("paths", keptPaths, [input]);
  }

  /**
   * Says what has become of the photos; a page that looks later has taken them then.
   * @param {HTMLInputElement} input that was given them, or was to be
   * @param {FawkesSettled} settled
   * @param {FawkesWatch | null} watch
   * @param {boolean} isTaken
   * @param {AbortController} abort
   */
  function report(input, settled, watch, isTaken, abort) {
    if (isTaken) {
      fawkes.selection.taken(settled);
      return;
    }
    // What is chosen next takes its place.
    untaken.set(input, abort);
    const isShown = watch !== null && fawkes.delivery.isShown(input);
    const choose = input.isConnected && !input.disabled ? () => input.click() : null;
    fawkes.selection.untaken(settled, { choose, isShown });
    watch?.read.then(() => fawkes.selection.taken(settled));
  }

  /**
   * As when the picker is closed without a choice: what was there before is there again.
   * @param {HTMLInputElement} input
   */
  function giveUp(input) {
    const before = released.get(input);
    if (before) put(input, before);
    announce(input, new Event("cancel", { bubbles: true }));
    tellSettled(input, false);
  }

  /**
   * Whether a form sends what is in an input, or may: elements of a page's own making, with the
   * input in their shadow, tell the form what to send for them.
   * @param {HTMLInputElement} input
   * @param {HTMLFormElement} form
   */
  const belongsTo = (input, form) =>
    input.form === form || fawkes.places.wayOf(input).includes(form);

  /** A form that is emptied during the wait stays empty. @param {Event} event */
  function onReset(event) {
    const form = event.composedPath()[0];
    setTimeout(() => {
      if (event.defaultPrevented) return;
      for (const { input } of [...active])
        if (form && belongsTo(input, /** @type {HTMLFormElement} */ (form)) && supersede(input))
          tellSettled(input, false);
    }, 0);
  }

  /** @param {HTMLInputElement} input @param {FileList} list */
  function put(input, list) {
    input.files = list;
    approve(input);
  }

  /** @param {HTMLInputElement} input @param {Event} event */
  function announce(input, event) {
    own.add(event);
    input.dispatchEvent(event);
  }

  /** @param {HTMLInputElement} input */
  function tellOpen(input) {
    if (fawkes.protection.isOff()) return;
    opening.add(input);
    setTimeout(() => opening.delete(input), limits.pickerOpensMs);
    if (input.isConnected) opened.set(input, fawkes.places.placeOf(input));
    for (const listener of openListeners) listener(input);
  }

  /**
   * What the page's side of any window may ask, and the content scripts of other windows.
   * @satisfies {{[Kind in keyof FawkesBusShared]?: (input: HTMLInputElement) => boolean | void}}
   */
  const REQUESTS = {
    /** The page reads an input before any event: an original is taken out all the same. */
    read(/** @type {HTMLInputElement} */ input) {
      if (bus.isParcel(input)) return;
      takeOver(input, "heard of");
      fawkes.delivery.noteRead(input);
    },
    /** The page has put files of its own there, which it had anyway. */
    own: approve,
    /** The page has emptied it: a photo on its way there does not come back. */
    emptied(/** @type {HTMLInputElement} */ input) {
      // Unless a picker opens: pages empty an input first, so that the same file counts as another.
      setTimeout(() => {
        if (input.value !== "" || opening.has(input)) return;
        if (supersede(input)) tellSettled(input, false);
      }, 0);
    },
    /** An event about an input of this window was heard in another one. */
    select(/** @type {HTMLInputElement} */ input) {
      listenAround(input);
      return select(input, "heard of");
    },
  };

  /**
   * A picker may be about to open for an input whose events would not pass the window.
   * @param {Node} node
   */
  function watch(node) {
    const root = /** @type {Document | ShadowRoot | Element} */ (
      node.getRootNode({ composed: true })
    );
    const inputs = roots.isFileInput(node) ? [node] : roots.below(root, "input[type=file]");
    for (const input of inputs) {
      listenAround(input);
      tellOpen(input);
    }
  }

  /** @param {Event} event a click that may open a picker */
  function onClick(event) {
    for (const input of roots.fileInputs(event)) {
      if (fawkes.protection.isOff()) continue;
      // The page may take it out of the document while the picker is open.
      listenAround(input);
      tellOpen(input);
      fawkes.cloaking.tell("wake");
    }
  }

  function start() {
    roots.on("input", onSelect);
    roots.on("change", onSelect);
    roots.on("click", onClick);
    roots.on("reset", onReset);

    for (const [kind, request] of Object.entries(REQUESTS))
      bus.hear(
        /** @type {keyof typeof REQUESTS} */ (kind),
        ([input]) => roots.isFileInput(input) && request(input),
      );
    bus.hear("watch", ([node]) => watch(node));
    window.addEventListener("pagehide", (event) => {
      if (!event.persisted) for (const { abort } of active) abort.abort();
    });
  }

  fawkes.inputs = Object.freeze({
    start,
    put,
    announce,
    /** Whether a selection for this form is still under way. @param {HTMLFormElement} form */
    isPendingFor: (form) => [...active].some(({ input }) => belongsTo(input, form)),
    belongsTo,
    /**
     * Whether a form must not be submitted yet.  Files that came without an event, before this
     * script or by the browser's memory of the form, are looked at now.
     * @param {HTMLFormElement} form
     */
    mustWait(form) {
      for (const element of elementsOf?.call(form) ?? [])
        if (roots.isFileInput(element)) takeOver(element, "sent");
      return this.isPendingFor(form);
    },
    /** @param {HTMLInputElement} input */
    isPending: (input) => pending.has(input),
    /** A picker is about to open. @param {(input: HTMLInputElement) => void} listener */
    onOpen: (listener) => openListeners.push(listener),
    /** @param {(input: HTMLInputElement, kept: boolean) => void} listener */
    onSettled: (listener) => settledListeners.push(listener),
  });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));

// What a page can call to reach a photo, or to send one, without an event that the content
// script sees: here it is asked first.
(() => {
  "use strict";

  const {
    isActive,
    isGone,
    consult,
    install,
    reach,
    keepRoot,
    apply,
    construct,
    defineProperty,
    descriptorOf,
    getter,
    guardAround,
    ask,
    createInput,
    each,
    bare,
    isFileInput,
    holdsFiles,
    replace,
    replaceSetter,
    replaceType,
  } = /** @type {FawkesMainWorld} */ (globalThis.fawkesMainWorld);
  delete globalThis.fawkesMainWorld;

  const own = globalThis;
  const eventType = getter(Event, "type");
  const isConnected = getter(Node, "isConnected");
  const firstChildOf = getter(Node, "firstChild");
  const elementsOf = getter(HTMLFormElement, "elements");
  const nativeOpen = Document.prototype.open;
  const nothing =
    /** @type {FawkesNewNatives} */ (/** @type {unknown} */ (globalThis)).trustedTypes?.emptyHTML ??
    "";

  /**
   * Asks about a node, for a method or getter of a window.
   * @param {keyof FawkesBusShared} kind
   * @param {unknown} node
   * @param {FawkesView} view
   * @returns {boolean} false where nobody could answer, and where the window is gone: what a page
   *   has kept of that reads nothing and opens nothing
   */
  const mayGoOn = (kind, node, view) => !(view === own && isGone()) && consult(kind, node) !== null;

  /**
   * The content script sees to it that an input holds no originals.
   * @param {unknown} input
   * @param {FawkesView} view
   */
  const mayRead = (input, view) =>
    !isActive() || !isFileInput(input) || !holdsFiles(input) || mayGoOn("read", input, view);

  // Reading the files of an input.
  const READERS = /** @type {const} */ (["files", "webkitEntries"]);
  install((view) =>
    each(READERS, (name) => {
      const { prototype } = view.HTMLInputElement;
      const descriptor = /** @type {PropertyDescriptor & {get: () => unknown} | undefined} */ (
        descriptorOf(prototype, name)
      );
      if (!descriptor) return;
      const access = {
        /** @returns {unknown} */
        get [name]() {
          return apply(descriptor.get, mayRead(this, view) ? this : createInput(), []);
        },
        set [name](/** @type {FileList | null} */ list) {
          apply(/** @type {(list: unknown) => void} */ (descriptor.set), this, [list]);
          if (!isActive() || !isFileInput(this)) return;
          if (holdsFiles(this)) ask("own", [this]);
          else consult("emptied", this);
        },
      };
      const { get, set } = /** @type {PropertyDescriptor} */ (descriptorOf(access, name));
      defineProperty(prototype, name, bare({ ...descriptor, get, set: descriptor.set && set }));
    }),
  );

  // Emptying an input while its photo is on its way.
  install((view) =>
    replaceSetter(view.HTMLInputElement, "value", (input) => {
      if (isActive() && isFileInput(input)) consult("emptied", input);
    }),
  );

  // A form that is read as data instead of being submitted.
  /** @param {unknown} form @param {FawkesView} view */
  function mayReadAll(form, view) {
    /** @type {ArrayLike<unknown>} */
    let controls = [];
    try {
      controls = apply(elementsOf, form, []);
    } catch {
      // No form: the constructor says so itself.
    }
    let may = true;
    for (let at = 0; controls[at]; at += 1) may = mayRead(controls[at], view) && may;
    return may;
  }
  install((view) =>
    replaceType(view, "FormData", (target, given, self) =>
      construct(target, given.length === 0 || mayReadAll(given[0], view) ? given : [], self),
    ),
  );

  /**
   * Opening the picker of an input whose events may never pass a window: in a tree of its own, by
   * itself or by a label around it.
   * @param {unknown} target
   * @param {FawkesView} view
   * @returns {boolean} false where it must not open, since nobody would hear of the choice
   */
  function mayOpen(target, view) {
    if (!isActive()) return true;
    try {
      if (!isFileInput(target) && apply(isConnected, target, [])) return true;
    } catch {
      return true; // no node
    }
    return mayGoOn("watch", target, view);
  }
  /** @param {unknown} event */
  function isClick(event) {
    try {
      return apply(eventType, event, []) === "click";
    } catch {
      return false;
    }
  }
  install((view) => {
    replace(
      view.HTMLElement,
      "click",
      (native) =>
        ({
          click() {
            if (mayOpen(this, view)) apply(native, this, []);
          },
        }).click,
    );
    replace(
      view.HTMLInputElement,
      "showPicker",
      (native) =>
        ({
          showPicker() {
            if (mayOpen(this, view)) apply(native, this, []);
          },
        }).showPicker,
    );
    replace(
      view.EventTarget,
      "dispatchEvent",
      (native) =>
        ({
          dispatchEvent(/** @type {Event} */ event) {
            return isClick(event) && !mayOpen(this, view) ? true : apply(native, this, [event]);
          },
        }).dispatchEvent,
    );
  });

  // Submitting without an event.
  install((view) =>
    replace(
      view.HTMLFormElement,
      "submit",
      (native) =>
        ({
          submit() {
            if (!isActive() || !consult("submit", this)) apply(native, this, []);
          },
        }).submit,
    ),
  );

  // Trees whose events stay inside.
  install((view) =>
    replace(
      view.Element,
      "attachShadow",
      (native) =>
        ({
          attachShadow(/** @type {ShadowRootInit} */ init) {
            const root = apply(native, this, [init]);
            keepRoot(this, root);
            return root;
          },
        }).attachShadow,
    ),
  );

  // `document.open()` erases every listener of the window and in the document, whoever calls it;
  // so does writing to a document that has been read to its end.
  /**
   * Has the content script of an erased document listen again.  What the page ran within the call,
   * as elements were taken out, may have listened first: so it is opened anew until it was empty.
   */
  const WRITERS = /** @type {const} */ (["write", "writeln"]);
  /** @param {unknown} opened */
  function listenAgain(opened) {
    for (let times = 0; times < 8; times += 1) {
      if (!isActive() || !consult("erased", opened)) return;
      const wasEmpty = apply(firstChildOf, opened, []) === null;
      apply(/** @type {FawkesNative<[], Document>} */ (nativeOpen), opened, []);
      if (!wasEmpty) continue;
      consult("erased", opened);
      return;
    }
  }
  install((view) => {
    replace(
      view.Document,
      "open",
      (native) =>
        ({
          open() {
            const opened = apply(native, this, /** @type {any} */ (arguments));
            listenAgain(this);
            reach(opened);
            return opened;
          },
        }).open,
    );
    each(WRITERS, (name) =>
      replace(
        view.Document,
        name,
        (native) =>
          ({
            [name]() {
              // Scripts in what is written run within the call.  So it is opened with nothing first.
              apply(native, this, [nothing]);
              listenAgain(this);
              apply(native, this, /** @type {any} */ (arguments));
              guardAround(this);
            },
          })[name],
      ),
    );
  });
})();

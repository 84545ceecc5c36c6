// Trees: which roots are listened on, and what lies behind a closed shadow.
(function (fawkes) {
  "use strict";

  /** @type {[string, (event: Event) => void][]} */
  const listeners = [];
  /** What is listened on.  @type {WeakSet<EventTarget>} */
  const known = new WeakSet();
  /** The same, to go through.  @type {Set<WeakRef<EventTarget>>} */
  const targets = new Set();
  /** The page does not know the name, so that nobody but this script answers. */
  const PROBE = `fawkes:${crypto.randomUUID?.() ?? crypto.getRandomValues(new Uint32Array(4)).join("-")}`;
  let isHeard = false;
  /** Sees that a document was opened anew, whoever did it: observers outlive that. */
  const observer = new MutationObserver((records) => {
    for (const { target } of records) restore(/** @type {Document} */ (target).defaultView);
  });

  /**
   * Listens on the window and, from then on, on every root that `add` is given.  Capture on the
   * window comes before anything the page can register.
   * @template {string} Type
   * @param {Type} type of event
   * @param {(event: FawkesEventOf<Type>) => void} listener
   */
  function on(type, listener) {
    const unlessElsewhere = (/** @type {Event} */ event) => {
      if (!isElsewhere(/** @type {Window} */ (event.currentTarget)))
        listener(/** @type {FawkesEventOf<Type>} */ (event));
    };
    listeners.push([type, unlessElsewhere]);
    window.addEventListener(type, unlessElsewhere, { capture: true });
  }

  /**
   * Listens on a shadow root, a detached tree or an element.  Doing so again changes nothing.
   * @param {EventTarget} target
   */
  function add(target) {
    if (!known.has(target)) {
      known.add(target);
      targets.add(new WeakRef(target));
    }
    for (const [type, listener] of listeners)
      target.addEventListener(type, listener, { capture: true });
  }

  /**
   * Listens on a window: this one, or one in which the browser runs no content script.
   * @param {Window} view
   */
  function addWindow(view) {
    add(view);
    observer.observe(view.document, { childList: true });
  }

  /** Another window, which has a content script of its own by now. @param {Window} target */
  const isElsewhere = (target) =>
    target !== window && target.window === target && fawkes.bus.isAnswering(target);

  /**
   * Listens again after `document.open()`, which erases the listeners of a window and of every node
   * in its document.
   * @param {Window | null} view
   * @returns {boolean} whether they had been erased
   */
  function restore(view) {
    if (!view || !known.has(view)) return false;
    isHeard = false;
    view.dispatchEvent(new Event(PROBE));
    if (isHeard) return false;
    for (const reference of targets) {
      const target = reference.deref();
      if (target) add(target);
      else targets.delete(reference);
    }
    return true;
  }

  on(PROBE, (event) => {
    event.stopImmediatePropagation();
    isHeard = true;
  });

  /**
   * The shadow root of an element, closed or open; only extensions may ask.
   * @param {unknown} given
   * @returns {ShadowRoot | null}
   */
  function shadowOf(given) {
    const node = /** @type {Element | null | undefined} */ (given);
    // No other element has one, and Chromium throws when it is asked for that of a drawing.
    if (node?.namespaceURI !== "http://www.w3.org/1999/xhtml") return null;
    const root = node.openOrClosedShadowRoot;
    if (root !== undefined) return root;
    try {
      return globalThis.chrome?.dom?.openOrClosedShadowRoot(node) ?? null;
    } catch {
      return null; // not of HTML: such elements have no shadow root
    }
  }

  /**
   * Whether this is an element, of whatever window; `instanceof` would know those of this one only.
   * @param {any} node
   * @returns {node is Element}
   */
  const isElement = (node) => node?.nodeType === Node.ELEMENT_NODE;

  const { get: typeOf } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "type") ?? {};

  /**
   * Whether this is a file input; `instanceof` would know those of this frame's document only.
   * @param {unknown} node
   * @returns {node is HTMLInputElement}
   */
  function isFileInput(node) {
    try {
      return typeOf?.call(node) === "file";
    } catch {
      return false;
    }
  }

  const { get: elementsOf } =
    Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, "elements") ?? {};

  /**
   * Whether this is a form, of whatever document.
   * @param {unknown} node
   * @returns {node is HTMLFormElement}
   */
  function isForm(node) {
    try {
      return Boolean(elementsOf?.call(node));
    } catch {
      return false;
    }
  }

  /**
   * Every element below a node that a selector finds, through all shadow roots.
   * @type {FawkesContent["roots"]["below"]}
   */
  const below = (/** @type {ParentNode} */ node, /** @type {string} */ selector) => {
    /** @type {any[]} of what kind, the selector says */
    const found = [...node.querySelectorAll(selector)];
    for (const element of node.querySelectorAll("*")) {
      const root = shadowOf(element);
      if (root) found.push(...below(root, selector));
    }
    return found;
  };

  /**
   * The file inputs that an event may be about: its target, or, where a closed shadow root hides
   * that, all inputs behind it.
   * @param {Event} event
   * @returns {HTMLInputElement[]}
   */
  function fileInputs(event) {
    const target = event.composedPath()[0];
    if (isFileInput(target)) return [target];
    const root = shadowOf(target);
    return root ? below(root, "input[type=file]") : [];
  }

  /**
   * The innermost element at a point, through closed shadow roots.
   * @param {MouseEvent} event
   */
  const targetAt = (event) =>
    innermost(/** @type {Element} */ (event.composedPath()[0]), event.clientX, event.clientY);

  /**
   * The same without an event.
   * @param {number} x
   * @param {number} y
   */
  const elementAt = (x, y) => innermost(document.elementFromPoint(x, y), x, y);

  /**
   * @template {Element | null} Found
   * @param {Found} element
   * @param {number} x
   * @param {number} y
   */
  function innermost(element, x, y) {
    /** @type {Found | Element} */
    let target = element;
    for (let root = shadowOf(target); root; root = shadowOf(target)) {
      const inner = root.elementFromPoint(x, y);
      if (!inner || inner === target) break;
      target = inner;
    }
    return target;
  }

  fawkes.roots = Object.freeze({
    on,
    add,
    addWindow,
    restore,
    shadowOf,
    isElement,
    isFileInput,
    isForm,
    below,
    fileInputs,
    targetAt,
    elementAt,
  });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));

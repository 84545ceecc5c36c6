// Trees: which roots are listened on, and what lies behind a closed shadow.
(function (fawkes) {
  "use strict";

  /** @type {[string, (event: any) => void][]} */
  const listeners = [];

  /**
   * Listens on the window and, from then on, on every root that `add` is given.  Capture on the
   * window comes before anything the page can register.
   * @param {string} type of event
   * @param {(event: any) => void} listener
   */
  function on(type, listener) {
    listeners.push([type, listener]);
    window.addEventListener(type, listener, { capture: true });
  }

  /**
   * Listens on a shadow root, a detached tree or an element.  Doing so again changes nothing.
   * @param {EventTarget} target
   */
  function add(target) {
    for (const [type, listener] of listeners)
      target.addEventListener(type, listener, { capture: true });
  }

  /** `document.open()` has erased the listeners of the window. */
  const restore = () => add(window);

  /**
   * The shadow root of an element, closed or open; only extensions may ask.
   * @param {any} node
   * @returns {ShadowRoot | null}
   */
  function shadowOf(node) {
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

  /** @type {any} */
  const { get: typeOf } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "type") ?? {};

  /**
   * Whether this is a file input; `instanceof` would know those of this frame's document only.
   * @param {unknown} node
   * @returns {node is HTMLInputElement}
   */
  function isFileInput(node) {
    try {
      return typeOf.call(node) === "file";
    } catch {
      return false;
    }
  }

  /**
   * Every element below a node for which `test` holds, through all shadow roots.
   * @param {ParentNode} node
   * @param {string} selector
   * @returns {any[]}
   */
  function below(node, selector) {
    const found = [...node.querySelectorAll(selector)];
    for (const element of node.querySelectorAll("*")) {
      const root = shadowOf(element);
      if (root) found.push(...below(root, selector));
    }
    return found;
  }

  /**
   * The file inputs that an event may be about: its target, or, where a closed shadow root hides
   * that, all inputs behind it.
   * @param {any} event
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
   * @param {any} event with a target and a position
   * @returns {Element}
   */
  const targetAt = (event) => innermost(event.composedPath()[0], event.clientX, event.clientY);

  /**
   * The same without an event.
   * @param {number} x
   * @param {number} y
   * @returns {Element | null}
   */
  const elementAt = (x, y) => innermost(document.elementFromPoint(x, y), x, y);

  function innermost(element, x, y) {
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
    restore,
    shadowOf,
    isFileInput,
    below,
    fileInputs,
    targetAt,
    elementAt,
  });
})((globalThis.fawkes ??= {}));

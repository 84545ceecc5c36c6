// Where the caret was: what is pasted belongs there, wherever it is when the photo is ready.
(function (fawkes) {
  "use strict";

  const { roots } = fawkes;

  /** The element that has the focus, through all shadow roots. */
  function focused() {
    let element = document.activeElement;
    for (let root = roots.shadowOf(element); root?.activeElement; root = roots.shadowOf(element))
      element = root.activeElement;
    return element;
  }

  const TEXT_TYPES = /^(text|search|url|tel|email|password|number)$/;
  /** @param {any} node @returns {node is HTMLInputElement | HTMLTextAreaElement} */
  const isTextControl = (node) =>
    node?.localName === "textarea" || (node?.localName === "input" && TEXT_TYPES.test(node.type));

  /**
   * In a shadow tree Chromium tells the selection by the root alone.
   * @param {Node} node
   */
  const selectionOf = (node) =>
    /** @type {Document} */ (node.getRootNode()).getSelection?.() ?? document.getSelection();

  /** Whether the page, or the element, is to be edited as a whole. @param {any} node */
  const isRich = (node) =>
    (node?.ownerDocument ?? document).designMode === "on" || node?.isContentEditable === true;

  /** @param {unknown} node */
  const isEditable = (node) => isTextControl(node) || isRich(node);

  /** @param {HTMLInputElement | HTMLTextAreaElement} control @returns {FawkesCaret} */
  function inControl(control) {
    const { value, selectionStart: start, selectionEnd: end, selectionDirection } = control;
    if (start === null || end === null) return { set() {}, isHere: () => true };
    const [before, after] = [value.slice(0, start), value.slice(end)];
    return {
      set() {
        // Somebody may have written on meanwhile.
        const now = control.value;
        let at = now.length;
        if (now.startsWith(before)) at = start;
        else if (now.endsWith(after)) at = now.length - after.length;
        control.setSelectionRange(at, now === value ? end : at, selectionDirection ?? undefined);
      },
      isHere: () => control.value === value && control.selectionStart === start,
    };
  }

  /** @param {Range} one @param {Range} other */
  const isSame = (one, other) =>
    one.startContainer === other.startContainer &&
    one.startOffset === other.startOffset &&
    one.endContainer === other.endContainer &&
    one.endOffset === other.endOffset;

  /** @param {Node} node @returns {FawkesCaret} */
  function inDocument(node) {
    const selection = selectionOf(node);
    if (!selection || selection.rangeCount === 0) return { set() {}, isHere: () => true };
    // A live range moves along with what is written before it.
    const range = selection.getRangeAt(0).cloneRange();
    return {
      set() {
        if (!range.startContainer.isConnected) return;
        const current = /** @type {Selection} */ (selectionOf(node));
        current.removeAllRanges();
        current.addRange(range);
      },
      isHere() {
        const current = /** @type {Selection} */ (selectionOf(node));
        return current.rangeCount > 0 && isSame(current.getRangeAt(0), range);
      },
    };
  }

  /**
   * Remembers where the caret is.
   * @param {Node} node that has the focus, or lies in what has it
   * @returns {FawkesCaret} `set` puts it there again
   */
  function remember(node) {
    const caret = isTextControl(node) ? inControl(node) : inDocument(node);
    const home = isTextControl(node) ? node : isRich(node) ? hostOf(node) : null;
    return {
      set() {
        if (home && focused() !== home) home.focus({ preventScroll: true });
        caret.set();
      },
      isHere: () => (!home || focused() === home) && caret.isHere(),
    };
  }

  /** The element that is edited as a whole, around a node. @param {Node} node */
  function hostOf(node) {
    let host = /** @type {HTMLElement} */ (node);
    while (host.parentElement?.isContentEditable) host = host.parentElement;
    return host;
  }

  /**
   * Puts the caret where something was dropped.
   * @param {number} x
   * @param {number} y
   * @param {Node} node
   */
  function setAt(x, y, node) {
    if (isTextControl(node)) {
      node.focus();
      return;
    }
    const range = document.caretRangeFromPoint?.(x, y);
    const place = range ? null : document.caretPositionFromPoint?.(x, y);
    hostOf(node).focus({ preventScroll: true });
    const selection = /** @type {Selection} */ (selectionOf(node));
    if (range) {
      selection.removeAllRanges();
      selection.addRange(range);
    } else if (place) selection.collapse(place.offsetNode, place.offset);
  }

  fawkes.carets = Object.freeze({
    focused,
    isTextControl,
    isRich,
    isEditable,
    remember,
    selectionOf,
    setAt,
  });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));

// The content script's end of the bus to `main_world/`.  The page has no way to it: the bus is an
// element in no document, handed over before the first script of the page runs.
(function (fawkes) {
  "use strict";

  const bus = document.createElement("i");
  let isTaken = false;
  const rangeAt = (node) =>
    new StaticRange({ startContainer: node, startOffset: 0, endContainer: node, endOffset: 0 });

  /** Elements in shadow trees are named by their outermost host and the way down from it. */
  function addressOf(node) {
    const steps = [];
    for (;;) {
      const root = node.getRootNode();
      if (root.nodeType !== Node.DOCUMENT_FRAGMENT_NODE || !root.host)
        return { anchor: node, steps };
      const step = [];
      for (let at = node; at !== root; at = at.parentNode)
        step.push(Array.prototype.indexOf.call(at.parentNode.childNodes, at));
      steps.push(step);
      node = root.host;
    }
  }

  function resolve(anchor, steps) {
    let node = anchor;
    for (const step of [...steps].reverse()) {
      node = fawkes.roots.shadowOf(node);
      for (const index of [...step].reverse()) node = node?.childNodes[index] ?? null;
      if (!node) return anchor;
    }
    return node;
  }

  /**
   * Tells the page's side something.
   * @param {string} kind
   * @param {unknown} data JSON
   * @param {Element[]} elements
   * @returns {boolean} what the page's side answered
   */
  function send(kind, data, elements) {
    const addresses = elements.map(addressOf);
    const event = new InputEvent(kind, {
      cancelable: true,
      data: JSON.stringify({ data, addresses: addresses.map(({ steps }) => steps) }),
      targetRanges: addresses.map(({ anchor }) => rangeAt(anchor)),
    });
    return !bus.dispatchEvent(event);
  }

  /**
   * Hears the page's side.
   * @param {string} kind
   * @param {(elements: any[], data: any) => boolean | void} listener true: taken over
   */
  function on(kind, listener) {
    bus.addEventListener(kind, (/** @type {any} */ event) => {
      const { data, addresses } = JSON.parse(event.data);
      const elements = event
        .getTargetRanges()
        .map((range, at) => resolve(range.startContainer, addresses[at]));
      if (listener(elements, data)) event.preventDefault();
    });
  }

  /** Hands the bus over; where scripts are forbidden nobody takes it, and nobody needs it. */
  function open() {
    const offer = new MouseEvent("fawkes:bus", { cancelable: true, relatedTarget: bus });
    isTaken = !window.dispatchEvent(offer);
  }

  /**
   * A file input in no document, to carry files across.
   * @param {File[]} files
   */
  function parcelOf(files) {
    const parcel = document.createElement("input");
    parcel.type = "file";
    parcel.multiple = true;
    parcel.files = listOf(files);
    return parcel;
  }

  /**
   * @param {File[]} files
   * @returns {FileList}
   */
  function listOf(files) {
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    return transfer.files;
  }

  fawkes.bus = Object.freeze({
    open,
    /** Whether the page's scripts can be heard, as far as it may have any. */
    isHeard: () => isTaken,
    on,
    send,
    parcelOf,
    listOf,
  });
})((globalThis.fawkes ??= {}));

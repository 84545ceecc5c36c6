// The content script's end of the bus to `main_world/`.  The page has no way to it: the bus is an
// element in no document, handed over before the first script of the page runs.
//
// Content scripts of other windows, and what a page has kept of windows that are gone, speak over
// `performance`: `document.open()` does not erase its listeners.  A page that does so gains nothing.
(function (fawkes) {
  "use strict";

  const bus = document.createElement("i");
  let isTaken = false;
  const rangeAt = (/** @type {Node} */ node) =>
    new StaticRange({ startContainer: node, startOffset: 0, endContainer: node, endOffset: 0 });

  /**
   * Elements in shadow trees are named by their outermost host and the way down from it.
   * @param {Node} node
   */
  function addressOf(node) {
    /** @type {number[][]} */
    const steps = [];
    for (;;) {
      const root = /** @type {Node & {host?: Element}} */ (node.getRootNode());
      if (root.nodeType !== Node.DOCUMENT_FRAGMENT_NODE || !root.host)
        return { anchor: node, steps };
      const step = [];
      for (let at = node; at !== root; ) {
        const parent = /** @type {Node} */ (at.parentNode);
        step.push(Array.prototype.indexOf.call(parent.childNodes, at));
        at = parent;
      }
      steps.push(step);
      node = root.host;
    }
  }

  /** @param {Node} anchor @param {number[][]} steps @returns {Node} */
  function resolve(anchor, steps) {
    /** @type {Node | null} */
    let node = anchor;
    for (const step of [...steps].reverse()) {
      node = fawkes.roots.shadowOf(node);
      for (const index of [...step].reverse()) node = node?.childNodes[index] ?? null;
      if (!node) return anchor;
    }
    return node;
  }

  /**
   * @param {EventTarget} target
   * @param {string} kind
   * @param {unknown} data JSON
   * @param {Node[]} nodes
   * @returns {boolean} what the other side answered
   */
  function tell(target, kind, data, nodes) {
    const addresses = nodes.map(addressOf);
    const event = new InputEvent(kind, {
      cancelable: true,
      data: JSON.stringify({ data, addresses: addresses.map(({ steps }) => steps) }),
      targetRanges: addresses.map(({ anchor }) => rangeAt(anchor)),
    });
    return !target.dispatchEvent(event);
  }

  /**
   * Tells the page's side something.
   * @type {FawkesContent["bus"]["send"]}
   */
  const send = (kind, data, nodes) => tell(bus, kind, data, nodes);

  /**
   * @param {EventTarget} target
   * @param {string} kind
   * @param {(nodes: any, data: any) => boolean | void} listener of what its kind carries
   */
  function listen(target, kind, listener) {
    target.addEventListener(kind, (told) => {
      const event = /** @type {InputEvent} */ (told);
      event.stopImmediatePropagation();
      const { data, addresses } = JSON.parse(event.data ?? "");
      const nodes = event
        .getTargetRanges()
        .map((range, at) => resolve(range.startContainer, addresses[at]));
      if (listener(nodes, data)) event.preventDefault();
    });
  }

  /**
   * Hears the page's side.
   * @type {FawkesContent["bus"]["on"]}
   */
  const on = (kind, listener) => listen(bus, kind, listener);

  /**
   * Hears the page's side, and that of other windows, about nodes of this window.
   * @type {FawkesContent["bus"]["hear"]}
   */
  function hear(kind, listener) {
    on(kind, (nodes, data) => askAtHome(kind, nodes[0]) ?? listener(nodes, data));
    hearOthers(kind, listener);
  }

  /**
   * Hears other windows.
   * @type {FawkesContent["bus"]["hearOthers"]}
   */
  const hearOthers = (kind, listener) => listen(performance, `fawkes:${kind}`, listener);

  /**
   * Asks the content script of another window.
   * @param {Window} view
   * @param {keyof FawkesBusOthers} kind
   * @param {Node[]} [nodes]
   * @returns {boolean} its answer; false where none is there, or another site
   */
  function askOther(view, kind, nodes = []) {
    try {
      return tell(view.performance, `fawkes:${kind}`, null, nodes);
    } catch {
      return false;
    }
  }

  /**
   * Has the content script of the window that a node is in do something.
   * @param {keyof FawkesBusOthers} kind
   * @param {Node} node
   * @returns {boolean | null} its answer; null where this script is to do it, or nobody else is there
   */
  function askAtHome(kind, node) {
    const shown = node.ownerDocument ?? /** @type {Document} */ (node);
    const home = shown.defaultView ?? topmost();
    if (home === window || !isAnswering(home)) return null;
    return askOther(home, kind, [node]);
  }

  /** A node may be in a document without a window: the same window must see to it each time. */
  function topmost() {
    /** @type {Window} */
    let view = window;
    try {
      while (view.parent !== view && view.parent.document) view = view.parent;
    } catch {
      // of another site
    }
    return view;
  }

  /** No page knows it: Firefox gives each installation an address of its own. */
  const IS_UNSEEN = chrome.runtime.getURL("").startsWith("moz-");
  const SECRET = `fawkes:${chrome.runtime.getURL("here")}`;

  /**
   * Whether a content script runs in a window that the page can reach from here.
   * @param {Window & {fawkes?: {started?: true}}} view
   */
  function isAnswering(view) {
    try {
      // In Chromium content scripts see each other.
      return (
        Boolean(view.fawkes?.started) || (IS_UNSEEN && tell(view.performance, SECRET, null, []))
      );
    } catch {
      return false; // of another site
    }
  }

  /**
   * Hands the bus over.
   * @returns {boolean} whether it is taken: where scripts are forbidden nobody is there
   */
  function open() {
    hearOthers("here", () => true);
    listen(performance, SECRET, () => true);
    const offer = new MouseEvent("fawkes:bus", { cancelable: true, relatedTarget: bus });
    isTaken = !window.dispatchEvent(offer);
    return isTaken;
  }

  /** File inputs that carry files across. @type {WeakSet<Node>} */
  const parcels = new WeakSet();

  /**
   * A file input in no document, to carry files across.
   * @param {File[]} files
   */
  function parcelOf(files) {
    const parcel = document.createElement("input");
    parcels.add(parcel);
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
    hear,
    hearOthers,
    send,
    askAtHome,
    askOther,
    isAnswering,
    parcelOf,
    /** The page's side has sent it. @param {FawkesParcel} parcel */
    noteParcel: (parcel) => parcels.add(parcel),
    /**
     * Whether this carries files across.  Guards of another window, through which the page's side
     * may read it, do not know, and ask.
     * @param {Node} node
     */
    isParcel: (node) => parcels.has(node),
    listOf,
  });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));

// Runs in the page's own world, before the page, and decides nothing: here is the bus over which
// the other files of this folder ask the content script, and all that they use of the platform.
//
// What is used after the start is captured here first, since the page may replace it later.
(() => {
  "use strict";

  const {
    apply,
    construct,
    defineProperty,
    getOwnPropertyDescriptor: descriptorOf,
    getPrototypeOf,
  } = Reflect;

  /**
   * The getter of an attribute; browsers differ in where on the prototype chain it sits.
   * @returns {any}
   */
  function getter(type, name) {
    for (let holder = type.prototype; holder; holder = getPrototypeOf(holder)) {
      const descriptor = descriptorOf(holder, name);
      if (descriptor) return descriptor.get;
    }
    throw new TypeError(name);
  }

  /**
   * An object that inherits nothing: the page may have put traps on `Object.prototype`.
   * @param {any} own
   * @returns {any}
   */
  const bare = (own) => ({ __proto__: null, ...own });

  const { parse, stringify } = JSON;
  const NativeDataTransfer = DataTransfer;
  const NativeInputEvent = InputEvent;
  const NativePromise = Promise;
  const NativeStaticRange = StaticRange;
  const then = Promise.prototype.then;
  const dispatch = EventTarget.prototype.dispatchEvent;
  const listen = EventTarget.prototype.addEventListener;
  const prevent = Event.prototype.preventDefault;
  const createElement = Document.prototype.createElement;
  const setAttribute = Element.prototype.setAttribute;
  const getRootNode = Node.prototype.getRootNode;
  const addItem = DataTransferItemList.prototype.add;
  const rangesOf = InputEvent.prototype.getTargetRanges;
  const dataOf = getter(InputEvent, "data");
  const relatedTargetOf = getter(MouseEvent, "relatedTarget");
  const containerOf = getter(StaticRange, "startContainer");
  const childrenOf = getter(Node, "childNodes");
  const ownerOf = getter(Node, "ownerDocument");
  const viewOf = getter(Document, "defaultView");
  const documentOf = getter({ prototype: globalThis }, "document");
  const performanceOf = getter({ prototype: globalThis }, "performance");
  const isInChain = Object.prototype.isPrototypeOf;
  const NodePrototype = Node.prototype;
  const parentOf = getter(Node, "parentNode");
  const previousOf = getter(Node, "previousSibling");
  const shadowHostOf = getter(ShadowRoot, "host");
  const shadowRootOf = getter(Element, "shadowRoot");
  const inputType = getter(HTMLInputElement, "type");
  /** @type {any} */
  const inputFiles = descriptorOf(HTMLInputElement.prototype, "files");
  const filesLength = getter(FileList, "length");
  const transferFiles = getter(DataTransfer, "files");
  const transferItems = getter(DataTransfer, "items");
  const weakGet = WeakMap.prototype.get;
  const weakSet = WeakMap.prototype.set;
  const page = document;

  /** Shadow roots by their hosts, for the way down into closed ones. */
  const roots = new WeakMap();

  let bus = null;
  let isOver = false;

  addEventListener(
    "fawkes:bus",
    (event) => {
      const given = apply(relatedTargetOf, event, []);
      if (isOver || !given || (bus && ask("alive", []))) return;
      // The extension has come anew, with hooks of its own: these have had their day.
      isOver = bus !== null;
      bus = isOver ? null : given;
      if (isOver) return;
      for (const kind in receivers)
        apply(listen, bus, [kind, (message) => receive(receivers[kind], message)]);
      apply(prevent, event, []);
    },
    { capture: true },
  );

  const rootOf = (node) => apply(getRootNode, node, []);

  function hostOf(root) {
    try {
      return apply(shadowHostOf, root, []);
    } catch {
      return null; // a document, a fragment or a detached element
    }
  }

  /**
   * Elements cross in the target ranges of an event, which hide what lies in shadow trees: those
   * are named by the outermost host and the way down from it.
   */
  function addressOf(node) {
    const steps = [];
    for (;;) {
      const root = rootOf(node);
      const host = hostOf(root);
      if (!host) return { anchor: node, steps };
      const step = [];
      for (let at = node; at !== root; at = apply(parentOf, at, [])) {
        let index = 0;
        for (let older = at; (older = apply(previousOf, older, [])); ) index += 1;
        step[step.length] = index;
      }
      steps[steps.length] = step;
      node = host;
    }
  }

  function resolve(anchor, steps) {
    let node = anchor;
    for (let level = steps.length - 1; level >= 0 && node; level -= 1) {
      node = apply(weakGet, roots, [node]) ?? apply(shadowRootOf, node, []);
      const step = steps[level];
      for (let at = step.length - 1; at >= 0 && node; at -= 1)
        node = apply(childrenOf, node, [])[step[at]];
    }
    return node ?? anchor;
  }

  /**
   * Asks the content script, which has answered on return: true where it takes over.
   * @param {any} [data] JSON
   */
  const ask = (kind, elements, data = null) => bus !== null && tell(bus, kind, elements, data);

  /**
   * Whether the frame of this script was taken out of its page, or shows another document by now:
   * its content script is gone, and what the page has kept of it would have nobody to ask.
   */
  function isGone() {
    try {
      const shown = apply(documentOf, globalThis, []);
      return apply(viewOf, shown, []) === null || !apply(isInChain, NodePrototype, [shown]);
    } catch {
      return true; // another site is there now
    }
  }

  /** Asks the content script of the window that a node is in; null where none answers. */
  function askAtHome(kind, node) {
    try {
      const home = apply(viewOf, apply(ownerOf, node, []) ?? node, []);
      if (!home) return null;
      const there = apply(performanceOf, home, []);
      if (!tell(there, "fawkes:here", [], null)) return null;
      return tell(there, `fawkes:${kind}`, [node], null);
    } catch {
      return null; // no node of a page's
    }
  }

  /**
   * Asks who can answer about a node.
   * @returns {boolean | null} null where nobody can: nothing may be given away then
   */
  const consult = (kind, node) => (isGone() ? askAtHome(kind, node) : ask(kind, [node]));

  function tell(target, kind, elements, data) {
    const ranges = [];
    const addresses = [];
    for (let at = 0; at < elements.length; at += 1) {
      const { anchor, steps } = addressOf(elements[at]);
      ranges[at] = new NativeStaticRange(
        bare({
          startContainer: anchor,
          startOffset: 0,
          endContainer: anchor,
          endOffset: 0,
        }),
      );
      addresses[at] = steps;
    }
    const text = stringify(bare({ data, addresses }));
    const init = bare({ cancelable: true, data: text, targetRanges: ranges });
    return !apply(dispatch, target, [new NativeInputEvent(kind, init)]);
  }

  function receive(receiver, message) {
    const { data, addresses } = parse(apply(dataOf, message, []));
    const ranges = apply(rangesOf, message, []);
    const elements = [];
    for (let at = 0; at < ranges.length; at += 1)
      elements[at] = resolve(apply(containerOf, ranges[at], []), addresses[at]);
    if (receiver(data, elements)) apply(prevent, message, []);
  }

  // --- files cross in a file input that is in no document --------------------------------------

  function createInput() {
    const input = apply(createElement, page, ["input"]);
    apply(setAttribute, input, ["type", "file"]);
    return input;
  }

  function parcelOf(file) {
    const transfer = new NativeDataTransfer();
    apply(addItem, apply(transferItems, transfer, []), [file]);
    const parcel = createInput();
    apply(inputFiles.set, parcel, [apply(transferFiles, transfer, [])]);
    return parcel;
  }

  function filesIn(input) {
    const list = apply(inputFiles.get, input, []);
    const files = [];
    for (let at = 0; at < apply(filesLength, list, []); at += 1) files[at] = list[at];
    return files;
  }

  /** Requests that wait for their answer. */
  const waiting = [];

  /**
   * Has a file cloaked that the page has not got yet.
   * @param {string} accept what the page takes, as an input's attribute says it; empty for all
   * @param {(file: File) => void} done with the cloaked file, or an equal one where protection is
   *   off; `failed` too where the content script is gone and has left this script behind
   */
  const cloaked = (file, accept, done, failed) => request("cloak", file, accept, done, failed);

  /**
   * Has a file looked into that the page has not got yet: `failed` where it is a photo, or nobody
   * can say.
   */
  const sniffed = (file, done, failed) => request("sniff", file, null, done, failed);

  /** Has what the clipboard holds cloaked, also where it is a text with pictures in it. */
  const flavoured = (file, done, failed) => request("flavour", file, null, done, failed);

  function request(kind, file, data, done, failed) {
    const parcel = parcelOf(file);
    const at = waiting.length;
    waiting[at] = { parcel, done, failed };
    if (ask(kind, [parcel], data)) return;
    waiting[at] = null;
    failed();
  }

  const receivers = {
    __proto__: null,
    answer({ ok }, [parcel]) {
      for (let at = 0; at < waiting.length; at += 1) {
        if (waiting[at]?.parcel !== parcel) continue;
        const { done, failed } = waiting[at];
        waiting[at] = null;
        if (ok) done(filesIn(parcel)[0]);
        else failed();
      }
    },
  };

  /**
   * `then` for a promise that holds an original: the specification looks `constructor` up on the
   * promise, and the page must not be asked.
   */
  function after(promise, onValue, onError) {
    defineProperty(promise, "constructor", bare({ value: NativePromise }));
    apply(then, promise, [onValue, onError]);
  }

  function isFileInput(value) {
    try {
      return apply(inputType, value, []) === "file";
    } catch {
      return false;
    }
  }

  function holdsFiles(input) {
    const list = apply(inputFiles.get, input, []);
    return list !== null && apply(filesLength, list, []) > 0;
  }

  // For the other files of this folder, which run before any script of the page can; the last
  // of them takes it away.
  globalThis.fawkesMainWorld = {
    isActive: () => bus !== null,
    isGone,
    consult,
    keepRoot: (host, root) => apply(weakSet, roots, [host, root]),
    apply,
    bare,
    construct,
    defineProperty,
    descriptorOf,
    getter,
    dispatch,
    inputFiles,
    transferItems,
    addItem,
    ownerOf,
    viewOf,
    documentOf,
    NativeDataTransfer,
    NativePromise,
    ask,
    receivers,
    createInput,
    filesIn,
    cloaked,
    flavoured,
    sniffed,
    after,
    isFileInput,
    holdsFiles,
  };
})();

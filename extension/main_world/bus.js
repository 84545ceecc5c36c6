// Runs in the page's own world, before the page, and decides nothing: here is the bus over which
// the other files of this folder ask the content script, and all that they use of the platform.
//
// What is used after the start is captured here first, since the page may replace it later.
(() => {
  "use strict";

  /** @type {FawkesMainWorldBus["apply"]} */
  const apply = Reflect.apply;
  const {
    construct,
    defineProperty,
    getOwnPropertyDescriptor: descriptorOf,
    getPrototypeOf,
  } = Reflect;

  /**
   * The getter of an attribute; browsers differ in where on the prototype chain it sits.
   * @template Type
   * @template {keyof Type} Name
   * @param {{prototype: Type}} type
   * @param {Name} name
   * @returns {FawkesNative<[], Type[Name]>}
   */
  function getter(type, name) {
    for (
      let holder = /** @type {any} */ (type.prototype);
      holder;
      holder = getPrototypeOf(holder)
    ) {
      const descriptor = /** @type {any} */ (descriptorOf(holder, name));
      if (descriptor) return descriptor.get;
    }
    throw new TypeError(/** @type {string} */ (name));
  }

  /**
   * An object that inherits nothing: the page may have put traps on `Object.prototype`.
   * @template {object} Own
   * @param {Own} own
   * @returns {Own}
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
  const inputFiles = /** @type {FawkesMainWorldBus["inputFiles"]} */ (
    descriptorOf(HTMLInputElement.prototype, "files")
  );
  const filesLength = getter(FileList, "length");
  const transferFiles = getter(DataTransfer, "files");
  const transferItems = getter(DataTransfer, "items");
  const weakGet = WeakMap.prototype.get;
  const weakSet = WeakMap.prototype.set;
  const page = document;

  /** Shadow roots by their hosts, for the way down into closed ones. */
  const roots = new WeakMap();

  /** @type {EventTarget | null} */
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
        apply(listen, bus, [
          kind,
          (message) => receive(receivers[/** @type {keyof FawkesBusTold} */ (kind)], message),
        ]);
      apply(prevent, event, []);
    },
    { capture: true },
  );

  const rootOf = (/** @type {Node} */ node) => apply(getRootNode, node, []);

  /** @param {Node} root */
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
   * @param {Node} node
   */
  function addressOf(node) {
    /** @type {number[][]} */
    const steps = [];
    for (;;) {
      const root = rootOf(node);
      const host = hostOf(root);
      if (!host) return { anchor: node, steps };
      /** @type {number[]} */
      const step = [];
      for (let at = node; at !== root; at = /** @type {Node} */ (apply(parentOf, at, []))) {
        let index = 0;
        for (let older = /** @type {Node | null} */ (at); (older = apply(previousOf, older, [])); )
          index += 1;
        step[step.length] = index;
      }
      steps[steps.length] = step;
      node = host;
    }
  }

  /** @param {Node} anchor @param {number[][]} steps @returns {Node} */
  function resolve(anchor, steps) {
    /** @type {Node | null} */
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
   * @type {FawkesMainWorldBus["ask"]}
   */
  const ask = (kind, elements, data) =>
    bus !== null && tell(bus, kind, elements, data === undefined ? null : data);

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

  /**
   * Asks the content script of the window that a node is in; null where none answers.
   * @param {keyof FawkesBusShared} kind
   * @param {Node} node
   */
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
   * @param {keyof FawkesBusShared} kind
   * @param {unknown} given
   * @returns {boolean | null} null where nobody can: nothing may be given away then
   */
  function consult(kind, given) {
    const node = /** @type {Document} */ (given);
    return isGone() ? askAtHome(kind, node) : ask(kind, [node]);
  }

  /**
   * @param {EventTarget} target
   * @param {string} kind
   * @param {Node[]} elements
   * @param {unknown} data JSON
   */
  function tell(target, kind, elements, data) {
    /** @type {StaticRange[]} */
    const ranges = [];
    /** @type {number[][][]} */
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

  /**
   * @param {((data: any, nodes: any) => boolean | void) | undefined} receiver of what its kind
   *   carries
   * @param {Event} message
   */
  function receive(receiver, message) {
    const { data, addresses } = parse(apply(dataOf, message, []) ?? "");
    const ranges = apply(rangesOf, message, []);
    /** @type {Node[]} */
    const elements = [];
    for (let at = 0; at < ranges.length; at += 1)
      elements[at] = resolve(apply(containerOf, ranges[at], []), addresses[at]);
    if (receiver?.(data, elements)) apply(prevent, message, []);
  }

  // --- files cross in a file input that is in no document --------------------------------------

  function createInput() {
    const input = /** @type {HTMLInputElement} */ (apply(createElement, page, ["input"]));
    apply(setAttribute, input, ["type", "file"]);
    return input;
  }

  /** @param {File} file */
  function parcelOf(file) {
    const transfer = new NativeDataTransfer();
    apply(addItem, apply(transferItems, transfer, []), [file]);
    const parcel = createInput();
    apply(inputFiles.set, parcel, [apply(transferFiles, transfer, [])]);
    return parcel;
  }

  /** @param {HTMLInputElement} input */
  function filesIn(input) {
    const list = /** @type {FileList} */ (apply(inputFiles.get, input, []));
    /** @type {File[]} */
    const files = [];
    for (let at = 0; at < apply(filesLength, list, []); at += 1) files[at] = list[at];
    return files;
  }

  /**
   * Requests that wait for their answer.
   * @type {({parcel: Node, done: FawkesDone, failed: () => void} | null)[]}
   */
  const waiting = [];

  /**
   * Has a file cloaked that the page has not got yet.
   * @param {File} file
   * @param {string} accept what the page takes, as an input's attribute says it; empty for all
   * @param {FawkesDone} done with the cloaked file, or an equal one where protection is
   *   off
   * @param {() => void} failed also where the content script is gone and has left this script
   *   behind
   */
  const cloaked = (file, accept, done, failed) => request("cloak", file, accept, done, failed);

  /**
   * Has a file looked into that the page has not got yet: `failed` where it is a photo, or nobody
   * can say.
   * @type {FawkesMainWorldBus["sniffed"]}
   */
  const sniffed = (file, done, failed) => request("sniff", file, null, done, failed);

  /**
   * Has what the clipboard holds cloaked, also where it is a text with pictures in it.
   * @type {FawkesMainWorldBus["flavoured"]}
   */
  const flavoured = (file, done, failed) => request("flavour", file, null, done, failed);

  /**
   * @template {"cloak" | "sniff" | "flavour"} Kind
   * @param {Kind} kind
   * @param {File} file
   * @param {FawkesBusAsked[Kind][1]} data
   * @param {FawkesDone} done
   * @param {() => void} failed
   */
  function request(kind, file, data, done, failed) {
    const parcel = parcelOf(file);
    const at = waiting.length;
    waiting[at] = { parcel, done, failed };
    if (ask(kind, [parcel], data)) return;
    waiting[at] = null;
    failed();
  }

  /** @type {FawkesReceivers & {__proto__: null}} */
  const receivers = {
    __proto__: null,
    answer({ ok }, [parcel]) {
      for (let at = 0; at < waiting.length; at += 1) {
        const one = waiting[at];
        if (one?.parcel !== parcel) continue;
        const { done, failed } = one;
        waiting[at] = null;
        if (ok) done(filesIn(parcel)[0]);
        else failed();
      }
    },
  };

  /**
   * `then` for a promise that holds an original: the specification looks `constructor` up on the
   * promise, and the page must not be asked.
   * @type {FawkesMainWorldBus["after"]}
   */
  function after(promise, onValue, onError) {
    defineProperty(promise, "constructor", bare({ value: NativePromise }));
    apply(/** @type {FawkesNative<unknown[], unknown>} */ (then), promise, [onValue, onError]);
  }

  /** @param {unknown} value @returns {value is HTMLInputElement} */
  function isFileInput(value) {
    try {
      return apply(inputType, value, []) === "file";
    } catch {
      return false;
    }
  }

  /** @param {HTMLInputElement} input */
  function holdsFiles(input) {
    const list = apply(inputFiles.get, input, []);
    return list !== null && apply(filesLength, list, []) > 0;
  }

  // For the other files of this folder, which run before any script of the page can; the last
  // of them takes it away.
  /** @type {FawkesMainWorldBus} */
  const mainWorld = {
    isActive: () => bus !== null,
    isGone,
    consult,
    keepRoot: (host, root) => apply(weakSet, roots, [/** @type {Element} */ (host), root]),
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
  globalThis.fawkesMainWorld = /** @type {FawkesMainWorld} */ (mainWorld);
})();

// Builds the drops and pastes that the page gets, with cloaked files in them.  They have to be
// made in the page's own world: in Firefox a drop made elsewhere arrives without its files.
(() => {
  "use strict";

  const {
    apply,
    ask,
    bare,
    defineProperty,
    descriptorOf,
    dispatch,
    each,
    getter,
    install,
    receivers,
    replace,
    replaceGetter,
    filesIn,
    handleOf,
    transferItems,
    addItem,
    NativeDataTransfer,
    NativePromise,
  } = /** @type {FawkesMainWorld} */ (globalThis.fawkesMainWorld);
  const NativeClipboardEvent = ClipboardEvent;
  const NativeDragEvent = DragEvent;
  const NativeFile = File;
  const NativeInputEvent = InputEvent;
  const NativeStaticRange = StaticRange;
  const { freeze } = Object;
  const getSelection = Document.prototype.getSelection;
  const ownerDocument = getter(Node, "ownerDocument");
  const rangeCount = getter(Selection, "rangeCount");
  const getRangeAt = Selection.prototype.getRangeAt;
  const startContainer = getter(Range, "startContainer");
  const startOffset = getter(Range, "startOffset");
  const endContainer = getter(Range, "endContainer");
  const endOffset = getter(Range, "endOffset");
  const setData = DataTransfer.prototype.setData;
  const keep = WeakMap.prototype.set.bind(new WeakMap());
  const own = (/** @type {unknown} */ value) => bare({ value, configurable: true });
  const isHandling = "getAsFileSystemHandle" in DataTransferItem.prototype;
  const weakGet = WeakMap.prototype.get;
  const weakSet = WeakMap.prototype.set;
  const weakDelete = WeakMap.prototype.delete;

  /** Numbers of drops and pastes into which no page has looked yet. */
  const unread = new WeakMap();

  /**
   * The page looks into a transfer; what kinds are in it, it may know without having taken any.
   * @param {unknown} transfer
   */
  function noteRead(transfer) {
    const number = apply(weakGet, unread, [/** @type {any} */ (transfer)]);
    if (number === undefined) return;
    apply(weakDelete, unread, [/** @type {any} */ (transfer)]);
    ask("looked", [], number);
  }

  const LISTS = /** @type {const} */ (["files", "items"]);
  install((view) => {
    each(LISTS, (name) =>
      replaceGetter(view.DataTransfer, name, (transfer, get) => {
        noteRead(transfer);
        return apply(get, transfer, []);
      }),
    );
    replace(
      view.DataTransfer,
      "getData",
      (native) =>
        ({
          getData() {
            noteRead(this);
            return apply(native, this, /** @type {any} */ (arguments));
          },
        }).getData,
    );
  });

  /** @param {File} file @param {string} path */
  function setPath(file, path) {
    if (path) defineProperty(file, "webkitRelativePath", own(path));
  }

  /** Paths within a chosen folder: a file that a script made has none of its own. */
  receivers.paths = (paths, [input]) => {
    const files = filesIn(input);
    for (let at = 0; at < files.length; at += 1) setPath(files[at], paths[at]);
    keep(input, files); // these very objects carry the paths, so they live as long as the input
  };

  receivers.drop = ({ strings, paths, tops, init, number }, [target, parcel]) => {
    const files = parcel ? filesIn(parcel) : [];
    for (let at = 0; at < files.length; at += 1) setPath(files[at], paths[at]);
    const transfer = filled(strings, tops ? topFiles(tops, files) : files);
    if (tops) showItems(transfer, itemsOf(tops, files, strings));
    const event = new NativeDragEvent("drop", {
      ...init,
      bubbles: true,
      cancelable: true,
      composed: true,
      dataTransfer: transfer,
    });
    defineProperty(event, "dataTransfer", own(transfer));
    apply(weakSet, unread, [transfer, number]);
    return !apply(dispatch, target, [event]);
  };

  /** @param {DataTransfer} transfer @param {DataTransferItemList} items */
  function showItems(transfer, items) {
    const access = {
      get items() {
        noteRead(transfer);
        return items;
      },
    };
    const { get } = /** @type {any} */ (descriptorOf(access, "items"));
    defineProperty(transfer, "items", bare({ get, configurable: true }));
  }

  /** A step of a drag: until the drop, a page sees what kinds are carried, and nothing else. */
  receivers.drag = ({ type, init, types }, [target]) => {
    const transfer = new NativeDataTransfer();
    defineProperty(transfer, "types", own(freeze(types)));
    const event = new NativeDragEvent(type, {
      ...init,
      bubbles: true,
      cancelable: type !== "dragleave",
      composed: true,
      dataTransfer: transfer,
    });
    defineProperty(event, "dataTransfer", own(transfer));
    apply(dispatch, target, [event]);
  };

  receivers.beforeinput = ({ inputType, strings, data }, [target, parcel]) => {
    const transfer = data === null ? filled(strings, parcel ? filesIn(parcel) : []) : null;
    const event = new NativeInputEvent("beforeinput", {
      inputType,
      data,
      bubbles: true,
      cancelable: true,
      composed: true,
      dataTransfer: transfer,
      targetRanges: rangesIn(target),
    });
    defineProperty(event, "dataTransfer", own(transfer));
    return !apply(dispatch, target, [event]);
  };

  /** What is going to be replaced; text controls do not say. @param {Node} target */
  function rangesIn(target) {
    const selection = apply(getSelection, apply(ownerDocument, target, []), []);
    if (!selection || apply(rangeCount, selection, []) === 0) return [];
    const range = apply(getRangeAt, selection, [0]);
    return [
      new NativeStaticRange({
        startContainer: apply(startContainer, range, []),
        startOffset: apply(startOffset, range, []),
        endContainer: apply(endContainer, range, []),
        endOffset: apply(endOffset, range, []),
      }),
    ];
  }

  receivers.paste = ({ strings, number }, [target, parcel]) => {
    const transfer = filled(strings, parcel ? filesIn(parcel) : []);
    const event = new NativeClipboardEvent("paste", {
      bubbles: true,
      cancelable: true,
      composed: true,
    });
    // The constructor's own `clipboardData` loses its files in both browsers.
    defineProperty(event, "clipboardData", own(transfer));
    apply(weakSet, unread, [transfer, number]);
    return !apply(dispatch, target, [event]);
  };

  /** @param {[string, string][]} strings @param {File[]} files */
  function filled(strings, files) {
    const transfer = new NativeDataTransfer();
    const items = apply(transferItems, transfer, []);
    for (const [type, value] of strings) apply(setData, transfer, [type, value]);
    for (const file of files) apply(addItem, items, [file]);
    return transfer;
  }

  /** @param {FawkesDropped} leaf @param {File[]} files */
  const fileOf = (leaf, files) => files[/** @type {number} */ (leaf.index)];

  // --- dropped folders: a script cannot make entries, so these stand in for them ---------------

  /**
   * What `files` of a drop shows for each thing dropped: the file, or an empty one for a folder.
   * @param {FawkesDropped[]} tops
   * @param {File[]} files
   */
  const topFiles = (tops, files) =>
    tops.map((top) => (top.children ? new NativeFile([], top.name) : fileOf(top, files)));

  /** @param {FawkesDropped[]} tops @param {File[]} files @param {[string, string][]} strings */
  function itemsOf(tops, files, strings) {
    const texts = strings.map(([type, value]) =>
      item("string", type, {
        getAsString: (/** @type {(text: string) => void} */ callback) =>
          void setTimeout(() => callback(value), 0),
      }),
    );
    const shown = topFiles(tops, files);
    const things = tops.map((top, at) =>
      item("file", shown[at].type, {
        getAsFile: () => shown[at],
        webkitGetAsEntry: () => entryOf(top, files, `/${top.name}`),
        getAsFileSystemHandle: () => NativePromise.resolve(handleOf(top, files)),
      }),
    );
    const all = [...texts, ...things];
    const list = Object.create(DataTransferItemList.prototype, {
      length: own(all.length),
      [Symbol.iterator]: own(() => all[Symbol.iterator]()),
    });
    return Object.assign(list, all);
  }

  /**
   * @param {"string" | "file"} kind
   * @param {string} type
   * @param {Partial<Record<"getAsFile" | "getAsString" | "webkitGetAsEntry" |
   *   "getAsFileSystemHandle", Function>>} methods
   */
  function item(kind, type, methods) {
    return Object.create(DataTransferItem.prototype, {
      kind: own(kind),
      type: own(type),
      getAsFile: own(methods.getAsFile ?? (() => null)),
      getAsString: own(methods.getAsString ?? (() => undefined)),
      webkitGetAsEntry: own(methods.webkitGetAsEntry ?? (() => null)),
      ...(isHandling && {
        getAsFileSystemHandle: own(
          methods.getAsFileSystemHandle ?? (() => NativePromise.resolve(null)),
        ),
      }),
    });
  }

  /** @param {FawkesDropped} node @param {File[]} files @param {string} fullPath */
  function entryOf(node, files, fullPath) {
    const type = globalThis[node.children ? "FileSystemDirectoryEntry" : "FileSystemFileEntry"];
    const entry = Object.create(type?.prototype ?? Object.prototype, {
      isFile: own(!node.children),
      isDirectory: own(Boolean(node.children)),
      name: own(node.name),
      fullPath: own(fullPath),
    });
    const { children } = node;
    if (children)
      defineProperty(
        entry,
        "createReader",
        own(() => readerOf(children, files, fullPath)),
      );
    else
      defineProperty(
        entry,
        "file",
        own((/** @type {FawkesDone} */ done) => {
          setTimeout(() => done(fileOf(node, files)), 0);
        }),
      );
    return entry;
  }

  /**
   * @param {FawkesDropped[]} children
   * @param {File[]} files
   * @param {string} fullPath
   */
  function readerOf(children, files, fullPath) {
    let left = children.map((child) => entryOf(child, files, `${fullPath}/${child.name}`));
    return {
      readEntries(/** @type {(entries: object[]) => void} */ done) {
        const batch = left;
        left = [];
        setTimeout(() => done(batch), 0);
      },
    };
  }
})();

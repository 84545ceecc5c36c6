// Files on disk that the page holds by a handle: of a picker, a drop, a launch or a database.  They
// all end in `getFile`, and the content script is asked there.
//
// A worker has a `getFile` of its own, and no content script to ask.  So the page gets stand-ins,
// which can do everything but leave it: browsers refuse to clone a proxy.
(() => {
  "use strict";

  const {
    isActive,
    apply,
    bare,
    construct,
    defineProperty,
    descriptorOf,
    getter,
    ask,
    installOnce,
    each,
    handleOfFile,
    cloaked,
    sniffed,
    after,
    hideThen,
    replace,
    replaceOwn,
    replaceGetter,
    replaceType,
    NativePromise,
  } = /** @type {FawkesMainWorld} */ (globalThis.fawkesMainWorld);
  if (!globalThis.FileSystemHandle) return;

  const NativeDOMException = DOMException;
  const NativeProxy = Proxy;
  const { getPrototypeOf, ownKeys } = Reflect;
  const { FileSystemHandle, FileSystemFileHandle, FileSystemDirectoryHandle } = globalThis;
  const fileName = getter(File, "name");
  const fileModified = getter(File, "lastModified");
  const blobSize = getter(Blob, "size");
  const handleKind = getter(FileSystemHandle, "kind");
  const weakGet = WeakMap.prototype.get;
  const weakSet = WeakMap.prototype.set;
  const isArray = Array.isArray;
  const { asyncIterator } = Symbol;
  const getAsFile = DataTransferItem.prototype.getAsFile;
  const getFile = FileSystemFileHandle.prototype.getFile;

  const unreadable = () => new NativeDOMException("The file could not be read", "NotReadableError");

  /** What the picker that gave a handle was to let through.  @type {WeakMap<object, string>} */
  const accepts = new WeakMap();
  /** Handles by their stand-ins, and the other way round. */
  const natives = new WeakMap();
  const standIns = new WeakMap();

  /** @param {unknown} value @returns {value is object} */
  const isObject = (value) => typeof value === "object" && value !== null;
  /** @template Value @param {Value} value @returns {Value} */
  const nativeOf = (value) => (isObject(value) && apply(weakGet, natives, [value])) || value;

  /**
   * The stand-in for a handle that may lead to photos on disk; any other value as it is.
   * @param {any} value of whatever kind
   * @returns {any} of the same
   */
  function standInFor(value) {
    try {
      apply(handleKind, value, []);
    } catch {
      return value; // no handle
    }
    const known = apply(weakGet, standIns, [value]);
    if (known) return known;
    if (!isActive() || !ask("guard", [])) return value;
    const standIn = new NativeProxy(value, bare({}));
    apply(weakSet, natives, [standIn, value]);
    apply(weakSet, standIns, [value, standIn]);
    return standIn;
  }

  /** @param {object} list @param {PropertyKey} at @param {unknown} value */
  const put = (list, at, value) =>
    defineProperty(list, at, bare({ value, writable: true, enumerable: true, configurable: true }));

  /** @param {unknown} list or one value */
  const standInsFor = (list) => {
    if (!isArray(list)) return standInFor(list);
    /** @type {unknown[]} */
    const all = [];
    for (let at = 0; at < list.length; at += 1) put(all, at, standInFor(list[at]));
    return all;
  };

  /**
   * Gives the handle itself where its file is no photo, so that pages can keep those of documents,
   * or the stand-in.
   * @param {unknown} handle
   * @param {(handle: unknown) => void} done
   */
  function look(handle, done) {
    const keep = () => done(standInFor(handle));
    let isFile = false;
    try {
      isFile = apply(handleKind, handle, []) === "file";
    } catch {
      // No handle.
    }
    if (!isFile || !isActive()) return keep();
    after(apply(getFile, handle, []), (file) => sniffed(file, () => done(handle), keep), keep);
  }

  /** @param {unknown} value or a list @param {(value: unknown) => void} done */
  function lookAll(value, done) {
    if (!isArray(value)) return look(value, done);
    /** @type {unknown[]} */
    const all = [];
    let left = value.length;
    if (left === 0) done(all);
    for (let at = 0; at < value.length; at += 1)
      look(value[at], (handle) => {
        put(all, at, handle);
        left -= 1;
        if (left === 0) done(all);
      });
  }

  /**
   * @template Value
   * @param {Promise<Value>} promise
   * @param {(value: Value) => unknown} turn
   */
  const later = (promise, turn) =>
    new NativePromise((done, failed) => after(promise, (value) => done(turn(value)), failed));

  /**
   * Has a getter of stand-ins answer for their handles.
   * @template Type
   * @template {keyof Type} Name
   * @param {{prototype: Type} | undefined} type
   * @param {Name} name
   * @param {(value: Type[Name]) => unknown} turn
   */
  const turnGetter = (type, name, turn) =>
    replaceGetter(type, name, (self, get) => turn(apply(get, nativeOf(self), [])));

  // --- what stand-ins can do -------------------------------------------------------------------

  /** What a folder gives of what lies in it: stand-ins, if it is one itself. */
  /** @type {Record<string, boolean>} */
  const GIVES_HANDLES = bare({ getFileHandle: true, getDirectoryHandle: true });
  /** @type {Record<string, boolean>} */
  const GIVES_ITERATOR = bare({ entries: true, keys: true, values: true });

  /**
   * Pages get no iterator of the browser's own, so that none can replace its `next`.
   * @param {AsyncIterator<unknown>} native
   * @param {(value: unknown) => unknown} turn
   */
  function iterator(native, turn) {
    const { next, return: stop } = /** @type {Required<AsyncIterator<unknown>>} */ (
      getPrototypeOf(native)
    );
    const turned = (/** @type {IteratorResult<unknown>} */ step) => ({
      value: step.done ? undefined : turn(step.value),
      done: step.done,
    });
    return {
      next: () => later(apply(next, native, []), turned),
      return: (/** @type {unknown} */ value) =>
        later(apply(stop, native, [value]), (step) => ({ value: step.value, done: step.done })),
      [asyncIterator]() {
        return this;
      },
    };
  }

  /** @param {string} name @param {FawkesNative<any[], any>} native */
  function methodOf(name, native) {
    return {
      [name](/** @type {unknown[]} */ ...given) {
        for (let at = 0; at < given.length; at += 1) given[at] = nativeOf(given[at]);
        const self = nativeOf(this);
        const result = apply(native, self, given);
        const isNative = self === this;
        if (GIVES_ITERATOR[name])
          return iterator(result, isNative ? (value) => value : standInsFor);
        return GIVES_HANDLES[name] && !isNative ? later(result, standInFor) : result;
      },
    }[name];
  }

  const TYPES = /** @type {const} */ ([
    "FileSystemHandle",
    "FileSystemFileHandle",
    "FileSystemDirectoryHandle",
  ]);
  installOnce((view) => {
    if (!view.FileSystemHandle) return;
    each(TYPES, (kind) => {
      // Any: each has methods of its own.
      const type = /** @type {{prototype: any}} */ (view[kind]);
      each(ownKeys(type.prototype), (name) => {
        const descriptor = descriptorOf(type.prototype, name);
        if (typeof name !== "string" || name === "constructor" || !descriptor) return;
        if (descriptor.get) turnGetter(type, name, (value) => value);
        else replace(type, name, (native) => methodOf(name, native));
      });
    });
    const { prototype } = view.FileSystemDirectoryHandle;
    defineProperty(
      prototype,
      asyncIterator,
      bare({ value: prototype.entries, writable: true, configurable: true }),
    );
    // Promises look `then` up on what they are resolved with: the page must not be asked.
    defineProperty(view.FileSystemHandle.prototype, "then", bare({ value: undefined }));
  });

  // --- where handles come from -----------------------------------------------------------------

  /**
   * The types and endings in a picker's options, written as in the `accept` of an input.
   * @param {any} options what a page has written
   */
  function acceptOf(options) {
    let text = "";
    try {
      const { types } = options;
      for (let at = 0; at < types.length; at += 1) {
        const { accept } = types[at];
        const kinds = ownKeys(accept);
        for (let kind = 0; kind < kinds.length; kind += 1)
          text += `${/** @type {string} */ (kinds[kind])},${accept[kinds[kind]]},`;
      }
    } catch {
      return ""; // nothing is said, or nothing that the browser will take
    }
    return text;
  }

  const PICKERS = /** @type {const} */ ([
    "showOpenFilePicker",
    "showSaveFilePicker",
    "showDirectoryPicker",
  ]);
  /**
   * @param {string} name
   * @param {FawkesPicker} native
   * @param {FawkesView} view
   * @returns {FawkesStandIn}
   */
  const pickerOf = (name, native, view) =>
    ({
      [name](/** @type {FawkesPickerOptions | undefined} */ options) {
        const startIn = nativeOf(options?.startIn);
        /** @type {[FawkesPickerOptions?]} */
        const given =
          options === undefined
            ? []
            : [startIn === options?.startIn ? options : { ...options, startIn }];
        const accept = acceptOf(options);
        return new NativePromise((done, failed) => {
          if (!hideThen(view.File) || !hideThen(view.Blob)) return failed(unreadable());
          after(
            apply(native, this, given),
            (value) => {
              for (let at = 0; isArray(value) && at < value.length; at += 1)
                apply(weakSet, accepts, [value[at], accept]);
              lookAll(value, done);
            },
            failed,
          );
        });
      },
    })[name];

  /**
   * A constructor of observers whose callbacks get stand-ins.
   * @param {FawkesType} target
   * @param {any[]} given
   * @param {FawkesType} self
   */
  function observing(target, given, self) {
    const callback = given[0];
    if (typeof callback === "function")
      /** @this {unknown} @param {any[]} records @param {unknown} observer */
      given[0] = function (records, observer) {
        for (let at = 0; at < records.length; at += 1) {
          put(records[at], "root", standInFor(records[at].root));
          put(records[at], "changedHandle", standInFor(records[at].changedHandle));
        }
        return apply(callback, this, [records, observer]);
      };
    return construct(target, given, self);
  }

  installOnce((view) => {
    each(PICKERS, (name) =>
      replaceOwn(view, name, (native) =>
        pickerOf(name, /** @type {FawkesPicker} */ (native), view),
      ),
    );
    replace(
      view.DataTransferItem,
      "getAsFileSystemHandle",
      (native) =>
        ({
          getAsFileSystemHandle() {
            // Of a drop that a script has made, the browser has no handles; ours are such.
            const file = apply(getAsFile, this, []);
            return new NativePromise((done, failed) => {
              if (!hideThen(view.File) || !hideThen(view.Blob)) return failed(unreadable());
              const handing = /** @type {NonNullable<typeof native>} */ (native);
              after(
                apply(handing, this, []),
                (handle) => (handle || !file ? look(handle, done) : done(handleOfFile(file))),
                failed,
              );
            });
          },
        }).getAsFileSystemHandle,
    );
    turnGetter(view.LaunchParams, "files", standInsFor);
    replaceType(view, "FileSystemObserver", observing);
    replace(
      view.FileSystemObserver,
      "observe",
      (native) =>
        ({
          observe(/** @type {FileSystemHandle} */ handle, /** @type {unknown} */ options) {
            return apply(native, this, [nativeOf(handle), options]);
          },
        }).observe,
    );
  });

  // --- where they end --------------------------------------------------------------------------

  const versions = new WeakMap();
  const storage = navigator.storage;
  const getDirectory = globalThis.StorageManager?.prototype.getDirectory;
  const resolvePath = FileSystemDirectoryHandle.prototype.resolve;

  /**
   * What lies in the page's private storage the page has written itself.
   * @param {FileSystemHandle} handle
   * @param {() => void} isPrivate
   * @param {() => void} isNot
   */
  function unlessPrivate(handle, isPrivate, isNot) {
    if (!storage || !getDirectory) return isNot();
    after(
      apply(getDirectory, storage, []),
      (root) => {
        after(apply(resolvePath, root, [handle]), (path) => (path ? isPrivate() : isNot()), isNot);
      },
      isNot,
    );
  }

  /**
   * Pages read a handle again and again: each version of its file is cloaked once.
   * @param {FileSystemHandle} handle
   * @param {File} file
   * @param {FawkesDone} done
   * @param {(fault: DOMException) => void} failed
   */
  function cloakedOnce(handle, file, done, failed) {
    const version = `${apply(blobSize, file, [])} ${apply(fileModified, file, [])} ${apply(fileName, file, [])}`;
    const known = apply(weakGet, versions, [handle]);
    if (known?.version === version) return done(known.file);
    // What came while protection was off is no answer for when it is on.
    const isOn = ask("guard", []);
    cloaked(
      file,
      apply(weakGet, accepts, [nativeOf(handle)]) ?? "",
      (result) => {
        if (isOn) apply(weakSet, versions, [handle, { version, file: result }]);
        done(result);
      },
      () => failed(unreadable()),
    );
  }

  installOnce((view) =>
    replace(
      view.FileSystemFileHandle,
      "getFile",
      (native) =>
        ({
          /** @this {FileSystemFileHandle} */
          getFile() {
            if (!isActive()) return apply(native, this, []);
            return new NativePromise((done, failed) => {
              if (!hideThen(view.File) || !hideThen(view.Blob)) return failed(unreadable());
              after(
                apply(native, this, []),
                (file) => {
                  unlessPrivate(
                    this,
                    () => done(file),
                    () => cloakedOnce(this, file, done, failed),
                  );
                },
                failed,
              );
            });
          },
        }).getFile,
    ),
  );
})();

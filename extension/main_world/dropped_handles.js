// Handles of what was dropped and has been cloaked: it lies on no disk, and a script can make no
// handle of the browser's own.  These can be read, and walked through where they are folders.
(() => {
  "use strict";

  const mainWorld = /** @type {FawkesMainWorld} */ (globalThis.fawkesMainWorld);
  const { bare, NativePromise } = mainWorld;
  const types = /** @type {FawkesNewNatives} */ (/** @type {unknown} */ (globalThis));
  const NativeDOMException = DOMException;

  /** @param {unknown} value */
  const own = (value) => bare({ value, configurable: true });
  /** @param {string} name of the fault */
  const refuse = (name) =>
    NativePromise.reject(new NativeDOMException("Cannot be done to what was dropped", name));
  const forbidden = () => refuse("NotAllowedError");

  /** @typedef {{children: Map<string, object>, name: string}} Folder */

  /** Folders by their handles. @type {WeakMap<object, Folder>} */
  const folders = new WeakMap();

  /**
   * @param {"FileSystemFileHandle" | "FileSystemDirectoryHandle"} type
   * @param {string} name
   * @param {Record<PropertyKey, Function>} methods
   * @returns {object}
   */
  function handle(type, name, methods) {
    const all = {
      ...methods,
      isSameEntry: (/** @type {unknown} */ other) => NativePromise.resolve(other === made),
      queryPermission: (/** @type {{mode?: string} | undefined} */ wish) =>
        NativePromise.resolve(wish?.mode === "readwrite" ? "denied" : "granted"),
      remove: forbidden,
      move: forbidden,
    };
    const made = Object.create(types[type]?.prototype ?? Object.prototype, {
      kind: own(type === "FileSystemFileHandle" ? "file" : "directory"),
      name: own(name),
      requestPermission: own(all.queryPermission),
    });
    for (const key of Reflect.ownKeys(all))
      Object.defineProperty(made, key, own(/** @type {any} */ (all)[key]));
    return made;
  }

  /** @param {File} file */
  const handleOfFile = (file) =>
    handle("FileSystemFileHandle", file.name, {
      getFile: () => NativePromise.resolve(file),
      createWritable: forbidden,
    });

  /** @param {string} name @param {Map<string, object>} children by their names */
  function handleOfFolder(name, children) {
    /** @param {boolean} isFolder */
    const find = (isFolder) => (/** @type {string} */ wanted, /** @type {any} */ options) => {
      const found = children.get(`${wanted}`);
      if (!found) return options?.create ? forbidden() : refuse("NotFoundError");
      return folders.has(found) === isFolder
        ? NativePromise.resolve(found)
        : refuse("TypeMismatchError");
    };
    const entries = async function* () {
      yield* children;
    };
    const made = handle("FileSystemDirectoryHandle", name, {
      entries,
      [Symbol.asyncIterator]: entries,
      keys: async function* () {
        yield* children.keys();
      },
      values: async function* () {
        yield* children.values();
      },
      getFileHandle: find(false),
      getDirectoryHandle: find(true),
      removeEntry: forbidden,
      resolve: (/** @type {object} */ inner) => NativePromise.resolve(pathTo(made, inner)),
    });
    folders.set(made, { children, name });
    return made;
  }

  /** @param {object} outer @param {object} inner @returns {string[] | null} */
  function pathTo(outer, inner) {
    if (outer === inner) return [];
    for (const [name, child] of folders.get(outer)?.children ?? []) {
      const rest = pathTo(child, inner);
      if (rest) return [name, ...rest];
    }
    return null;
  }

  /**
   * The handle of a file, or of a folder with all that is in it.
   * @param {FawkesDropped} node
   * @param {File[]} files
   * @returns {object}
   */
  function handleOf({ name, index, children }, files) {
    if (!children) return handleOfFile(files[/** @type {number} */ (index)]);
    const inner = children.map((child) => handleOf(child, files));
    return handleOfFolder(
      name,
      new Map(inner.map((one) => [/** @type {FileSystemHandle} */ (one).name, one])),
    );
  }

  mainWorld.handleOfFile = handleOfFile;
  mainWorld.handleOf = handleOf;
})();

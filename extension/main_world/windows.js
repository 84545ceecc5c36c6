// Windows.  A page can take natives from any window of its site, also from one in which no script of
// ours runs, or has run yet.  So what the other files replace here, they replace in each window that
// the page reaches from here, just before it does.
(() => {
  "use strict";

  const mainWorld = /** @type {FawkesMainWorld} */ (globalThis.fawkesMainWorld);
  const {
    apply,
    bare,
    defineProperty,
    descriptorOf,
    getter,
    ownerOf,
    viewOf,
    documentOf,
    ask,
    receivers,
  } = mainWorld;

  const NativeProxy = Proxy;
  const toText = Function.prototype.toString;
  const indexOf = String.prototype.indexOf;
  const weakHas = WeakSet.prototype.has;
  const weakAdd = WeakSet.prototype.add;
  const weakGet = WeakMap.prototype.get;
  const weakSet = WeakMap.prototype.set;
  const lengthOf = getter({ prototype: globalThis }, "length");
  const startOf = getter(Range, "startContainer");
  const observe = MutationObserver.prototype.observe;

  /** Without the page's iterators. @type {FawkesMainWorld["each"]} */
  function each(list, work) {
    for (let at = 0; at < list.length; at += 1) work(list[at]);
  }

  /** Replaces a method by one of the same name. @type {FawkesMainWorld["replace"]} */
  function replace(type, name, make) {
    if (type) replaceOwn(/** @type {any} */ (type.prototype), name, make);
  }

  /** @type {FawkesMainWorld["replaceOwn"]} */
  function replaceOwn(holder, name, make) {
    const descriptor = descriptorOf(holder, name);
    if (!descriptor) return;
    const value = make(descriptor.value);
    defineProperty(holder, name, bare({ ...descriptor, value }));
  }

  /**
   * Replaces a getter by one that gives what `turn` makes of it.
   * @type {FawkesMainWorld["replaceGetter"]}
   */
  function replaceGetter(type, name, turn) {
    const prototype = /** @type {any} */ (type?.prototype);
    const descriptor = type && descriptorOf(prototype, name);
    const native = descriptor?.get;
    if (!native) return;
    const access = {
      /** @returns {unknown} */
      get [name]() {
        return turn(/** @type {any} */ (this), native);
      },
    };
    const { get } = /** @type {any} */ (descriptorOf(access, name));
    defineProperty(prototype, name, bare({ ...descriptor, get }));
  }

  /** Has something done after an attribute was set. @type {FawkesMainWorld["replaceSetter"]} */
  function replaceSetter(type, name, after) {
    const prototype = /** @type {any} */ (type?.prototype);
    const descriptor = type && descriptorOf(prototype, name);
    const native = descriptor?.set;
    if (!native) return;
    const access = {
      set [name](/** @type {unknown} */ value) {
        apply(native, this, [value]);
        after(/** @type {any} */ (this));
      },
    };
    const { set } = /** @type {any} */ (descriptorOf(access, name));
    defineProperty(prototype, name, bare({ ...descriptor, set }));
  }

  /**
   * Replaces a constructor, whose calls go to `construct`.
   * @type {FawkesMainWorld["replaceType"]}
   */
  function replaceType(given, name, construct) {
    const view = /** @type {any} */ (given);
    const native = view[name];
    if (!native) return;
    const replacement = new NativeProxy(native, bare({ construct }));
    view[name] = replacement;
    defineProperty(
      native.prototype,
      "constructor",
      bare({ value: replacement, writable: true, configurable: true }),
    );
  }

  /** What the files of this folder replace.  @type {((view: FawkesView) => void)[]} */
  const installers = [];

  /** @param {(view: FawkesView) => void} installer replaces natives in a window */
  function install(installer) {
    installers[installers.length] = installer;
    installer(/** @type {FawkesView} */ (globalThis));
  }

  /** The window around this one has guarded it before its first page came: see `guardFrames`. */
  const wasGuarded = globalThis.fawkesGuarded === true;
  delete globalThis.fawkesGuarded;

  /**
   * Where two guards would each have a file cloaked, the first is enough, which sees what the
   * browser gives.
   * @param {(view: FawkesView) => void} installer
   */
  function installOnce(installer) {
    if (!wasGuarded) install(installer);
    else installers[installers.length] = installer;
  }

  const isNative = (/** @type {Function} */ method) =>
    apply(indexOf, apply(toText, method, []), ["[native code]"]) >= 0;

  /** Documents whose windows are known to be guarded. */
  const guarded = new WeakSet();

  /**
   * Guards a window before the page gets it, where no script of ours has run.
   * @param {unknown} given one of another site is left alone
   */
  function reach(given) {
    const view = /** @type {FawkesView} */ (given);
    try {
      const shown = apply(documentOf, view, []);
      if (apply(weakHas, guarded, [shown])) return;
      apply(weakAdd, guarded, [shown]);
      if (!isNative(view.HTMLElement.prototype.click)) return;
      defineProperty(view, "fawkesGuarded", bare({ value: true, configurable: true }));
      each(installers, (installer) => installer(view));
      apply(observe, observer, [shown, WHOLE_TREE]);
      ask("reached", [shown]);
    } catch {
      // of another site, or no window
    }
  }

  /**
   * Resolving a promise with a file looks `then` up on the file, and the page must not be asked.  It
   * is hidden before the first such promise is made, so that a page which makes none finds no trace.
   * @param {{prototype: object}} type
   * @returns {boolean} false where the page was there first
   */
  const hideThen = (type) => defineProperty(type.prototype, "then", bare({ value: undefined }));

  /** A window in which no script of the page's world runs, but whose natives do. */
  receivers.unscripted = (_data, [shown]) => {
    reach(apply(viewOf, shown, []));
    return true;
  };

  // Other windows, before the page gets them.
  const CONTAINERS = /** @type {const} */ ([
    "HTMLIFrameElement",
    "HTMLFrameElement",
    "HTMLObjectElement",
  ]);
  const HOLDERS = /** @type {const} */ ([
    "HTMLIFrameElement",
    "HTMLObjectElement",
    "HTMLEmbedElement",
  ]);
  const reachIn = (/** @type {Document | null} */ shown) => {
    if (shown) reach(apply(viewOf, shown, []));
  };
  install((view) => {
    each(CONTAINERS, (name) => {
      const type = /** @type {typeof HTMLIFrameElement} */ (view[name]);
      replaceGetter(type, "contentWindow", (frame, get) => {
        const inner = apply(get, frame, []);
        reach(inner);
        return inner;
      });
      replaceGetter(type, "contentDocument", (frame, get) => {
        const shown = apply(get, frame, []);
        reachIn(shown);
        return shown;
      });
    });
    each(HOLDERS, (name) =>
      replace(
        /** @type {typeof HTMLIFrameElement} */ (view[name]),
        "getSVGDocument",
        (native) =>
          ({
            getSVGDocument() {
              const shown = apply(native, this, []);
              reachIn(shown);
              return shown;
            },
          }).getSVGDocument,
      ),
    );
    replaceOwn(
      view,
      "open",
      (native) =>
        ({
          open() {
            const opened = apply(native, this, /** @type {any} */ (arguments));
            reach(opened);
            return opened;
          },
        }).open,
    );
  });

  // A window can also be had by its number or name (`frames[0]`), without a getter, as soon as its
  // frame is in the page.  Browsers let the window of its first, empty document live on in the next,
  // so who had that one first would have its natives for good.

  /**
   * Windows of frames, by the window they are in: lists without the page's setters.
   * @type {WeakMap<Window, {count?: number, [at: number]: Window}>}
   */
  const inner = new WeakMap();

  /**
   * Guards the frames of a window that are new.
   * @param {Window} home
   * @param {boolean} [whole] look at all of them; else at the last, which is the newest
   */
  function guardFrames(home, whole = false) {
    const count = apply(lengthOf, home, []);
    if (count === 0) return;
    let known = apply(weakGet, inner, [home]);
    if (!whole && known?.count === count && known[count - 1] === home[count - 1]) return;
    if (!known) {
      known = /** @type {{}} */ ({ __proto__: null });
      apply(weakSet, inner, [home, known]);
    }
    for (let at = 0; at < count; at += 1) {
      if (known[at] === home[at]) continue;
      known[at] = home[at];
      reach(home[at]);
    }
    known.count = count;
  }

  /** Guards frames that have come with a node that was put somewhere. @param {unknown} given */
  function guardAround(given) {
    const node = /** @type {Document} */ (given);
    try {
      const home = apply(viewOf, apply(ownerOf, node, []) ?? node, []);
      if (home) guardFrames(home);
    } catch {
      // no node: the call has said so
    }
  }

  // What the parser puts there, and all else: before the next script.
  const WHOLE_TREE = bare({ childList: true, subtree: true });
  const observer = new MutationObserver((records) => {
    for (let at = 0; at < records.length; at += 1) {
      const { target } = records[at];
      const home = apply(viewOf, apply(ownerOf, target, []) ?? target, []);
      if (home) guardFrames(home, true);
    }
  });
  apply(observe, observer, [document, WHOLE_TREE]);

  // What scripts put there: before they go on.
  const INSERT = ["append", "prepend", "replaceChildren", "moveBefore"];
  const BESIDE = ["before", "after", "replaceWith"];
  /** @type {[string, string[], string[]][]} types, their methods, their attributes */
  const INSERTERS = [
    ["Node", ["appendChild", "insertBefore", "replaceChild"], []],
    [
      "Element",
      [
        ...INSERT,
        ...BESIDE,
        "insertAdjacentElement",
        "insertAdjacentHTML",
        "setHTML",
        "setHTMLUnsafe",
      ],
      ["innerHTML", "outerHTML"],
    ],
    ["CharacterData", BESIDE, []],
    ["Document", [...INSERT, "execCommand"], ["body"]],
    ["Range", ["insertNode", "surroundContents"], []],
    ["HTMLTableElement", [], ["caption", "tHead", "tFoot"]],
    ["HTMLSelectElement", ["add"], []],
  ];
  /**
   * @param {string} name
   * @param {FawkesNative<unknown[], unknown>} native
   * @param {(self: any) => unknown} nodeOf
   * @returns {FawkesStandIn}
   */
  const inserting = (name, native, nodeOf) =>
    ({
      [name]() {
        // What is replaced or moved leaves no way back.
        const node = nodeOf(this);
        const result = apply(native, this, /** @type {any} */ (arguments));
        guardAround(node);
        return result;
      },
    })[name];
  const itself = (/** @type {unknown} */ node) => node;
  const startNode = (/** @type {unknown} */ range) => apply(startOf, range, []);
  install((view) =>
    each(INSERTERS, ([type, methods, attributes]) => {
      const nodeOf = type === "Range" ? startNode : itself;
      // Any: not every browser has all of them.
      const holder = /** @type {any} */ (view)[type];
      each(methods, (name) => replace(holder, name, (native) => inserting(name, native, nodeOf)));
      each(attributes, (name) => replaceSetter(holder, /** @type {never} */ (name), guardAround));
    }),
  );

  mainWorld.each = each;
  mainWorld.install = install;
  mainWorld.installOnce = installOnce;
  mainWorld.reach = reach;
  mainWorld.hideThen = hideThen;
  mainWorld.replace = replace;
  mainWorld.replaceOwn = replaceOwn;
  mainWorld.replaceGetter = replaceGetter;
  mainWorld.replaceSetter = replaceSetter;
  mainWorld.guardAround = guardAround;
  mainWorld.replaceType = replaceType;
})();

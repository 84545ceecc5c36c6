// Windows.  A page can take natives from any window of its site, also from one in which no script of
// ours runs, or has run yet.  So what the other files replace here, they replace in each window that
// the page reaches from here, just before it does.
(() => {
  "use strict";

  const mainWorld = globalThis.fawkesMainWorld;
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

  /** Without the page's iterators. */
  function each(list, work) {
    for (let at = 0; at < list.length; at += 1) work(list[at]);
  }

  /** Replaces a method by one of the same name. */
  function replace(type, name, make) {
    if (type) replaceOwn(type.prototype, name, make);
  }

  function replaceOwn(holder, name, make) {
    const descriptor = descriptorOf(holder, name);
    if (!descriptor) return;
    const value = make(descriptor.value);
    defineProperty(holder, name, bare({ ...descriptor, value }));
  }

  /** Replaces a getter by one that gives what `turn` makes of it. */
  function replaceGetter(type, name, turn) {
    const descriptor = type && descriptorOf(type.prototype, name);
    if (!descriptor?.get) return;
    const access = {
      get [name]() {
        return turn(this, descriptor.get);
      },
    };
    const { get } = /** @type {any} */ (descriptorOf(access, name));
    defineProperty(type.prototype, name, bare({ ...descriptor, get }));
  }

  /** Has something done after an attribute was set. */
  function replaceSetter(type, name, after) {
    const descriptor = type && descriptorOf(type.prototype, name);
    if (!descriptor?.set) return;
    const access = {
      set [name](value) {
        apply(descriptor.set, this, [value]);
        after(this);
      },
    };
    const { set } = /** @type {any} */ (descriptorOf(access, name));
    defineProperty(type.prototype, name, bare({ ...descriptor, set }));
  }

  /** Replaces a constructor, whose calls go to `construct`. */
  function replaceType(view, name, construct) {
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

  /** What the files of this folder replace.  @type {((view: any) => void)[]} */
  const installers = [];

  /** @param {(view: any) => void} installer replaces natives in a window */
  function install(installer) {
    installers[installers.length] = installer;
    installer(globalThis);
  }

  const isNative = (method) => apply(indexOf, apply(toText, method, []), ["[native code]"]) >= 0;

  /** Documents whose windows are known to be guarded. */
  const guarded = new WeakSet();

  /**
   * Guards a window before the page gets it, where no script of ours has run.
   * @param {any} view one of another site is left alone
   */
  function reach(view) {
    try {
      const shown = apply(documentOf, view, []);
      if (apply(weakHas, guarded, [shown])) return;
      apply(weakAdd, guarded, [shown]);
      if (!isNative(view.HTMLElement.prototype.click)) return;
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
   * @returns {boolean} false where the page was there first
   */
  const hideThen = (type) => defineProperty(type.prototype, "then", bare({ value: undefined }));

  /** A window in which no script of the page's world runs, but whose natives do. */
  receivers.unscripted = (_data, [shown]) => {
    reach(apply(viewOf, shown, []));
    return true;
  };

  // Other windows, before the page gets them.
  const CONTAINERS = ["HTMLIFrameElement", "HTMLFrameElement", "HTMLObjectElement"];
  const HOLDERS = ["HTMLIFrameElement", "HTMLObjectElement", "HTMLEmbedElement"];
  const reachIn = (shown) => {
    if (shown) reach(apply(viewOf, shown, []));
  };
  install((view) => {
    each(CONTAINERS, (name) => {
      replaceGetter(view[name], "contentWindow", (frame, get) => {
        const inner = apply(get, frame, []);
        reach(inner);
        return inner;
      });
      replaceGetter(view[name], "contentDocument", (frame, get) => {
        const shown = apply(get, frame, []);
        reachIn(shown);
        return shown;
      });
    });
    each(HOLDERS, (name) =>
      replace(
        view[name],
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
            const opened = apply(native, this, arguments);
            reach(opened);
            return opened;
          },
        }).open,
    );
  });

  // A window can also be had by its number or name (`frames[0]`), without a getter, as soon as its
  // frame is in the page.  Browsers let the window of its first, empty document live on in the next,
  // so who had that one first would have its natives for good.

  /** Windows of frames, by the window they are in: lists without the page's setters. */
  const inner = new WeakMap();

  /**
   * Guards the frames of a window that are new.
   * @param {boolean} [whole] look at all of them; else at the last, which is the newest
   */
  function guardFrames(home, whole = false) {
    const count = apply(lengthOf, home, []);
    if (count === 0) return;
    let known = apply(weakGet, inner, [home]);
    if (!whole && known?.count === count && known[count - 1] === home[count - 1]) return;
    if (!known) {
      known = { __proto__: null };
      apply(weakSet, inner, [home, known]);
    }
    for (let at = 0; at < count; at += 1) {
      if (known[at] === home[at]) continue;
      known[at] = home[at];
      reach(home[at]);
    }
    known.count = count;
  }

  /** Guards frames that have come with a node that was put somewhere. */
  function guardAround(node) {
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
      const home = apply(viewOf, apply(ownerOf, records[at].target, []) ?? records[at].target, []);
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
  const inserting = (name, native, nodeOf) =>
    ({
      [name]() {
        // What is replaced or moved leaves no way back.
        const node = nodeOf(this);
        const result = apply(native, this, arguments);
        guardAround(node);
        return result;
      },
    })[name];
  const itself = (node) => node;
  const startNode = (range) => apply(startOf, range, []);
  install((view) =>
    each(INSERTERS, ([type, methods, attributes]) => {
      const nodeOf = type === "Range" ? startNode : itself;
      each(methods, (name) =>
        replace(view[type], name, (native) => inserting(name, native, nodeOf)),
      );
      each(attributes, (name) => replaceSetter(view[type], name, guardAround));
    }),
  );

  mainWorld.each = each;
  mainWorld.install = install;
  mainWorld.reach = reach;
  mainWorld.hideThen = hideThen;
  mainWorld.replace = replace;
  mainWorld.replaceOwn = replaceOwn;
  mainWorld.replaceGetter = replaceGetter;
  mainWorld.replaceSetter = replaceSetter;
  mainWorld.guardAround = guardAround;
  mainWorld.replaceType = replaceType;
})();

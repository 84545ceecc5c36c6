// Windows.  A page can take natives from any window of its site, also from one in which no script of
// ours runs, or has run yet.  So what the other files replace here, they replace in each window that
// the page reaches from here, just before it does.
(() => {
  "use strict";

  const mainWorld = globalThis.fawkesMainWorld;
  const { apply, bare, defineProperty, descriptorOf, viewOf, documentOf, ask, receivers } =
    mainWorld;

  const NativeProxy = Proxy;
  const toText = Function.prototype.toString;
  const indexOf = String.prototype.indexOf;
  const weakHas = WeakSet.prototype.has;
  const weakAdd = WeakSet.prototype.add;

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

  mainWorld.each = each;
  mainWorld.install = install;
  mainWorld.reach = reach;
  mainWorld.hideThen = hideThen;
  mainWorld.replace = replace;
  mainWorld.replaceOwn = replaceOwn;
  mainWorld.replaceGetter = replaceGetter;
  mainWorld.replaceType = replaceType;
})();

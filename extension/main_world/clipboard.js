// The clipboard without an event: what the page reads of it.
(() => {
  "use strict";

  const {
    isActive,
    apply,
    bare,
    construct,
    getter,
    ask,
    installOnce,
    flavoured,
    after,
    hideThen,
    replace,
    replaceType,
    NativePromise,
  } = /** @type {FawkesMainWorld} */ (globalThis.fawkesMainWorld);
  const NativeDOMException = DOMException;
  const NativeFile = File;
  const blobType = getter(Blob, "type");
  const blobText = Blob.prototype.text;
  const weakGet = WeakMap.prototype.get;
  const weakSet = WeakMap.prototype.set;
  const indexOf = String.prototype.indexOf;
  const slice = String.prototype.slice;

  // Items that the page has made itself are its own.
  const made = new WeakMap();
  const absent = () => new NativeDOMException("There is nothing of this type", "NotFoundError");
  installOnce((view) => {
    replaceType(view, "ClipboardItem", (target, given, self) => {
      const item = construct(target, given, self);
      apply(weakSet, made, [item, true]);
      return item;
    });
    replace(
      view.ClipboardItem,
      "getType",
      (native) =>
        ({
          getType(/** @type {string} */ type) {
            if (!isActive() || apply(weakGet, made, [this])) return apply(native, this, [type]);
            const isHidden = hideThen(view.Blob);
            return new NativePromise((done, failed) => {
              if (!isHidden) return failed(absent());
              after(
                apply(native, this, [type]),
                (value) => {
                  const kind = apply(blobType, value, []);
                  const ending = apply(slice, kind, [apply(indexOf, kind, ["/"]) + 1]);
                  const file = new NativeFile([value], `clipboard.${ending}`, bare({ type: kind }));
                  flavoured(file, done, () => failed(absent()));
                },
                failed,
              );
            });
          },
        }).getType,
    );
    replace(
      view.Clipboard,
      "readText",
      (native) =>
        ({
          readText() {
            const text = apply(native, this, []);
            if (!isActive()) return text;
            return new NativePromise((done, failed) => {
              after(
                text,
                (value) => {
                  if (!ask("text", [], value)) return done(value);
                  const type = "text/plain";
                  const file = new NativeFile([value], "clipboard.txt", bare({ type }));
                  flavoured(
                    file,
                    (cloaked) => after(apply(blobText, cloaked, []), done, failed),
                    () => done(""),
                  );
                },
                failed,
              );
            });
          },
        }).readText,
    );
  });
})();

// The clipboard without an event: what the page reads of it.
(() => {
  "use strict";

  const {
    isActive,
    apply,
    bare,
    construct,
    defineProperty,
    getter,
    ask,
    flavoured,
    after,
    replace,
    NativePromise,
  } = globalThis.fawkesMainWorld;
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
  const NativeClipboardItem = globalThis.ClipboardItem;
  if (NativeClipboardItem) {
    globalThis.ClipboardItem = new Proxy(NativeClipboardItem, {
      construct(target, given, self) {
        const item = construct(target, given, self);
        apply(weakSet, made, [item, true]);
        return item;
      },
    });
    defineProperty(NativeClipboardItem.prototype, "constructor", {
      value: globalThis.ClipboardItem,
      writable: true,
      configurable: true,
    });
  }
  replace(
    NativeClipboardItem,
    "getType",
    (native) =>
      ({
        getType(type) {
          const blob = apply(native, this, [type]);
          if (!isActive() || apply(weakGet, made, [this])) return blob;
          return new NativePromise((done, failed) => {
            after(
              blob,
              (value) => {
                const kind = apply(blobType, value, []);
                const ending = apply(slice, kind, [apply(indexOf, kind, ["/"]) + 1]);
                const file = new NativeFile([value], `clipboard.${ending}`, bare({ type: kind }));
                flavoured(file, done, () =>
                  failed(new NativeDOMException("There is nothing of this type", "NotFoundError")),
                );
              },
              failed,
            );
          });
        },
      }).getType,
  );

  replace(
    globalThis.Clipboard,
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
                const file = new NativeFile([value], "clipboard.txt", bare({ type: "text/plain" }));
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
})();

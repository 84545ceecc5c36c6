// What a page can call to reach a photo, or to send one, without an event that the content
// script sees: here it is asked first.
(() => {
  "use strict";

  const {
    isActive,
    keepRoot,
    apply,
    bare,
    construct,
    defineProperty,
    descriptorOf,
    getter,
    ask,
    cloaked,
    after,
    isFileInput,
    holdsFiles,
    replace,
    NativePromise,
  } = globalThis.fawkesMainWorld;
  delete globalThis.fawkesMainWorld;

  const NativeDOMException = DOMException;
  const NativeFile = File;
  const page = document;
  const viewOf = getter(Document, "defaultView");
  const eventType = getter(Event, "type");
  const labelControl = getter(HTMLLabelElement, "control");
  const blobType = getter(Blob, "type");
  const weakGet = WeakMap.prototype.get;
  const weakSet = WeakMap.prototype.set;
  const indexOf = String.prototype.indexOf;
  const slice = String.prototype.slice;

  const guard = (input) => {
    if (isActive() && isFileInput(input) && holdsFiles(input)) ask("read", [input]);
  };

  // Reading the files of an input: the content script sees to it that they are no originals.
  for (const name of ["files", "webkitEntries"]) {
    const descriptor = descriptorOf(HTMLInputElement.prototype, name);
    if (!descriptor) continue;
    const access = {
      get [name]() {
        guard(this);
        return apply(descriptor.get, this, []);
      },
      set [name](list) {
        apply(descriptor.set, this, [list]);
        if (isActive() && isFileInput(this) && holdsFiles(this)) ask("own", [this]);
      },
    };
    const { get, set } = descriptorOf(access, name);
    defineProperty(HTMLInputElement.prototype, name, {
      ...descriptor,
      get,
      set: descriptor.set && set,
    });
  }

  // A form that is read as data instead of being submitted.
  const NativeFormData = FormData;
  const elementsOf = getter(HTMLFormElement, "elements");
  globalThis.FormData = new Proxy(NativeFormData, {
    construct(target, given, self) {
      let controls = [];
      try {
        if (isActive() && given.length > 0) controls = apply(elementsOf, given[0], []);
      } catch {
        // No form: the constructor says so itself.
      }
      for (let at = 0; controls[at]; at += 1) guard(controls[at]);
      return construct(target, given, self);
    },
  });
  defineProperty(NativeFormData.prototype, "constructor", {
    value: globalThis.FormData,
    writable: true,
    configurable: true,
  });

  /**
   * Opening the picker of an input whose events may never pass its window.
   * @returns {boolean} false where it must not open: the frame of this script was taken out of its
   *   page, and its content script with it
   */
  function mayOpen(target) {
    let input = target;
    try {
      input = apply(labelControl, target, []);
    } catch {
      // No label: the input itself.
    }
    if (!isActive() || !isFileInput(input)) return true;
    if (apply(viewOf, page, []) === null) return false;
    ask("watch", [input]);
    return true;
  }
  replace(
    HTMLElement,
    "click",
    (native) =>
      ({
        click() {
          if (mayOpen(this)) apply(native, this, []);
        },
      }).click,
  );
  replace(
    HTMLInputElement,
    "showPicker",
    (native) =>
      ({
        showPicker() {
          if (mayOpen(this)) apply(native, this, []);
        },
      }).showPicker,
  );
  replace(
    EventTarget,
    "dispatchEvent",
    (native) =>
      ({
        dispatchEvent(event) {
          return isClick(event) && !mayOpen(this) ? true : apply(native, this, [event]);
        },
      }).dispatchEvent,
  );
  function isClick(event) {
    try {
      return apply(eventType, event, []) === "click";
    } catch {
      return false;
    }
  }

  // Submitting without an event.
  replace(
    HTMLFormElement,
    "submit",
    (native) =>
      ({
        submit() {
          if (!isActive() || !ask("submit", [this])) apply(native, this, []);
        },
      }).submit,
  );

  // Trees whose events stay inside.
  replace(
    Element,
    "attachShadow",
    (native) =>
      ({
        attachShadow(init) {
          const root = apply(native, this, [init]);
          keepRoot(this, root);
          ask("shadow", [this]);
          return root;
        },
      }).attachShadow,
  );

  // `document.open()` erases every listener of the window, and so does writing to a document
  // that has been read to its end.
  replace(
    Document,
    "open",
    (native) =>
      ({
        open() {
          const opened = apply(native, this, arguments);
          ask("erased", []);
          return opened;
        },
      }).open,
  );
  const nothing = globalThis.trustedTypes?.emptyHTML ?? "";
  for (const name of ["write", "writeln"]) {
    replace(
      Document,
      name,
      (native) =>
        ({
          [name]() {
            // Scripts in what is written run within the call.  So it is opened with nothing first.
            apply(native, this, [nothing]);
            ask("erased", []);
            return apply(native, this, arguments);
          },
        })[name],
    );
  }

  // The clipboard without an event.  Items that the page has made itself are its own.
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
                cloaked(file, "", done, () =>
                  failed(new NativeDOMException("There is nothing of this type", "NotFoundError")),
                );
              },
              failed,
            );
          });
        },
      }).getType,
  );
})();

// What a page can call to reach a photo, or to send one, without an event that the content
// script sees: here it is asked first.
(() => {
  "use strict";

  const {
    isActive,
    keepRoot,
    apply,
    construct,
    defineProperty,
    descriptorOf,
    getter,
    ask,
    isFileInput,
    holdsFiles,
    replace,
  } = globalThis.fawkesMainWorld;
  delete globalThis.fawkesMainWorld;

  const page = document;
  const viewOf = getter(Document, "defaultView");
  const eventType = getter(Event, "type");
  const labelControl = getter(HTMLLabelElement, "control");

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
})();

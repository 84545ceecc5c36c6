// Looks at everything that passes through what a page can replace, and keeps every file.
// Whatever is caught is hashed by way of a clean realm, when the test asks.
window.caught = [];
{
  const { apply, ownKeys, getOwnPropertyDescriptor, defineProperty } = Reflect;
  const push = Array.prototype.push;
  const known = new WeakSet();
  const { add, has } = WeakSet.prototype;
  const NativeBlob = Blob;
  const NativeInput = HTMLInputElement;
  const NativeRange = StaticRange;
  const hasInstance = Function.prototype[Symbol.hasInstance];
  const is = (type, value) => apply(hasInstance, type, [value]);
  const container = [StaticRange, AbstractRange]
    .map((type) => getOwnPropertyDescriptor(type.prototype, "startContainer")?.get)
    .find(Boolean);
  let depth = 0;
  const look = (value) => {
    if (depth > 3 || value === null || typeof value !== "object") return;
    depth += 1;
    try {
      if (is(NativeBlob, value) || is(NativeInput, value)) {
        if (apply(has, known, [value])) return;
        apply(add, known, [value]);
        apply(push, caught, [value]);
      } else if (is(NativeRange, value)) look(apply(container, value, []));
      else if (value.parcel) look(value.parcel);
    } catch {
      // nothing to be had
    } finally {
      depth -= 1;
    }
  };
  const spied = (native) =>
    new Proxy(native, {
      apply(target, self, given) {
        look(self);
        for (let at = 0; at < given.length; at += 1) look(given[at]);
        const value = apply(target, self, given);
        look(value);
        return value;
      },
    });
  for (const name of [
    "Array",
    "Map",
    "Set",
    "WeakMap",
    "WeakSet",
    "Promise",
    "Blob",
    "File",
    "FileList",
    "DataTransfer",
    "DataTransferItem",
    "DataTransferItemList",
    "HTMLInputElement",
    "Event",
    "EventTarget",
    "InputEvent",
    "MouseEvent",
    "StaticRange",
    "AbstractRange",
    "ClipboardItem",
    "Node",
    "Function",
    "MessagePort",
  ]) {
    const type = globalThis[name];
    for (const holder of [type, type?.prototype]) {
      if (!holder) continue;
      for (const key of ownKeys(holder)) {
        const found = getOwnPropertyDescriptor(holder, key);
        if (!found.configurable || key === "constructor" || key === Symbol.hasInstance) continue;
        if (typeof found.value === "function" && !/^[A-Z]/.test(String(key.description ?? key)))
          found.value = spied(found.value);
        if (found.get) found.get = spied(found.get);
        if (found.set) found.set = spied(found.set);
        try {
          defineProperty(holder, key, found);
        } catch {
          /* stays as it is */
        }
      }
    }
  }
  for (const holder of [Reflect, JSON, Object])
    for (const key of ownKeys(holder)) {
      const found = getOwnPropertyDescriptor(holder, key);
      if (typeof found.value !== "function" || !found.configurable) continue;
      defineProperty(holder, key, { ...found, value: spied(found.value) });
    }
  // What is stored by index in an array or by name in an object, where nothing was before.
  const trap = (holder, key) =>
    defineProperty(holder, key, {
      __proto__: null,
      configurable: true,
      get: () => undefined,
      set(value) {
        look(value);
        defineProperty(this, key, {
          __proto__: null,
          value,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      },
    });
  for (let index = 0; index < 8; index += 1) trap(Array.prototype, String(index));
  for (const name of ["file", "parcel", "done", "constructor_", "then_"])
    trap(Object.prototype, name);
}

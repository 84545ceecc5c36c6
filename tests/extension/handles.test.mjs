// The dialog of a picker can be answered in no browser without a screen; so here the browser's side
// is played.  What real handles do, the browser tests try with those of a drop.
import assert from "node:assert/strict";
import { test } from "node:test";
import { plain, run } from "./load.mjs";

/** What `main_world/bus.js` leaves for the other scripts of the page, but for its precautions. */
const busWith = (cloaked, sniffed = (_file, _done, failed) => failed()) => ({
  apply: Reflect.apply,
  defineProperty: Reflect.defineProperty,
  descriptorOf: Reflect.getOwnPropertyDescriptor,
  bare: (own) => ({ __proto__: null, ...own }),
  getter: (type, name) => Object.getOwnPropertyDescriptor(type.prototype, name).get,
  isActive: () => true,
  ask: () => true,
  after: (promise, done, failed) => promise.then(done, failed),
  each: (list, work) => list.forEach(work),
  hideThen: () => true,
  replace(type, name, make) {
    if (type) type.prototype[name] = make(type.prototype[name]);
  },
  replaceOwn(holder, name, make) {
    if (holder[name]) holder[name] = make(holder[name]);
  },
  replaceGetter() {},
  replaceType() {},
  cloaked,
  sniffed,
  NativePromise: Promise,
});

function browser(bus) {
  class FileSystemHandle {
    get kind() {
      return "file";
    }
    get name() {
      return "IMG_1.HEIC";
    }
  }
  class FileSystemFileHandle extends FileSystemHandle {
    async getFile() {
      return new File(["photo"], "IMG_1.HEIC");
    }
  }
  class FileSystemDirectoryHandle extends FileSystemHandle {
    entries() {}
    resolve() {}
  }
  const view = {
    fawkesMainWorld: bus,
    FileSystemHandle,
    FileSystemFileHandle,
    FileSystemDirectoryHandle,
    DataTransferItem: class {},
    File,
    Blob,
    DOMException,
    navigator: {},
    showOpenFilePicker: async () => [new FileSystemFileHandle(), new FileSystemFileHandle()],
  };
  bus.installOnce = (installer) => installer(view);
  return view;
}

test("a page keeps the handles of documents, and gets stand-ins for those of photos", async () => {
  const looks = [];
  const sniffed = (file, done, failed) => (looks.push(file) === 1 ? done() : failed());
  const view = browser(busWith(null, sniffed));
  run(["main_world/handles.js"], view);
  const handles = await view.showOpenFilePicker();
  assert.equal(handles.length, 2);
  const canBeCloned = (handle) => {
    try {
      structuredClone(handle);
      return true;
    } catch {
      return false;
    }
  };
  assert.deepEqual(plain(handles.map(canBeCloned)), [true, false]);
});

test("what a picker was to let through goes along with the photo that is read", async () => {
  const asked = [];
  const bus = busWith((file, accept, done) => {
    asked.push(accept);
    done(file);
  });
  const view = browser(bus);
  run(["main_world/handles.js"], view);
  const read = async (options) => {
    const [handle] = await view.showOpenFilePicker(options);
    assert.equal((await handle.getFile()).name, "IMG_1.HEIC");
    return asked.pop();
  };
  const types = [
    { description: "Photos", accept: { "image/jpeg": [".jpg", ".jpeg"] } },
    { accept: { "image/png": ".png" } },
  ];
  assert.equal(await read({ types }), "image/jpeg,.jpg,.jpeg,image/png,.png,");
  assert.equal(await read({}), "");
  assert.equal(await read(), "");
  assert.equal(await read({ types: [{ accept: { [Symbol("x")]: [] } }] }), "");
});

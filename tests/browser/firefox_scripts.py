"""Scripts that run in Firefox with the browser's own rights."""

from __future__ import annotations

PICKER = """
// Stands in for the dialog that only a person could use: the browser asks for a picker and gets
// one that has chosen already.  The rest, from the click to the events, is the browser's own.
const [paths] = args;
const registrar = Components.manager.QueryInterface(Ci.nsIComponentRegistrar);
const contract = "@mozilla.org/filepicker;1";
// One for all windows of the browser.
const windows = [...Services.wm.getEnumerator("navigator:browser")];
const home = windows.find((one) => one.fawkesPicker) ?? window;
if (!home.fawkesPicker) {
  const state = { paths: [], opened: 0 };
  class Picker {
    QueryInterface = ChromeUtils.generateQI(["nsIFilePicker"]);
    init(_context, _title, mode) { this.mode = mode; }
    appendFilter() {}
    appendFilters() {}
    appendRawFilter() {}
    defaultExtension = ""; defaultString = ""; displayDirectory = null; filterIndex = 0;
    displaySpecialDirectory = ""; addToRecentDocs = false; okButtonLabel = ""; capture = 0;
    get nsFiles() {
      return state.paths.map((path) => {
        const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
        file.initWithPath(path);
        return file;
      });
    }
    get file() { return this.nsFiles[0] ?? null; }
    get files() {
      const files = this.nsFiles;
      return { QueryInterface: ChromeUtils.generateQI(["nsISimpleEnumerator"]),
        hasMoreElements: () => files.length > 0, getNext: () => files.shift(),
        [Symbol.iterator]: () => files[Symbol.iterator]() };
    }
    get fileURL() { return Services.io.newFileURI(this.file); }
    get domFileOrDirectory() { return null; }
    get domFileOrDirectoryEnumerator() { return null; }
    isModeSupported() { return true; }
    open(callback) {
      const result = state.paths.length ? Ci.nsIFilePicker.returnOK : Ci.nsIFilePicker.returnCancel;
      state.opened += 1;
      Services.tm.dispatchToMainThread(() => callback.done(result));
    }
  }
  home.fawkesPicker = state;
  registrar.registerFactory(Components.ID("{1c2b9f2e-55d3-4a0f-9a53-0f5f0a5f7f11}"), "picker", contract, {
    createInstance: (iid) => new Picker().QueryInterface(iid),
    QueryInterface: ChromeUtils.generateQI(["nsIFactory"]),
  });
}
window.fawkesPicker = home.fawkesPicker;
window.fawkesPicker.paths = paths;
window.fawkesPicker.opened = 0;
window.fawkesPicker.arrived = false;
// The files come to the page's process some time later.  The events that tell of it get past the
// extension in the system's group.
const { messageManager } = gBrowser.selectedBrowser;
const arrived = "fawkes:" + Services.uuid.generateUUID();
messageManager.addMessageListener(arrived, () => { window.fawkesPicker.arrived = true; });
const telling = `{
  const options = { capture: true, mozSystemGroup: true };
  const tell = () => {
    for (const type of ["input", "cancel"]) removeEventListener(type, tell, options);
    sendAsyncMessage("${arrived}");
  };
  for (const type of ["input", "cancel"]) addEventListener(type, tell, options);
}`;
messageManager.loadFrameScript("data:," + encodeURIComponent(telling), false);
"""

RUN_IN_PAGE = """
// Runs a script beside the page, where the page's content process has the browser's own rights.
const [script, given] = args;
const manager = gBrowser.selectedBrowser.messageManager;
const answer = "fawkes:" + Services.uuid.generateUUID();
const payload = { ...given };
if (given.paths) {
  payload.files = [];
  for (const path of given.paths) {
    const bytes = await IOUtils.read(path);
    const { lastModified } = await IOUtils.stat(path);
    payload.files.push({ name: PathUtils.filename(path), bytes, lastModified });
  }
}
return new Promise((resolve, reject) => {
  const listener = ({ data }) => {
    manager.removeMessageListener(answer, listener);
    if (data.failed) reject(data.failed);
    else resolve(data.value);
  };
  manager.addMessageListener(answer, listener);
  const source = `{
    const run = async (content, given) => { ${script} };
    const listener = ({ data }) => {
      removeMessageListener("${answer}", listener);
      run(content, data).then(
        (value) => sendAsyncMessage("${answer}", { value }),
        (error) => sendAsyncMessage("${answer}", { failed: String(error) + error.stack }),
      );
    };
    addMessageListener("${answer}", listener);
  }`;
  manager.loadFrameScript("data:," + encodeURIComponent(source), false);
  manager.sendAsyncMessage(answer, payload);
});
"""

CLIPBOARD_HAS_PICTURE = """
const { clipboard } = Services;
return clipboard.hasDataMatchingFlavors(["image/png"], clipboard.kGlobalClipboard);
"""

COPY = """
// As another program fills the clipboard.
const transferable = Cc["@mozilla.org/widget/transferable;1"].createInstance(Ci.nsITransferable);
transferable.init(null);
for (const [type, text] of Object.entries(args[0])) {
  const string = Cc["@mozilla.org/supports-string;1"].createInstance(Ci.nsISupportsString);
  string.data = text;
  transferable.addDataFlavor(type);
  transferable.setTransferData(type, string);
}
if (args[1]) {
  const tools = Cc["@mozilla.org/image/tools;1"].getService(Ci.imgITools);
  const bytes = await IOUtils.read(args[1]);
  const image = tools.decodeImageFromArrayBuffer(bytes.buffer, "image/png");
  transferable.addDataFlavor("image/png");
  transferable.setTransferData("image/png", image);
}
Services.clipboard.setData(transferable, null, Services.clipboard.kGlobalClipboard);
"""

DROP = """
// A trusted drop, as the browser's drag service makes it.  The files belong to the page's own
// principal, as those of a real drop do.
const sandbox = new Cu.Sandbox(content, { sandboxPrototype: content, wantXrays: true });
sandbox.transfer = null;
const types = { png: "image/png", jpg: "image/jpeg", pdf: "application/pdf", gif: "image/gif" };
sandbox.files = Cu.cloneInto([], sandbox);
sandbox.texts = Cu.cloneInto(Object.entries(given.texts ?? {}), sandbox);
for (const { name, bytes, lastModified } of given.files) {
  const type = types[name.split(".").pop()] ?? "";
  sandbox.files.push(new content.File([bytes], name, { type, lastModified }));
}
const transfer = Cu.evalInSandbox(
  "const t = new DataTransfer(); for (const f of files) t.items.add(f);" +
  "for (const [type, text] of texts) t.setData(type, text); t", sandbox);
const targetNow = () => {
  let target = content.document.elementFromPoint(given.x, given.y);
  while (target.openOrClosedShadowRoot) {
    const inner = target.openOrClosedShadowRoot.elementFromPoint(given.x, given.y);
    if (!inner || inner === target) break;
    target = inner;
  }
  return target;
};
// Before the drop, files are protected: nobody can read them.
const protectedTransfer = new content.DataTransfer();
for (const type of ["dragenter", "dragover", "drop"]) {
  const event = new content.DragEvent(type, { bubbles: true, cancelable: true, composed: true,
    clientX: given.x, clientY: given.y,
    dataTransfer: type === "drop" ? transfer : protectedTransfer });
  targetNow().dispatchEvent(event);
  await new Promise((resolve) => content.setTimeout(resolve, 0));
}
"""

TOAST = """
const toasts = [];
const visit = (inner, x, y) => {
  const search = (tree) => {
    for (const element of tree.querySelectorAll("*")) {
      const root = element.openOrClosedShadowRoot;
      if (!root || root.isUAWidget()) continue;
      if (element.popover && root.querySelector(".card")) toasts.push({ root, x, y });
      else search(root);
    }
  };
  search(inner.document);
  for (const frame of inner.document.querySelectorAll("iframe")) {
    const place = frame.getBoundingClientRect();
    visit(frame.contentWindow, x + place.x + frame.clientLeft, y + place.y + frame.clientTop);
  }
};
visit(content, 0, 0);
"""

TOAST_TEXT = (
    TOAST
    + """
return toasts.map(({ root }) => root.querySelector(".card").innerText).join("\\n");
"""
)

TOAST_MARKUP = TOAST + "return toasts[0].root.innerHTML;"

TOAST_BUTTONS = (
    TOAST
    + """
const places = [];
for (const toast of toasts) {
  for (const button of toast.root.querySelectorAll("button, summary")) {
    const named = [button.textContent, button.getAttribute("aria-label")].includes(given.label);
    if (!named || !button.getClientRects().length) continue;
    if (button.disabled && !given.disabledToo) continue;
    button.scrollIntoView({ block: "nearest" });
    const { x, y, width, height } = button.getBoundingClientRect();
    places.push([toast.x + x + width / 2, toast.y + y + height / 2]);
  }
}
return places;
"""
)

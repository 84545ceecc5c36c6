// The background: listeners are registered at once, so that a browser that starts it for an
// event finds them; what must outlive it is in storage, and photos are sent again by their page.
import "../shared/settings.js";
import "../shared/site_rules.js";
import { history, remember } from "./history.js";
import { Fault, NativePort } from "./native_port.js";
import { cloak, gather } from "./photos.js";
import * as sites from "./sites.js";
import * as toolbar from "./toolbar.js";

const { settings, siteRules } = globalThis.fawkes;

const host = new NativePort({
  onHost: (state) => chrome.storage.session.set({ host: state }).catch(() => {}),
});

chrome.runtime.onInstalled.addListener(async ({ reason }) => {
  await sites.registerScripts();
  if (reason === "install")
    await chrome.tabs.create({ url: chrome.runtime.getURL("welcome/welcome.html") });
});

/**
 * After an install, an update, a reload, or when the extension is switched on again, tabs are open
 * that have no scripts, or dead ones: `storage.session` has forgotten in all these cases.
 */
async function enterOnce() {
  const { entered } = await chrome.storage.session.get("entered");
  if (entered) return;
  const { origins = [] } = await chrome.permissions.getAll();
  const own = sites.ownPatterns();
  await sites.enterOpenTabs([...own, ...sites.grantedBeyond(origins, own)]);
  await chrome.storage.session.set({ entered: true });
}
enterOnce();

chrome.permissions.onAdded.addListener(async ({ origins = [] }) => {
  await sites.registerScripts();
  await sites.enterOpenTabs(sites.grantedBeyond(origins, sites.ownPatterns()));
  await toolbar.showActive();
});
chrome.permissions.onRemoved.addListener(async () => {
  await sites.registerScripts();
  await toolbar.showActive();
});

chrome.tabs.onActivated.addListener(({ tabId }) => toolbar.show(tabId));
chrome.tabs.onRemoved.addListener((tabId) => toolbar.forgetTab(tabId));
chrome.tabs.onUpdated.addListener((tabId, { status }) => {
  if (status !== "loading") return;
  toolbar.forgetTab(tabId);
  toolbar.show(tabId);
});
settings.watch(() => toolbar.showActive());

chrome.commands.onCommand.addListener((command) => {
  if (command !== "toggle-protection") return;
  settings.update(({ level, levelBeforeOff }) => ({
    level: level === "off" ? levelBeforeOff : "off",
  }));
});

const REQUESTS = {
  /** Popup and welcome page: how is the host?  Looks, but starts no engine. */
  async look() {
    try {
      await host.ready({ wake: false });
    } catch {
      // `host.host` says what is wrong.
    }
    return host.host;
  },
  history,
  /** A content script saw that a photo is about to be chosen: warm up while the user looks. */
  async wake() {
    await host.ready().catch(() => {});
  },
  async asking(_message, sender) {
    if (sender.tab) await toolbar.setAsking(sender.tab.id, true);
  },
  async answered(_message, sender) {
    if (sender.tab) await toolbar.setAsking(sender.tab.id, false);
  },
};

chrome.runtime.onMessage.addListener((message, sender, reply) => {
  if (sender.id !== chrome.runtime.id || !Object.hasOwn(REQUESTS, message?.type)) return false;
  REQUESTS[message.type](message, sender).then(reply, () => reply(undefined));
  return true;
});

chrome.runtime.onConnect.addListener((port) => {
  if (port.name === "photo" && port.sender?.id === chrome.runtime.id) serve(port);
});

/**
 * One photo of a content script, from its first byte to its last.
 * @param {any} port
 */
function serve(port) {
  const tab = port.sender.tab;
  const gathered = gather();
  const abort = new AbortController();
  const post = (message) => {
    if (!abort.signal.aborted) port.postMessage(message);
  };
  let busy = false;

  port.onDisconnect.addListener(() => abort.abort());
  port.onMessage.addListener(async (message) => {
    if (busy || abort.signal.aborted) return;
    try {
      busy = gathered.take(message);
      if (!busy) return;
    } catch (fault) {
      busy = true;
      return refuse(fault);
    }
    if (tab) toolbar.countWorking(tab.id, 1);
    try {
      await deliver(gathered.photo());
    } finally {
      if (tab) toolbar.countWorking(tab.id, -1);
    }
  });

  async function deliver(photo) {
    const current = await settings.load();
    const level = siteRules.levelFor(current, tab?.url ? new URL(tab.url).hostname : "");
    try {
      const result = await cloak(host, photo, {
        // Off by now, but this photo was chosen while protection was on.
        level: level === "off" ? current.levelBeforeOff : level,
        policy: current.policy,
        signal: abort.signal,
        onProgress: ({ stage, fraction, faces }) =>
          post({ type: "progress", stage, fraction, faces }),
      });
      post({ type: "result", status: result.status, receipt: result.receipt });
      for (const data of result.chunks) post({ type: "chunk", data });
      post({ type: "end" });
      await remember(recent(photo, result.status, result.receipt, null));
    } catch (fault) {
      await refuse(fault, photo);
    }
  }

  async function refuse(error, photo) {
    const fault = error instanceof Fault ? error : new Fault("internal", { detail: String(error) });
    post({ type: "error", code: fault.code, parameters: fault.parameters });
    if (photo && fault.code !== "cancelled")
      await remember(
        recent(photo, "failed", null, { code: fault.code, parameters: fault.parameters }),
      );
  }
}

function recent(photo, status, receipt, fault) {
  return { name: photo.name, time: Date.now(), status, receipt, fault };
}

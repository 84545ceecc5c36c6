// The background: listeners are registered at once, so that a browser that starts it for an
// event finds them; what must outlive it is in storage, and photos are sent again by their page.
import "../shared/settings.js";
import { history } from "./history.js";
import { NativePort } from "./native_port.js";
import { serve } from "./photo_conversation.js";
import * as sites from "./sites.js";
import * as toolbar from "./toolbar.js";

const { settings } = globalThis.fawkes;

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
  if (port.name === "photo" && port.sender?.id === chrome.runtime.id) serve(port, host);
});

// The background: listeners are registered at once, so that a browser that starts it for an
// event finds them; what must outlive it is in storage, and photos are sent again by their page.
import "../shared/settings.js";
import { serveQuestion } from "./asking.js";
import * as frames from "./frames.js";
import { history } from "./history.js";
import { NativePort } from "./native_port.js";
import { serve } from "./photo_conversation.js";
import * as sites from "./sites.js";
import * as toolbar from "./toolbar.js";

const { settings } = /** @type {FawkesShared} */ (globalThis.fawkes);

const host = new NativePort({
  onHost: async (state) => {
    await chrome.storage.session.set({ host: state }).catch(() => {});
    await toolbar.showActive();
  },
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
  await sites.enterOpenTabs();
  await chrome.storage.session.set({ entered: true });
}
enterOnce();

chrome.permissions.onAdded.addListener(async () => {
  await sites.registerScripts();
  await sites.enterOpenTabs();
  frames.forgetAll();
  await toolbar.showActive();
});
chrome.permissions.onRemoved.addListener(async () => {
  await sites.registerScripts();
  frames.forgetAll();
  await toolbar.showActive();
});

chrome.tabs.onActivated.addListener(({ tabId }) => toolbar.show(tabId));
chrome.tabs.onRemoved.addListener((tabId) => {
  toolbar.forgetTab(tabId);
  frames.forgetTab(tabId);
});
chrome.tabs.onUpdated.addListener((tabId, { status }) => {
  if (status === "loading") {
    toolbar.forgetTab(tabId);
    frames.forgetTab(tabId);
  } else if (status === "complete") frames.forget(tabId);
  else return;
  toolbar.show(tabId);
});
settings.watch(() => toolbar.showActive());

chrome.commands.onCommand.addListener((command) => {
  if (command !== "toggle-protection") return;
  settings.update(({ level, levelBeforeOff }) => ({
    level: level === "off" ? levelBeforeOff : "off",
  }));
});

/**
 * What our own pages may ask.
 * @type {{[Type in keyof FawkesRequests]:
 *   (request: FawkesRequests[Type][0]) => Promise<FawkesRequests[Type][1]>}}
 */
const REQUESTS = {
  /** How is the host?  Looks, but starts no engine. */
  async look() {
    try {
      await host.ready({ wake: false });
    } catch {
      // `host.host` says what is wrong.
    }
    return host.host;
  },
  /** Lets the engine warm up. */
  async wake() {
    await host.ready().catch(() => {});
  },
  history,
  /** How does the program find itself? */
  doctor: () => host.examine().catch(() => null),
  async setUp() {
    await chrome.tabs.create({ url: chrome.runtime.getURL("welcome/welcome.html") });
  },
  async frames({ tab }) {
    frames.forget(tab);
    const [found] = await Promise.all([frames.framesOf(tab), toolbar.show(tab)]);
    return found;
  },
};

/**
 * What content scripts may tell.
 * @type {Record<FawkesNews, (sender: {tab: ChromeTab}) => unknown>}
 */
const NEWS = {
  /** A photo is about to be chosen: warm up while the user looks. */
  wake: () => REQUESTS.wake({}),
  /** Pressed in a question, which no page can do. */
  setUp: () => REQUESTS.setUp({}),
  asking: ({ tab }) => toolbar.setAsking(tab.id, true),
  answered: ({ tab }) => toolbar.setAsking(tab.id, false),
  /** The document holds a frame that another site may own. */
  frames: ({ tab }) => frames.changed(tab.id, toolbar.show),
};

const isOwnPage = ({ url = "" }) => url.startsWith(chrome.runtime.getURL(""));

chrome.runtime.onMessage.addListener((message, sender, reply) => {
  if (sender.id !== chrome.runtime.id) return false;
  const { type } = message ?? {};
  if (isOwnPage(sender)) {
    if (!Object.hasOwn(REQUESTS, type)) return false;
    REQUESTS[/** @type {keyof FawkesRequests} */ (type)](message).then(reply, () =>
      reply(undefined),
    );
    return true;
  }
  if (sender.tab && Object.hasOwn(NEWS, type))
    NEWS[/** @type {FawkesNews} */ (type)]({ tab: sender.tab });
  return false;
});

chrome.runtime.onConnect.addListener((port) => {
  if (port.sender?.id !== chrome.runtime.id) return;
  if (port.name === "photo") serve(port, host);
  else if (port.name === "ask" && port.sender?.tab)
    serveQuestion(/** @type {Parameters<typeof serveQuestion>[0]} */ (port));
});

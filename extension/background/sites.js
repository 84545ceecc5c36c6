// Where the content scripts run: the curated sites by the manifest, granted ones by registration.
const REGISTERED = ["granted-hooks", "granted-content"];

/** The two entries of the manifest, so that their files are listed in one place only. */
function manifestScripts() {
  const base = chrome.runtime.getURL("");
  // Firefox answers with whole addresses, and takes none of them for a script to be registered.
  const [hooks, content] = chrome.runtime.getManifest().content_scripts.map(({ matches, js }) => ({
    matches,
    js: js.map((file) => (file.startsWith(base) ? file.slice(base.length) : file)),
  }));
  return { hooks, content };
}

/**
 * Patterns the user has granted beyond the manifest's own.
 * @param {string[]} granted
 * @param {string[]} own
 */
export function grantedBeyond(granted, own) {
  const known = new Set(own);
  const web = granted.filter(
    (pattern) => /^(\*|https?):\/\//.test(pattern) || pattern === "<all_urls>",
  );
  return web.filter((pattern) => !known.has(pattern)).sort();
}

let registering = Promise.resolve();

/** Brings the registered scripts in line with the permissions there are. */
export function registerScripts() {
  registering = registering.then(register, register);
  return registering;
}

async function register() {
  const { hooks, content } = manifestScripts();
  const { origins = [] } = await chrome.permissions.getAll();
  const matches = grantedBeyond(origins, hooks.matches);
  const registered = await chrome.scripting.getRegisteredContentScripts({ ids: REGISTERED });
  const stale = registered.map(({ id }) => id);
  if (stale.length > 0) await chrome.scripting.unregisterContentScripts({ ids: stale });
  if (matches.length === 0) return;
  const common = {
    matches,
    // The manifest's own sites have their scripts already; twice would be a race of two.
    excludeMatches: hooks.matches,
    runAt: /** @type {const} */ ("document_start"),
    allFrames: true,
    matchOriginAsFallback: true,
    persistAcrossSessions: true,
  };
  await chrome.scripting.registerContentScripts([
    { ...common, id: REGISTERED[0], js: hooks.js, world: "MAIN" },
    { ...common, id: REGISTERED[1], js: content.js },
  ]);
}

/**
 * Brings the scripts into documents that were open before they could be, and have none.  They may
 * be frames of a tab whose own site is not covered: Firefox enters these all the same, Chromium
 * only in the tab for which the popup is open.
 */
export async function enterOpenTabs() {
  const { hooks, content } = manifestScripts();
  const tabs = await chrome.tabs.query({ discarded: false });
  await Promise.allSettled(
    tabs.map(async ({ id }) => {
      const frames = await chrome.scripting.executeScript({
        target: { tabId: id, allFrames: true },
        func: () => {
          const fawkes = /** @type {FawkesContent | undefined} */ (globalThis.fawkes);
          return {
            isStarted: Boolean(fawkes?.started),
            wasLate: Boolean(fawkes?.entered),
            isBlank: location.href === "about:blank",
          };
        },
        injectImmediately: true,
      });
      const idsOf = (/** @type {typeof frames} */ some) => some.map(({ frameId }) => frameId);
      const frameIds = idsOf(frames.filter(({ result }) => !result?.isStarted));
      // Firefox has been in open tabs before this.  Of a blank frame only those around it tell.
      const isLate = frameIds.length > 0 || frames.some(({ result }) => result?.wasLate);
      const late = frames.filter(({ result }) => !result?.isStarted || (isLate && result.isBlank));
      if (late.length === 0) return;
      await chrome.scripting.executeScript({
        target: { tabId: id, frameIds: idsOf(late) },
        func: () => {
          const fawkes = /** @type {Partial<FawkesContent>} */ ((globalThis.fawkes ??= {}));
          fawkes.entered = true;
        },
        injectImmediately: true,
      });
      if (frameIds.length === 0) return;
      const target = { tabId: id, frameIds };
      await chrome.scripting.executeScript({
        target,
        files: hooks.js,
        world: "MAIN",
        injectImmediately: true,
      });
      await chrome.scripting.executeScript({ target, files: content.js, injectImmediately: true });
    }),
  );
}

/**
 * Whether pages of this address run the content scripts.
 * @param {string | undefined} url
 */
export async function isCovered(url) {
  if (!url || !/^https?:/.test(url)) return false;
  // Patterns know no ports.
  const { protocol, hostname } = new URL(url);
  return chrome.permissions.contains({ origins: [`${protocol}//${hostname}/*`] });
}

export const EVERY_SITE = "*://*/*";

export const mayEverywhere = () => chrome.permissions.contains({ origins: [EVERY_SITE] });

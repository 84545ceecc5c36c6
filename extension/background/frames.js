// Which frames of a tab Fawkes may not look at: what the content scripts of all its covered
// documents say, joined.  A document that is not covered says nothing, and so is found out.
import "../shared/limits.js";
import { isCovered, mayEverywhere } from "./sites.js";

const { limits } = /** @type {FawkesShared} */ (globalThis.fawkes);

/**
 * A frame's way from the top, as a key; frames in shadow trees have no index, but an origin.
 * @param {number[]} path
 * @param {string} origin
 */
const keyOf = (path, origin) => (path.at(-1) === -1 ? `${path} ${origin}` : String(path));

/** The frames that nobody speaks from. @param {FawkesFrameReport[]} reports */
function* silentIn(reports) {
  const heard = new Set(reports.map(({ path, origin }) => keyOf(path, origin)));
  for (const { path, frames } of reports)
    for (const frame of frames) {
      const origin = frame.spoke || frame.named;
      // In a shadow tree, what names no site of its own is taken for the document's.
      if (frame.index < 0 && !origin) continue;
      if (!heard.has(keyOf([...path, frame.index], origin))) yield frame;
    }
}

/**
 * Asks every document of a tab.
 * @param {number} tabId
 * @param {(origin: string) => Promise<boolean>} mayLook
 * @returns {Promise<FawkesFrameReport[]>} as soon as all have spoken that can, and after a while
 */
function ask(tabId, mayLook) {
  return new Promise((resolve) => {
    /** @type {ChromePort<FawkesFrameReport, never>} */
    const port = chrome.tabs.connect(tabId, { name: "frames" });
    /** @type {FawkesFrameReport[]} */
    const reports = [];
    const end = () => {
      clearTimeout(timer);
      port.disconnect();
      resolve(reports);
    };
    const timer = setTimeout(end, limits.surveyMs);
    port.onDisconnect.addListener(() => {
      void chrome.runtime.lastError; // nobody there
      end();
    });
    port.onMessage.addListener(async (report) => {
      reports.push(report);
      if (!reports.some(({ path }) => path.length === 0)) return;
      const silent = [...silentIn(reports)].map(({ named }) => named === "" || mayLook(named));
      if (!(await Promise.all(silent)).includes(true)) end();
    });
  });
}

/** @type {Map<number, Promise<FawkesFrames>>} by tab, as long as its frames stay the same */
const known = new Map();

/** @type {Map<number, FawkesFrames>} what was known last, until the next is */
const latest = new Map();

/** The frames of a tab may be others now. @param {number} tabId */
export const forget = (tabId) => known.delete(tabId);

export const forgetAll = () => known.clear();

/** The tab is closed, or shows another page. @param {number} tabId */
export function forgetTab(tabId) {
  known.delete(tabId);
  latest.delete(tabId);
}

/** @param {number} tabId @returns {FawkesFrames} */
export const latestOf = (tabId) => latest.get(tabId) ?? { uncovered: [], covered: [] };

/** @type {Map<number, ReturnType<typeof setTimeout>>} */
const changing = new Map();

/**
 * The frames of a tab have changed, and may go on to.
 * @param {number} tabId
 * @param {(tabId: number) => void} show
 */
export function changed(tabId, show) {
  clearTimeout(changing.get(tabId));
  const later = () => {
    changing.delete(tabId);
    forget(tabId);
    show(tabId);
  };
  changing.set(tabId, setTimeout(later, limits.surveyDelayMs));
}

/**
 * What is known of the frames of a tab, or can be learnt.
 * @param {number} tabId
 */
export function framesOf(tabId) {
  let found = known.get(tabId);
  if (!found) {
    found = survey(tabId);
    known.set(tabId, found);
    found.then((frames) => latest.set(tabId, frames));
  }
  return found;
}

/**
 * @param {number} tabId
 * @returns {Promise<FawkesFrames>} by host, visible ones first
 */
async function survey(tabId) {
  /** @type {Map<string, Promise<boolean>>} */
  const asked = new Map();
  const mayLook = (/** @type {string} */ origin) => {
    if (!asked.has(origin)) asked.set(origin, isCovered(`${origin}/`));
    return /** @type {Promise<boolean>} */ (asked.get(origin));
  };
  const reports = await ask(tabId, mayLook);
  /** @type {Map<string, {host: string, frames: number, visible: boolean}>} */
  const uncovered = new Map();
  for (const frame of silentIn(reports)) {
    const host = await hostOf(frame, mayLook);
    if (host === null) continue;
    const { frames, visible } = uncovered.get(host) ?? { frames: 0, visible: false };
    uncovered.set(host, { host, frames: frames + 1, visible: visible || frame.visible });
  }
  const inner = reports.filter(({ path }) => path.length > 0).map(({ origin }) => origin);
  return {
    uncovered: [...uncovered.values()].sort((a, b) => Number(b.visible) - Number(a.visible)),
    covered: [...new Set(inner.filter((origin) => /^https?:/.test(origin)).map(hostName))],
  };
}

/** @param {string} origin */
const hostName = (origin) => new URL(origin).hostname;

/**
 * @param {FawkesFrame} frame that nobody speaks from
 * @param {(origin: string) => Promise<boolean>} mayLook
 * @returns {Promise<string | null>} "" where nobody can tell; null where there is nothing to tell
 */
async function hostOf({ named, spoke, loaded }, mayLook) {
  for (const origin of [spoke, named])
    if (/^https?:/.test(origin) && !(await mayLook(origin))) return hostName(origin);
  // A page of another extension, or one of the browser's own.
  if (named && !/^https?:/.test(named)) return null;
  // It should speak, and does not: it is on its way, or has moved to another site by itself.
  return !loaded || (await mayEverywhere()) ? null : "";
}

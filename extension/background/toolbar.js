// The icon and its badge: on, on in parts, off here, working, needs attention.
import "../shared/settings.js";
import "../shared/site_rules.js";
import "../shared/text.js";
import { HELPLESS } from "../shared/host_line.js";
import { framesOf, latestOf } from "./frames.js";
import { isCovered } from "./sites.js";

const { settings, siteRules, text } = /** @type {FawkesShared} */ (globalThis.fawkes);

const SIZES = [16, 32, 48];
const COLOURS = { working: "#0f766e", attention: "#b45309" };

/** @type {Map<number, number>} photos being cloaked, by tab */
const working = new Map();
/** @type {Set<number>} tabs where a question waits for an answer */
const asking = new Set();

/**
 * What the icon of a tab shows.
 * @param {{level: FawkesSiteLevel, covered: boolean, photos: number, asks: boolean, helpless: boolean,
 *   uncovered: string[]}} tab `uncovered`: whose parts of the page Fawkes may not look at
 * @returns {{icon: "on" | "off", badge: string, colour: string, title: string, values?: string[]}}
 */
export function appearance({ level, covered, photos, asks, helpless, uncovered }) {
  const working = { icon: /** @type {const} */ ("on"), colour: COLOURS.working };
  const attention = { icon: /** @type {const} */ ("on"), colour: COLOURS.attention };
  const off = { icon: /** @type {const} */ ("off"), badge: "", colour: COLOURS.working };
  if (asks) return { ...attention, badge: "!", title: "title_attention" };
  if (photos > 0) return { ...working, badge: String(photos), title: "title_working" };
  if (level === "off") return { ...off, title: "title_off" };
  if (!covered) return { ...off, title: "title_not_here" };
  if (helpless) return { ...attention, badge: "!", title: "title_helpless" };
  if (uncovered.length > 0)
    return { ...attention, badge: "½", title: "title_partly", values: [uncovered.join(", ")] };
  return { ...working, badge: "", title: "title_on" };
}

/**
 * What is known is shown at once, and what the frames say as soon as they do.
 * @param {number} tabId
 */
export async function show(tabId) {
  try {
    const { url } = await chrome.tabs.get(tabId);
    const site = url && (await isCovered(url)) ? new URL(url).hostname : null;
    await paint(tabId, site, latestOf(tabId));
    if (site !== null && !working.has(tabId)) await paint(tabId, site, await framesOf(tabId));
  } catch {
    // The tab is gone; so is its icon.
  }
}

/**
 * @param {number} tabId
 * @param {string | null} site null: not covered
 * @param {FawkesFrames} frames
 */
async function paint(tabId, site, frames) {
  const current = await settings.load();
  const { host } = await chrome.storage.session.get("host");
  const look = appearance({
    level: site === null ? current.level : siteRules.levelFor(current, site),
    covered: site !== null,
    photos: working.get(tabId) ?? 0,
    asks: asking.has(tabId),
    helpless: host !== undefined && HELPLESS.has(host.state),
    uncovered: frames.uncovered
      .filter(({ visible }) => visible)
      .map((part) => part.host || text.t("popup_frame_unknown")),
  });
  const path = Object.fromEntries(SIZES.map((size) => [size, `/icons/${look.icon}-${size}.png`]));
  await chrome.action.setIcon({ tabId, path });
  await chrome.action.setBadgeText({ tabId, text: look.badge });
  await chrome.action.setBadgeBackgroundColor({ tabId, color: look.colour });
  await chrome.action.setBadgeTextColor({ tabId, color: "#ffffff" });
  await chrome.action.setTitle({ tabId, title: text.t(look.title, ...(look.values ?? [])) });
}

/** The tabs whose icon people see. */
export async function showActive() {
  const tabs = await chrome.tabs.query({ active: true });
  await Promise.all(tabs.map(({ id }) => show(id)));
}

/** @param {number} tabId @param {1 | -1} change */
export function countWorking(tabId, change) {
  const photos = (working.get(tabId) ?? 0) + change;
  if (photos > 0) working.set(tabId, photos);
  else working.delete(tabId);
  return show(tabId);
}

/** @param {number} tabId @param {boolean} asks */
export function setAsking(tabId, asks) {
  if (asks === asking.has(tabId)) return Promise.resolve();
  if (asks) asking.add(tabId);
  else asking.delete(tabId);
  return show(tabId);
}

/** A tab that is closed or shows another page has no photos any more. @param {number} tabId */
export function forgetTab(tabId) {
  working.delete(tabId);
  asking.delete(tabId);
}

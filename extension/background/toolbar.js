// The icon and its badge: on, off here, working, needs attention.
import "../shared/settings.js";
import "../shared/site_rules.js";
import "../shared/text.js";
import { isCovered } from "./sites.js";

const { settings, siteRules, text } = globalThis.fawkes;

const SIZES = [16, 32, 48];
const COLOURS = { working: "#0f766e", attention: "#b45309" };

/** @type {Map<number, number>} photos being cloaked, by tab */
const working = new Map();
/** @type {Set<number>} tabs where a question waits for an answer */
const asking = new Set();

/**
 * What the icon of a tab shows.
 * @param {{level: FawkesLevel, covered: boolean, photos: number, asks: boolean}} tab
 * @returns {{icon: "on" | "off", badge: string, colour: string, title: string}}
 */
export function appearance({ level, covered, photos, asks }) {
  if (asks) return { icon: "on", badge: "!", colour: COLOURS.attention, title: "title_attention" };
  if (photos > 0)
    return { icon: "on", badge: String(photos), colour: COLOURS.working, title: "title_working" };
  if (level === "off")
    return { icon: "off", badge: "", colour: COLOURS.working, title: "title_off" };
  if (!covered) return { icon: "off", badge: "", colour: COLOURS.working, title: "title_not_here" };
  return { icon: "on", badge: "", colour: COLOURS.working, title: "title_on" };
}

/** @param {number} tabId */
export async function show(tabId) {
  try {
    const { url } = await chrome.tabs.get(tabId);
    const covered = await isCovered(url);
    const current = await settings.load();
    const look = appearance({
      level: covered ? siteRules.levelFor(current, new URL(url).hostname) : current.level,
      covered,
      photos: working.get(tabId) ?? 0,
      asks: asking.has(tabId),
    });
    const path = Object.fromEntries(SIZES.map((size) => [size, `/icons/${look.icon}-${size}.png`]));
    await chrome.action.setIcon({ tabId, path });
    await chrome.action.setBadgeText({ tabId, text: look.badge });
    await chrome.action.setBadgeBackgroundColor({ tabId, color: look.colour });
    await chrome.action.setBadgeTextColor({ tabId, color: "#ffffff" });
    await chrome.action.setTitle({ tabId, title: text.t(look.title) });
  } catch {
    // The tab is gone; so is its icon.
  }
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

/** A tab that is closed or shows another page has no photos any more. */
export function forgetTab(tabId) {
  working.delete(tabId);
  asking.delete(tabId);
}

// The popup: what holds on this page, and the switches for it.
import "../shared/settings.js";
import "../shared/site_rules.js";
import "../shared/text.js";
import "../shared/receipt.js";
import { followHost, HELPLESS } from "../shared/host_line.js";
import { view } from "./view.js";

const { settings, siteRules, text, receipt } = /** @type {FawkesShared} */ (globalThis.fawkes);
const { t } = text;

/**
 * @typedef {Record<"decoy-hint" | "decoy-switch" | "explanation" | "fix" | "frames" | "headline" | "help" | "host" |
 *   "host-row" | "level-hint" | "levels" | "no-photos" | "protect-all" | "protect-frames" | "protect-site" | "recents" |
 *   "settings" | "site" | "site-ask" | "site-name" | "site-switch" | "state" | "today" |
 *   "uncovered" | "version" | "wrong", HTMLElement> & {mask: HTMLImageElement, "decoy-on": HTMLInputElement,
 *   "site-on": HTMLInputElement}} Elements
 */

/** @template {keyof Elements} Id @param {Id} id */
const $ = (id) => /** @type {Elements[Id]} */ (document.getElementById(id));

/** @type {FawkesSettings} */
let current = settings.DEFAULTS;
/** @type {{host: string, covered: boolean}} */
let site = { host: "", covered: false };
/** @type {FawkesFrames | undefined} */
let frames;
/** @type {FawkesHost | undefined} */
let host;

/** Frames come and go while the popup is open. */
const FRAMES_AGAIN_MS = 1_500;

async function activeTab() {
  // Opened as a page of its own, the popup is told which tab it is about.
  const asked = new URLSearchParams(location.search).get("tab");
  if (asked) return chrome.tabs.get(Number(asked));
  const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
  return tab;
}

async function readSite() {
  const { url } = (await activeTab()) ?? {};
  if (!url || !/^https?:/.test(url)) return { host: "", covered: false };
  const { hostname, protocol } = new URL(url);
  const covered = await chrome.permissions.contains({ origins: [`${protocol}//${hostname}/*`] });
  return { host: hostname, covered };
}

async function showFrames() {
  const { id } = (await activeTab()) ?? {};
  if (id === undefined || !site.host) return;
  frames = await chrome.runtime.sendMessage({ type: "frames", tab: id });
  show();
}

/** @param {FawkesFrames["uncovered"][number]} part */
function frameLine({ host: name, frames: count, visible }) {
  const item = document.createElement("li");
  const site = document.createElement("span");
  site.className = "name";
  site.textContent = name || t("popup_frame_unknown");
  const number = document.createElement("span");
  number.className = "soft";
  const parts = count === 1 ? t("popup_frames_one") : t("popup_frames_many", count);
  number.textContent = visible ? parts : t("popup_frames_unseen", parts);
  item.append(site, number);
  if (name) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "main";
    button.textContent = t("popup_protect_frame");
    button.setAttribute("aria-label", t("popup_site_switch", name));
    button.addEventListener("click", () => protect([siteRules.patternOf(siteRules.siteOf(name))]));
    item.append(button);
  }
  return item;
}

let framesShown = "";
/** @param {FawkesFrames["uncovered"]} parts */
function listFrames(parts) {
  $("frames").hidden = parts.length === 0;
  // A button that is about to be pressed stays where it is.
  if (JSON.stringify(parts) === framesShown) return;
  framesShown = JSON.stringify(parts);
  $("uncovered").replaceChildren(...parts.map(frameLine));
}

function show() {
  const helpless = host ? HELPLESS.has(host.state) : false;
  const seen = view({ settings: current, site, frames, helpless });
  $("state").dataset.kind = seen.kind;
  $("mask").src = `../icons/${seen.kind === "off" ? "off" : "on"}.svg`;
  $("headline").textContent = t(seen.headline);
  $("explanation").textContent = t(seen.hint, seen.hosts);
  /** @type {NodeListOf<HTMLInputElement>} */
  const levels = document.querySelectorAll("input[name=level]");
  for (const input of levels) input.checked = input.value === current.level;
  $("level-hint").textContent = text.levelText(current.level);
  $("host-row").hidden = !seen.host;
  $("wrong").hidden = site.host === "";
  $("site").hidden = !seen.siteSwitch && !seen.siteAsk;
  $("site-switch").hidden = !seen.siteSwitch;
  $("site-ask").hidden = !seen.siteAsk;
  $("site-name").textContent = t("popup_site_switch", siteRules.siteOf(site.host));
  $("site-on").checked = seen.siteOn;
  $("decoy-switch").hidden = !seen.siteOn;
  $("decoy-on").checked = seen.decoys;
  $("decoy-hint").hidden = !seen.decoys;
  listFrames(seen.frames);
}

async function showHistory() {
  const history = await chrome.runtime.sendMessage({ type: "history" });
  if (!history) return;
  const { recents, today } = history;
  $("no-photos").hidden = recents.length > 0;
  $("recents").replaceChildren(...recents.map(lineOf));
  $("today").textContent =
    today === 0
      ? t("popup_today_none")
      : today === 1
        ? t("popup_today_one")
        : t("popup_today", today);
}

/** @param {FawkesRecent} recent */
function lineOf(recent) {
  const item = document.createElement("li");
  item.className = recent.status;
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = recent.name;
  const time = document.createElement("time");
  time.className = "soft";
  time.dateTime = new Date(recent.time).toISOString();
  time.textContent = new Date(recent.time).toLocaleTimeString([], {
    hour: "2-digit",
    minute: "2-digit",
  });
  const result = document.createElement("span");
  result.className = "result soft";
  result.textContent =
    recent.status === "failed"
      ? t("popup_failed")
      : receipt.sentence(recent.receipt, recent.status);
  summary.append(name, time, result);
  const list = document.createElement("dl");
  list.className = "receipt";
  const pairs = recent.fault
    ? [[text.errorText(recent.fault), ""]]
    : receipt.lines(
        recent.status === "no_face"
          ? /** @type {FawkesReceipt} */ ({ ...recent.receipt, faces: [] })
          : recent.receipt,
      );
  for (const [term, value] of pairs) {
    const dt = document.createElement("dt");
    const dd = document.createElement("dd");
    dt.textContent = term;
    dd.textContent = value;
    list.append(dt, dd);
  }
  details.append(summary, list);
  const lost = document.createElement("p");
  lost.className = "lost soft";
  lost.textContent = receipt.lost(recent.receipt);
  if (lost.textContent) details.append(lost);
  item.append(details);
  return item;
}

/**
 * Asks the browser for a permission; this has to happen right in the click.
 * @param {string[]} origins patterns
 */
async function protect(origins) {
  const granted = await chrome.permissions.request({ origins });
  if (!granted) return;
  const name = siteRules.siteOf(site.host);
  await settings.update((before) => ({
    ...(before.sites[name] === "off" && siteRules.switchTo(before, name, null)),
    level: before.level === "off" ? before.levelBeforeOff : before.level,
  }));
  site = await readSite();
  show();
  await showFrames();
}

$("levels").addEventListener("change", async ({ target }) => {
  const { value } = /** @type {HTMLInputElement} */ (target);
  current = await settings.update(() => ({ level: /** @type {FawkesLevel} */ (value) }));
  show();
});
/** @param {"off" | "decoy" | null} rule null: what it was before */
async function switchSite(rule) {
  const name = siteRules.siteOf(site.host);
  current = await settings.update((before) => siteRules.switchTo(before, name, rule));
  show();
}
$("site-on").addEventListener("change", () => switchSite($("site-on").checked ? null : "off"));
$("decoy-on").addEventListener("change", () => switchSite($("decoy-on").checked ? "decoy" : null));
$("protect-site").addEventListener("click", () =>
  protect([siteRules.patternOf(siteRules.siteOf(site.host))]),
);
for (const id of /** @type {const} */ (["protect-all", "protect-frames"]))
  $(id).addEventListener("click", () => protect(["*://*/*"]));
$("settings").addEventListener("click", () => {
  chrome.runtime.openOptionsPage();
  if (!location.search) window.close();
});
/** @param {string} path */
function openPage(path) {
  chrome.tabs.create({ url: chrome.runtime.getURL(path) });
  if (!location.search) window.close();
}
$("fix").addEventListener("click", () => openPage("welcome/welcome.html"));
$("help").addEventListener("click", () => openPage("help/help.html"));
$("wrong").addEventListener("click", async () => {
  const { id } = (await activeTab()) ?? {};
  openPage(`help/help.html?tab=${id}`);
});

text.localise(document);
$("version").textContent = chrome.runtime.getManifest().version;
[current, site] = await Promise.all([settings.load(), readSite()]);
show();
settings.watch((changed) => {
  current = changed;
  show();
});
followHost($("host"), (state) => {
  host = state;
  $("fix").hidden = !HELPLESS.has(state.state);
  show();
});
chrome.storage.onChanged.addListener((changes, area) => {
  if ((area === "session" && changes.recents) || (area === "local" && changes.counts))
    showHistory();
});
await showHistory();
await showFrames();
setInterval(showFrames, FRAMES_AGAIN_MS);

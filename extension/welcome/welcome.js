// The first page people see: four steps, and whether the first one is done.
import "../shared/settings.js";
import "../shared/text.js";
import { makeCommandsCopyable } from "../shared/copying.js";
import { followHost, HELPLESS } from "../shared/host_line.js";

const { settings, text } = /** @type {FawkesShared} */ (globalThis.fawkes);
const { t, errorText, localise } = text;
const EVERY_SITE = ["*://*/*"];
const LOOK_AGAIN_MS = 2_000;

/**
 * @param {"chosen" | "command" | "every" | "fault" | "host" | "levels" | "listed" | "pin" |
 *   "settings" | "step-host" | "step-sites" | "temporary"} id
 */
const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

async function showPermission() {
  if (await chrome.permissions.contains({ origins: EVERY_SITE })) showChoice("welcome_every_done");
  else if ($("every").hidden) showChoice(null);
}

/** @param {"welcome_every_done" | "welcome_listed_done" | null} done null: not chosen yet */
function showChoice(done) {
  $("step-sites").classList.toggle("is-done", done !== null);
  $("every").hidden = done === "welcome_every_done";
  $("listed").hidden = done !== null;
  $("chosen").textContent = done ? t(done) : "";
}

/** @param {FawkesSettings} current */
function showLevel({ level }) {
  /** @type {NodeListOf<HTMLInputElement>} */
  const levels = document.querySelectorAll("input[name=level]");
  for (const input of levels) input.checked = input.value === level;
}

/** What a browser does not show by itself: where its button is, and that it forgets this copy. */
async function showTips() {
  const { isOnToolbar } = (await chrome.action.getUserSettings?.()) ?? {};
  $("pin").hidden = isOnToolbar !== false;
  const { installType } = (await chrome.management?.getSelf()) ?? {};
  // Chromium loads an unpacked extension again at each start.
  const isFirefox = chrome.runtime.getURL("").startsWith("moz-extension:");
  $("temporary").hidden = !(isFirefox && installType === "development");
}

$("every").addEventListener("click", () => chrome.permissions.request({ origins: EVERY_SITE }));
$("listed").addEventListener("click", () => showChoice("welcome_listed_done"));
$("levels").addEventListener("change", ({ target }) => {
  const { value } = /** @type {HTMLInputElement} */ (target);
  settings.update(() => ({ level: /** @type {FawkesLevel} */ (value) }));
});
$("settings").addEventListener("click", () => chrome.runtime.openOptionsPage());

localise(document);
makeCommandsCopyable(document);
// Windows calls it otherwise.
if (/Windows/.test(navigator.userAgent)) $("command").textContent = "py install\\bootstrap.py";
settings.watch(showLevel);
showLevel(await settings.load());
await showPermission();
chrome.permissions.onAdded.addListener(showPermission);
chrome.permissions.onRemoved.addListener(showPermission);

const look = followHost($("host"), ({ state, fault }) => {
  const works = !HELPLESS.has(state) && state !== "unknown";
  $("step-host").classList.toggle("is-done", works);
  const line = $("host").querySelector(".line");
  if (works && !fault && line) line.textContent = t("welcome_check_ok");
  $("fault").hidden = !fault || state === "missing";
  $("fault").textContent = fault ? errorText(fault) : "";
});
// The user does it in another window: the page sees it without being reloaded.
setInterval(() => {
  if (document.hidden) return;
  showTips();
  if (!$("step-host").classList.contains("is-done")) look();
}, LOOK_AGAIN_MS);
await showTips();

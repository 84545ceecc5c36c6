// The first page people see: three steps, and whether the first one is done.
import "../shared/text.js";
import { followHost, HELPLESS } from "../shared/host_line.js";

const { t, errorText, localise } = /** @type {FawkesShared} */ (globalThis.fawkes).text;
const EVERY_SITE = ["*://*/*"];
const LOOK_AGAIN_MS = 2_000;

/**
 * @param {"chosen" | "command" | "copy" | "every" | "fault" | "host" | "listed" | "settings" |
 *   "step-host" | "step-sites"} id
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

/** @type {number | undefined} */
let copyTimer;
const copy = $("copy");
copy.addEventListener("click", async () => {
  await navigator.clipboard.writeText($("command").textContent);
  copy.textContent = t("welcome_copied");
  clearTimeout(copyTimer);
  copyTimer = setTimeout(() => (copy.textContent = t("welcome_copy")), 2_000);
});
$("every").addEventListener("click", () => chrome.permissions.request({ origins: EVERY_SITE }));
$("listed").addEventListener("click", () => showChoice("welcome_listed_done"));
$("settings").addEventListener("click", () => chrome.runtime.openOptionsPage());

localise(document);
// Windows calls it otherwise.
if (/Windows/.test(navigator.userAgent)) $("command").textContent = "py install\\bootstrap.py";
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
// The user installs it in another window: the page sees it without being reloaded.
setInterval(() => {
  if (!document.hidden && !$("step-host").classList.contains("is-done")) look();
}, LOOK_AGAIN_MS);

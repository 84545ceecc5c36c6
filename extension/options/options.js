// The settings page.
import "../shared/settings.js";
import "../shared/site_rules.js";
import "../shared/text.js";
import { makeCommandsCopyable } from "../shared/copying.js";
import { followHost, HELPLESS } from "../shared/host_line.js";

const { settings, siteRules, text } = /** @type {FawkesShared} */ (globalThis.fawkes);
const { t } = text;
const EVERY_SITE = ["*://*/*"];

/**
 * @typedef {Record<"add" | "add-trouble" | "curated" | "export" | "fix" | "help" | "host" | "import" |
 *   "level-hint" | "no-rules" | "note" | "reset" | "rules" | "shortcut" | "shortcut-page" |
 *   "shortcut-words" | "version", HTMLElement> &
 *   Record<"every" | "import-file" | "new-site", HTMLInputElement>} Elements
 */

/** @template {keyof Elements} Id @param {Id} id */
const $ = (id) => /** @type {Elements[Id]} */ (document.getElementById(id));

/** @type {FawkesSettings} */
let current = settings.DEFAULTS;

function show() {
  for (const input of document.querySelectorAll("input[type=radio]")) {
    const radio = /** @type {HTMLInputElement} */ (input);
    const name = /** @type {keyof FawkesSettings} */ (radio.name);
    radio.checked = current[name] === radio.value;
  }
  $("level-hint").textContent = text.levelText(current.level);
  const rules = Object.entries(current.sites).sort(([one], [other]) => one.localeCompare(other));
  $("rules").replaceChildren(...rules.map(([site, rule]) => lineOf(site, rule)));
  $("no-rules").hidden = rules.length > 0;
}

/** @param {string} site @param {FawkesRule} rule */
function lineOf(site, rule) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  name.className = "site";
  // A long name breaks behind its dots.
  for (const part of site.split(/(?<=\.)/)) name.append(part, document.createElement("wbr"));
  const select = document.createElement("select");
  select.setAttribute("aria-label", t("options_rule_level", site));
  for (const choice of settings.RULES) {
    const option = document.createElement("option");
    option.value = choice;
    option.textContent = t(choice === "on" ? "options_rule_on" : `level_${choice}`);
    option.selected = choice === rule;
    select.append(option);
  }
  select.addEventListener("change", () => setRule(site, /** @type {FawkesRule} */ (select.value)));
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "icon";
  remove.setAttribute("aria-label", t("options_rule_remove", site));
  remove.textContent = "×";
  remove.addEventListener("click", () => setRule(site, null));
  item.append(name, select, remove);
  return item;
}

/** @param {string} site @param {FawkesRule | null} rule null: none of its own */
async function setRule(site, rule) {
  await change(({ sites }) => {
    const { [site]: _, ...others } = sites;
    return { sites: rule === null ? others : { ...sites, [site]: rule } };
  });
}

/** @param {(settings: FawkesSettings) => Partial<FawkesSettings>} how */
async function change(how) {
  current = await settings.update(how);
  note("options_saved");
  show();
}

/** @type {number | undefined} */
let noteTimer;
/** @param {string} key */
function note(key) {
  clearTimeout(noteTimer);
  $("note").textContent = t(key);
  noteTimer = setTimeout(() => $("note").replaceChildren(), 4_000);
}

/** @param {string} entered an address or a host name */
function siteFrom(entered) {
  try {
    const { hostname } = new URL(/^[a-z]+:\/\//i.test(entered) ? entered : `https://${entered}`);
    return settings.HOST_NAME.test(hostname) ? siteRules.siteOf(hostname) : null;
  } catch {
    return null;
  }
}

document.addEventListener("change", ({ target }) => {
  if (target instanceof HTMLInputElement && target.type === "radio")
    change(() => ({ [target.name]: target.value }));
});

const every = $("every");
every.addEventListener("change", async () => {
  const origins = EVERY_SITE;
  if (every.checked) every.checked = await chrome.permissions.request({ origins });
  else await chrome.permissions.remove({ origins });
});

$("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  /** @param {string} key */
  const trouble = (key, site = "") => ($("add-trouble").textContent = key && t(key, site));
  const site = siteFrom($("new-site").value.trim());
  if (!site) return trouble("options_rule_bad");
  trouble("");
  // Asked at once: a browser grants nothing outside the click.
  const covered = siteRules.isCurated(site);
  if (!covered && !(await chrome.permissions.request({ origins: [siteRules.patternOf(site)] })))
    return trouble("options_rule_denied", site);
  await setRule(site, "on");
  $("new-site").value = "";
});

$("export").addEventListener("click", () => {
  const json = JSON.stringify({ fawkes: "settings", ...current }, null, 2);
  const link = document.createElement("a");
  link.href = `data:application/json;charset=utf-8,${encodeURIComponent(json)}`;
  link.download = "fawkes-settings.json";
  link.click();
  note("options_exported");
});

$("import").addEventListener("click", () => $("import-file").click());
const chosen = $("import-file");
chosen.addEventListener("change", async () => {
  const [file] = /** @type {FileList} */ (chosen.files);
  chosen.value = "";
  try {
    const given = JSON.parse(await file.text());
    if (given.fawkes !== "settings") throw new TypeError("no settings");
    await change(() => settings.parse(given));
    note("options_imported");
  } catch {
    note("options_import_bad");
  }
});

/** @type {number | undefined} */
let sureTimer;
const reset = $("reset");
reset.addEventListener("click", async () => {
  clearTimeout(sureTimer);
  const sure = reset.dataset.sure === "yes";
  reset.dataset.sure = sure ? "" : "yes";
  reset.textContent = t(sure ? "options_reset" : "options_reset_sure");
  if (!sure) {
    sureTimer = setTimeout(() => {
      reset.dataset.sure = "";
      reset.textContent = t("options_reset");
    }, 5_000);
    return;
  }
  await change(() => settings.DEFAULTS);
  note("options_was_reset");
});

$("fix").addEventListener("click", () => {
  location.href = chrome.runtime.getURL("welcome/welcome.html");
});

$("help").addEventListener("click", () => {
  location.href = chrome.runtime.getURL("help/help.html");
});

const isFirefox = chrome.runtime.getURL("").startsWith("moz-extension:");
/** Firefox opens it by a call since its version 137, Chromium by its address. */
const opensShortcuts = !isFirefox || Boolean(chrome.commands.openShortcutSettings);
$("shortcut-page").hidden = !opensShortcuts;
$("shortcut-words").hidden = opensShortcuts;
$("shortcut-page").addEventListener("click", () => {
  if (isFirefox) chrome.commands.openShortcutSettings?.();
  else chrome.tabs.create({ url: "chrome://extensions/shortcuts" });
});

/** The key may be another than ours, or none. */
async function showShortcut() {
  const [{ shortcut = "" } = {}] = (await chrome.commands.getAll()).filter(
    ({ name }) => name === "toggle-protection",
  );
  $("shortcut").textContent = shortcut
    ? t("options_keyboard", shortcut)
    : t("options_keyboard_none");
}

async function showPermission() {
  $("every").checked = await chrome.permissions.contains({ origins: EVERY_SITE });
}

text.localise(document);
makeCommandsCopyable(document);
$("version").textContent = t("options_version", chrome.runtime.getManifest().version);
await showShortcut();
document.addEventListener("visibilitychange", showShortcut);
$("new-site").placeholder = t("options_rule_new");
for (const [group, names] of Object.entries(siteRules.CURATED)) {
  const title = document.createElement("h3");
  title.textContent = t(`group_${group}`);
  const list = document.createElement("p");
  list.textContent = names.join(", ");
  $("curated").append(title, list);
}
current = await settings.load();
show();
await showPermission();
chrome.permissions.onAdded.addListener(showPermission);
chrome.permissions.onRemoved.addListener(showPermission);
settings.watch((changed) => {
  current = changed;
  show();
});
followHost($("host"), ({ state }) => {
  $("fix").hidden = !HELPLESS.has(state);
});
